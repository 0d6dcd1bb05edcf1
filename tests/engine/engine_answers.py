"""Answers put into the house's spool and delivered into a real outbox; what links lead to is the test's."""

import base64
import json
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from engine_house import IDENTITY, House, conflicts_of, make_outbox, outputs_in, wish_of
from PIL import Image

from retouchd.adapters.durable import Durable
from retouchd.adapters.images import structure
from retouchd.adapters.images.darkroom import Darkroom
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.core.downloads import DownloadTrouble
from retouchd.core.edits import Wish
from retouchd.core.jobs import Job
from retouchd.core.outcomes import Answered
from retouchd.engine.calls import Reply
from retouchd.engine.delivery import Delivery
from retouchd.engine.needs import AnswerWriter
from retouchd.engine.tools import Tools

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
SIZE = (1472, 1104)
OK = Answered(status=200, elapsed_seconds=1.0)


@cache
def picture(kind: str = "PNG", size: tuple[int, int] = SIZE) -> bytes:
    """Give a whole picture."""
    buffer = BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


def answer_fields(**changes: object) -> dict[str, object]:
    """Give the fields of an answer about which nothing is odd, with these changes."""
    fields: dict[str, object] = {
        "ok": True,
        "model": "gpt-image-2",
        "endpoint": "images/edits",
        "prompt": wish_of().request.prompt,
        "b64_json": base64.b64encode(picture()).decode(),
        "path": "/retouchd/x.png",
        "signedUrl": None,
    }
    return {**fields, **changes}


def answer_body(**changes: object) -> bytes:
    """Give an answer about which nothing is odd, with these changes."""
    return json.dumps(answer_fields(**changes)).encode()


class Desk:
    """Does what is asked here and now, as the engine does it."""

    def __init__(self, house: House) -> None:
        self._house = house

    def ask(self, work: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Do it in a transaction."""
        with self._house.act():
            return work(*args, **kwargs)

    def tell(self, work: Callable[Asked, object], /, *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Do it just so."""
        self.ask(work, *args, **kwargs)


class Links:
    """An endpoint of which only links are asked.

    Attributes:
        content: What they lead to; trouble instead when it is some.
        asked: The links that were followed.
    """

    def __init__(self) -> None:
        self.content: bytes | DownloadTrouble = picture()
        self.asked: list[str] = []

    def fetch(self, url: str, writer: AnswerWriter) -> DownloadTrouble | None:
        """Download."""
        self.asked.append(url)
        if isinstance(self.content, DownloadTrouble):
            return self.content
        writer.write(self.content)
        writer.finish(OK)
        return None


class Counter:
    """Takes answers in and delivers them.

    Attributes:
        outbox: The folder.
        links: What links lead to.
    """

    def __init__(self, house: House, place: Path) -> None:
        self.house = house
        self.outbox = make_outbox(place / "outbox")
        self.links = Links()
        links: Any = self.links
        tools = Tools(
            inbox=links,
            outbox=OutboxFolder(self.outbox, Durable(), IDENTITY, Modes()),
            filing=links,
            returns=links,
            spool=house.spool,
            endpoint=links,
            pictures=structure,
            darkroom=Darkroom(place, 10**7),
        )
        conflicts = conflicts_of(house, Desk(house), tools.outbox)
        self._delivery = Delivery(house.office, Desk(house), house.deliveries, tools, conflicts)

    def take(
        self, body: bytes, head: Answered = OK, name: str = "beach.jpg", wish: Wish | None = None
    ) -> Job:
        """Have a photo answered with this."""
        (job,) = self.house.accept(name, *([wish] if wish else []))
        job = self.house.submit(job)
        assert job.answer is not None
        with self.house.spool.open_writer(job.answer) as writer:
            writer.write(body)
            writer.finish(head)
        with self.house.act():
            return self.house.calls.book(job.id, job.answer, Reply(end=head))

    def deliver(self, job: Job) -> Job:
        """Deliver what was taken, as far as that goes now."""
        self._delivery.deliver(self.house.job(job))
        return self.house.job(job)

    def outputs(self) -> list[str]:
        """Give the names in the outbox."""
        return outputs_in(self.outbox)

    def metadata(self) -> dict[str, Any]:
        """Give the metadata of the only picture."""
        (path,) = self.outbox.glob("*.json")
        fields: dict[str, Any] = json.loads(path.read_bytes())
        return fields
