"""What is in a file of the inbox that others write to while it is read."""

from itertools import islice
from pathlib import Path

from retouchd.adapters.outbox.contents import pieces_of


def test_a_file_that_grows_for_ever_has_an_end(tmp_path: Path) -> None:
    """Reading a file that grows as fast as it is read ends, with more than it had in the beginning (I11)."""
    path = tmp_path / "beach.jpg"
    path.write_bytes(b"x" * 100_000)
    read = 0
    with path.open("rb") as file, path.open("ab", buffering=0) as writer:
        pieces = islice(pieces_of(file.fileno()), 100)
        for piece in pieces:
            read += len(piece)
            writer.write(b"x" * 200_000)

    assert 100_000 < read < 1_000_000
