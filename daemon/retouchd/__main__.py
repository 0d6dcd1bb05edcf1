"""Where the process begins: `retouchd` and `python -m retouchd`."""

import gc
from typing import Final

# What a start loads stays, so that looking for garbage amid it finds none: with Python's own 700 that was
# 23 of 290 ms of CPU of `status`. So many objects more are a few MB, if a command leaves any.
_RARELY: Final = (100_000, 50, 50)


def main() -> None:
    """Run the command line."""
    gc.set_threshold(*_RARELY)
    from retouchd.cli.main import main as run  # noqa: PLC0415 - loaded under that threshold

    try:
        run()
    finally:
        # The interpreter looks through all that is loaded once more before it ends: 40 of 330 ms of CPU of
        # `status`, 80 of 610 of a daemon's. It frees nothing that the end of the process does not free.
        gc.freeze()


if __name__ == "__main__":
    main()
