"""What the parts of the journal share: the connection, and the boot whose monotonic clock counts."""

import sqlite3
from typing import Final

# After a restart of the machine, what an earlier boot saw counts as quiet this long after the start: as
# long as the longest quiet that is ever asked for.
QUIET_AFTER_BOOT_SECONDS: Final = 5.0
# What is worked on is read again at each step. Measured with 8 calls at once: to make jobs of rows, most
# of which had been read before, was 15 of 100 samples of all that ran under Python's lock.
REMEMBERED_ROWS: Final = 128


class Table:
    """One part of the journal; all parts are one object with one connection."""

    def __init__(self, connection: sqlite3.Connection, boot: str, opened_monotonic: float) -> None:
        self.connection = connection
        self.boot = boot
        self.strangers_quiet_at = opened_monotonic + QUIET_AFTER_BOOT_SECONDS
