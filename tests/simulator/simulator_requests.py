"""Builds requests for the simulator and reads its answers; no test logic in here."""

import base64
import io
from dataclasses import dataclass

import httpx
from PIL import Image

KEY = "demo-key"
HEADERS = {"Authorization": f"Bearer {KEY}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Sends edits to one simulator."""

    base_url: str
    http: httpx.Client

    def post(self, fields: object, headers: dict[str, str] | None = None) -> httpx.Response:
        """Whatever the simulator says to this JSON."""
        return self.http.post(f"{self.base_url}/images/edits", json=fields, headers=headers or HEADERS)

    def post_bytes(self, body: bytes) -> httpx.Response:
        """Whatever the simulator says to this body."""
        headers = HEADERS | {"Content-Type": "application/json"}
        return self.http.post(f"{self.base_url}/images/edits", content=body, headers=headers)

    def edit(self, photo: Image.Image, prompt: str, **options: object) -> Image.Image:
        """The decoded result of an edit that must succeed."""
        response = self.post(fields(photo, prompt=prompt, **options))
        assert response.status_code == 200, response.text
        return decode(response)


def fields(photo: Image.Image, **options: object) -> dict[str, object]:
    """A valid request for one photo, with the given options."""
    return {"prompt": "hello", "input_images_base64": [encode(photo)], "size": "1024x1024"} | options


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> str:
    """The picture in bare base64."""
    return to_base64(picture_bytes(image, kind, **options))


def picture_bytes(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The encoded picture."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def to_base64(data: bytes) -> str:
    """Bare base64."""
    return base64.b64encode(data).decode("ascii")


def decode(response: httpx.Response) -> Image.Image:
    """The picture in an answer, loaded."""
    with Image.open(io.BytesIO(answer_bytes(response))) as opened:
        opened.load()
        return opened


def answer_bytes(response: httpx.Response) -> bytes:
    """The bytes of the picture in an answer."""
    return base64.b64decode(response.json()["b64_json"], validate=True)


def halves(left: str, right: str, size: tuple[int, int] = (640, 640)) -> Image.Image:
    """A picture whose left and right halves have different colours."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image
