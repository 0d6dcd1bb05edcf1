"""The sample photos are whole, of the promised sizes, and the same every time."""

import tomllib
from pathlib import Path

import pytest
from PIL import Image
from simulator_requests import Client, decode, fields

from retouchd.simulator.samples import write_samples


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox with the samples in it."""
    path = tmp_path_factory.mktemp("inbox")
    write_samples(path)
    return path


def _files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_samples_are_what_the_demo_speaks_of(inbox: Path) -> None:
    """Three photos with prompts, one without, and nothing temporary is left."""
    assert sorted(_files(inbox)) == [
        "beach.jpg",
        "beach.txt",
        "lonely.jpg",
        "mug.png",
        "mug.toml",
        "trip/lake.jpg",
        "trip/lake.txt",
    ]
    assert (inbox / "beach.txt").read_text().strip() == "grayscale"
    assert (inbox / "trip" / "lake.txt").read_text().strip() == "brighter"


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [
        ("beach.jpg", "JPEG", (1600, 1200)),
        ("trip/lake.jpg", "JPEG", (1500, 1000)),
        ("mug.png", "PNG", (1024, 1024)),
        ("lonely.jpg", "JPEG", (1200, 900)),
    ],
)
def test_the_photos_are_whole(inbox: Path, name: str, kind: str, size: tuple[int, int]) -> None:
    """Each photo decodes to its promised kind and size and is no blank sheet."""
    with Image.open(inbox / name) as photo:
        photo.load()
        colours = photo.convert("RGB").resize((64, 64)).getcolors(4096)

    assert (photo.format, photo.size) == (kind, size)
    assert colours is not None
    assert len(colours) > 300


def test_writing_again_gives_the_same_bytes(inbox: Path) -> None:
    """The samples are deterministic, and writing over them does no harm."""
    before = _files(inbox)

    write_samples(inbox)

    assert _files(inbox) == before


def test_the_mug_can_be_cut_out(client: Client, inbox: Path) -> None:
    """Its options are taken as they are; the backdrop goes, the mug and its smile stay."""
    options = tomllib.loads((inbox / "mug.toml").read_text())
    with Image.open(inbox / "mug.png") as mug:
        response = client.post(fields(mug, **options))

    alpha = decode(response).getchannel("A")
    places = {"backdrop": (20, 20), "hole of the handle": (790, 550), "mug": (470, 450), "eye": (374, 540)}
    opacity = {name: alpha.getpixel(place) for name, place in places.items()}
    assert opacity == {"backdrop": 0, "hole of the handle": 0, "mug": 255, "eye": 255}
    assert response.json()["estimatedCostUsd"] == 0.063
