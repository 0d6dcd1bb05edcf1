"""The status file of a real daemon: for people who see nothing but the shared folders."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workshop import OpenShop, picture

from retouchd.core.records import Verb
from retouchd.core.statusfile import FIRST_LINE, LAST_LINE, STATUS_FILE_NAME
from retouchd.simulator.server import Simulator
from waiting import eventually


class Reader:
    """Reads the file over and over, as a sync program may at any instant, and keeps what was new."""

    def __init__(self, path: Path) -> None:
        self.texts: list[str] = []
        self._path = path
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read for as long as the context lasts."""
        self._thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            self._thread.join()

    def _read(self) -> None:
        while not self._is_over.wait(0.002):
            text = self._path.read_text("utf-8-sig") if self._path.exists() else ""
            if text not in self.texts[-1:]:
                self.texts.append(text)

    def saw(self, words: str) -> bool:
        """Say whether the newest text tells something."""
        return bool(self.texts) and words in self.texts[-1]


def test_the_file_follows_a_daemon_and_is_never_half(open_shop: OpenShop, simulator: Simulator) -> None:
    """I3: it tells a hold, and at the end the stop and all that came before it; it is whole at each look."""
    shop = open_shop(simulator.base_url)
    reader = Reader(shop.outbox / STATUS_FILE_NAME)
    shop.drop("beach.jpg", picture(1), "make it evening")
    shop.drop("pair.png", picture(2, "PNG"))
    shop.drop("pair.jpg", picture(3), "which one", "pair.txt")
    with shop.running() as daemon, reader.reading():
        assert eventually(lambda: reader.saw("NEEDS YOU: 2"))
        assert reader.saw("pair.txt fits pair.jpg and pair.png: name it pair.jpg.txt or pair.png.txt")
        assert eventually(lambda: shop.outputs() == ["beach.jpg"])
        shop.command(Verb.PAUSE, "for the night")
        assert eventually(lambda: "PAUSED since " in shop.type("status"))
        assert daemon.stop().code == 0
        assert eventually(lambda: reader.saw("NOT RUNNING since "))
        assert reader.saw("You paused it: for the night.")
        assert reader.saw("- outbox/beach.jpg")
    texts = [text for text in reader.texts if text]

    assert all(text.startswith(f"{FIRST_LINE}\n") for text in texts)
    assert all(text.endswith(f"\n{LAST_LINE}\n") for text in texts)
    assert shop.in_folder(shop.outbox) == ["beach.jpg", "beach.jpg.json"]


def test_a_run_that_ends_by_itself_tells_how_it_ended(open_shop: OpenShop, simulator: Simulator) -> None:
    """After a run from a timer the file is there, and a rebuilt history takes it for no picture."""
    shop = open_shop(simulator.base_url)
    shop.drop("beach.jpg", picture(1), "make it evening")
    shop.drop("lonely.jpg", picture(2))

    assert shop.until_idle().code == 1

    text = (shop.outbox / STATUS_FILE_NAME).read_text()
    assert "\nNOT RUNNING since " in text
    assert "- inbox/: lonely.jpg waits for its prompt: add lonely.txt beside it." in text
    assert "1 delivered" in text
    shop.until_idle()
    assert (shop.outbox / STATUS_FILE_NAME).read_text() == text


def test_where_none_is_wanted_one_of_an_earlier_run_goes(open_shop: OpenShop, simulator: Simulator) -> None:
    """With `output.status_file = false` no file is written, and one that nobody keeps up is removed."""
    shop = open_shop(simulator.base_url)
    shop.until_idle()
    assert (shop.outbox / STATUS_FILE_NAME).exists()
    shop.configure(output__status_file=False)

    with shop.running():
        assert eventually(lambda: not (shop.outbox / STATUS_FILE_NAME).exists())

    assert not (shop.outbox / STATUS_FILE_NAME).exists()


def test_a_strangers_file_stays(open_shop: OpenShop, simulator: Simulator) -> None:
    """I2: a file of that name which is not ours is left as it is, and the log says so once."""
    shop = open_shop(simulator.base_url)
    (shop.outbox / STATUS_FILE_NAME).write_text("my own notes\n")

    ended = shop.until_idle()

    assert (shop.outbox / STATUS_FILE_NAME).read_text() == "my own notes\n"
    assert len(ended.told("status.not_written", level="warning")) == 1
