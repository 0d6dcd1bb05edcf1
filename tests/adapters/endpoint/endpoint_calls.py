"""Orders, pictures in memory, and an endpoint with a real spool beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from retouchd.adapters.endpoint.client import HttpEndpoint
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.outcomes import CallEnd
from retouchd.core.pictures import PictureFormat
from retouchd.core.request import AutoSize, Background, EditRequest, Order, Quality
from retouchd.core.values import AttemptId
from strategies import LABEL

KEY = "dench-secret-0123456789"
ATTEMPT = AttemptId(7)


class BytesImage:
    """A picture out of memory that keeps the engine's promises, or a test's way of breaking them."""

    def __init__(self, content: bytes, announced: int | None = None, error: Exception | None = None) -> None:
        self._content = content
        self._announced = len(content) if announced is None else announced
        self._error = error

    @property
    def size(self) -> int:
        """Bytes, as announced."""
        return self._announced

    def pieces(self, piece_bytes: int) -> Iterator[bytes]:
        """Give the content, and the error before its last piece."""
        for at in range(0, len(self._content), piece_bytes):
            if self._error and at + piece_bytes >= len(self._content):
                raise self._error
            yield self._content[at : at + piece_bytes]


@dataclass
class Caller:
    """An endpoint and a spool beside it."""

    endpoint: HttpEndpoint
    spool: AnswerSpool

    def submit(
        self, *images: BytesImage, order: Order | None = None, mask: BytesImage | None = None
    ) -> CallEnd:
        """Make one call as a worker does."""
        self.spool.begin(ATTEMPT, LABEL)
        with self.spool.open_writer(ATTEMPT) as writer:
            pictures = images or (BytesImage(b"picture"),)
            return self.endpoint.submit(order or make_order(), pictures, mask, writer)

    def body(self) -> bytes:
        """Give the durable answer's body."""
        return self.spool.read_reply(ATTEMPT, 100_000_000)


MakeCaller = Callable[..., Caller]


def make_order(**changes: object) -> Order:
    """Make an ordinary order."""
    fields = {
        "prompt": "make it grey",
        "size": AutoSize.AUTO,
        "quality": Quality.LOW,
        "format": PictureFormat.PNG,
        "background": Background.AUTO,
        **changes,
    }

    request = EditRequest(**fields)
    save_path = f"/retouchd/a{request.format.suffix}"
    return Order(request=request, save_path=save_path, idempotency_key="retouchd:1:1")
