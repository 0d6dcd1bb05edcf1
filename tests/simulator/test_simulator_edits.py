"""The simulator's edits really change the picture, and only as asked."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageStat
from simulator_requests import Client, answer_bytes, decode, encode, fields, halves

from retouchd.simulator.captions import draw_caption

RED, BLUE = (208, 64, 48), (48, 96, 208)


def _photo(size: tuple[int, int] = (640, 640)) -> Image.Image:
    return halves("#d04030", "#3060d0", size)


def _near(one: tuple[int, ...], other: tuple[int, ...], by: int = 6) -> bool:
    return all(abs(left - right) <= by for left, right in zip(one, other, strict=True))


def test_auto_is_a_square(client: Client) -> None:
    """Like the vendor's, `auto` gives 1024x1024 whatever the photo's shape, cropped and not squeezed."""
    photo = Image.new("RGB", (900, 300), RED)
    photo.paste(BLUE, (300, 0, 600, 300))

    result = client.edit(photo, "flip it", size="auto")

    assert result.size == (1024, 1024)
    assert _near(result.getpixel((40, 500)), BLUE)
    assert _near(result.getpixel((980, 500)), BLUE)


@pytest.mark.parametrize("size", ["1536x1024", "1024x1536", "1472x1104"])
def test_the_size_is_exact(client: Client, size: str) -> None:
    """What comes out has the very size that was asked for."""
    result = client.edit(_photo(), "hello", size=size)

    assert f"{result.width}x{result.height}" == size


def test_grayscale(client: Client) -> None:
    """A grayscale edit leaves no colour."""
    red, green, blue = client.edit(_photo(), "Make it black and white").split()

    assert not ImageChops.difference(red, green).getbbox()
    assert not ImageChops.difference(green, blue).getbbox()


def test_brighter(client: Client) -> None:
    """A brighter edit raises every channel."""
    before = ImageStat.Stat(_photo()).mean
    after = ImageStat.Stat(client.edit(_photo(), "a bit brighter, please")).mean

    assert all(new > old + 15 for new, old in zip(after, before, strict=True))


def test_blur(client: Client) -> None:
    """A blurred edit mixes the colours where they meet and nowhere else."""
    result = client.edit(_photo(), "blur")

    middle = tuple((left + right) // 2 for left, right in zip(RED, BLUE, strict=True))
    assert _near(result.getpixel((512, 512)), middle, by=20)
    assert _near(result.getpixel((100, 512)), RED)


def test_flip(client: Client) -> None:
    """A flipped edit swaps left and right."""
    result = client.edit(_photo(), "FLIP the photo")

    assert _near(result.getpixel((100, 512)), BLUE)
    assert _near(result.getpixel((900, 512)), RED)


@pytest.mark.parametrize("prompt", ["turn it upside down", "flip vertically"])
def test_upside_down(client: Client, prompt: str) -> None:
    """Top and bottom are swapped, left and right are not."""
    photo = _photo()
    photo.paste("#00ff00", (0, 0, 640, 100))

    result = client.edit(photo, prompt)

    assert _near(result.getpixel((100, 1000)), (0, 255, 0))
    assert _near(result.getpixel((100, 100)), RED)


def test_several_wishes_are_all_fulfilled(client: Client) -> None:
    """A prompt that names two edits gets both, and the answer says so."""
    response = client.post(fields(_photo(), prompt="grayscale and flipped"))

    assert response.json()["revisedPrompt"] == "Simulated: grayscale, flipped."
    left, right = (decode(response).getpixel((x, 512)) for x in (100, 900))
    assert len(set(left)) == len(set(right)) == 1
    assert abs(left[0] - right[0]) > 2


def test_other_prompts_are_written_onto_the_picture(client: Client) -> None:
    """What Pillow cannot do appears as a readable caption at the bottom; the rest stays."""
    result = client.edit(_photo(), "Put a small hat on the dog")

    band = result.crop((0, 960, 1024, 1024))
    assert _near(result.getpixel((100, 512)), RED)
    assert band.convert("L").getextrema()[1] == 255
    assert ImageStat.Stat(band).mean[0] < RED[0]


def test_a_long_prompt_leaves_most_of_the_picture_alone(client: Client) -> None:
    """32000 characters without a blank are cut to a few lines."""
    result = client.edit(_photo(), "w" * 32_000)

    assert _near(result.getpixel((100, 700)), RED)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    width=st.integers(1, 90),
    height=st.integers(1, 90),
)
def test_any_text_fits_any_box(text: str, width: int, height: int) -> None:
    """No text and no box makes a caption fail or change the picture's size."""
    picture = Image.new("RGBA", (90, 90), "white")

    captioned = draw_caption(picture, text, (90 - width, 90 - height, 90, 90))

    assert captioned.size == picture.size


def _motif(backdrop: str) -> Image.Image:
    photo = Image.new("RGB", (640, 640), backdrop)
    draw = ImageDraw.Draw(photo)
    draw.ellipse((160, 160, 480, 480), fill="#d04030")
    draw.ellipse((260, 260, 380, 380), fill=backdrop)
    return photo


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_transparent_background_is_real_alpha(client: Client, kind: str) -> None:
    """The backdrop and what shows through a hole are clear; the motif is opaque."""
    result = client.edit(_motif("#eeeee6"), "transparent background", background="transparent", format=kind)

    alpha = result.getchannel("A")
    assert [alpha.getpixel(place) for place in ((0, 0), (1023, 0), (0, 1023), (1023, 1023))] == [0, 0, 0, 0]
    assert alpha.getpixel((512, 512)) == 0
    assert alpha.getpixel((320, 512)) == 255


def test_the_option_alone_makes_the_background_transparent(client: Client) -> None:
    """`background` counts also when the prompt speaks of something else."""
    result = client.edit(_motif("#eeeee6"), "grayscale", background="transparent")

    assert result.getchannel("A").getpixel((0, 0)) == 0


def test_the_prompt_alone_makes_the_background_transparent(client: Client) -> None:
    """With `auto` the prompt decides."""
    assert client.edit(_motif("#eeeee6"), "cut out the ring").mode == "RGBA"


@pytest.mark.parametrize("options", [{"background": "opaque"}, {"format": "jpeg"}])
def test_opaque_is_flattened_on_white(client: Client, options: dict[str, object]) -> None:
    """Without room for alpha the backdrop becomes white."""
    result = client.edit(_motif("#88aa66"), "transparent background", **options)

    assert result.mode == "RGB"
    assert _near(result.getpixel((5, 5)), (255, 255, 255), by=3)


def test_alpha_of_the_photo_survives(client: Client) -> None:
    """A photo that is transparent already stays so with `auto`, also when it is blurred."""
    photo = Image.new("RGBA", (640, 640), (0, 0, 0, 0))
    photo.paste((200, 40, 40, 255), (0, 0, 320, 640))

    result = client.edit(photo, "blur")

    assert result.getpixel((1000, 512))[3] == 0
    assert result.getpixel((10, 512)) == (200, 40, 40, 255)
    assert _near(result.getpixel((516, 512))[:3], (200, 40, 40))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_to_photo_and_mask(client: Client, orientation: int) -> None:
    """The result stands upright, the mask turns with the photo, and no orientation is left over."""
    upright = Image.new("RGB", (640, 640), BLUE)
    upright.paste(RED, (0, 0, 320, 320))
    stored, mask = (_stored(image, orientation) for image in (upright, _quarter_mask()))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    request = fields(upright, prompt="grayscale", mask_base64=encode(mask)) | {
        "input_images_base64": [encode(stored, "JPEG", exif=exif, quality=95)]
    }

    result = decode(client.post(request))

    assert not result.getexif()
    assert len(set(result.getpixel((100, 100)))) == 1
    assert _near(result.getpixel((900, 100)), BLUE)
    assert _near(result.getpixel((100, 900)), BLUE)


def _quarter_mask() -> Image.Image:
    mask = Image.new("RGBA", (640, 640), "black")
    mask.paste((0, 0, 0, 0), (0, 0, 320, 320))
    return mask


def _stored(upright: Image.Image, orientation: int) -> Image.Image:
    """How a camera that was held so would store an upright picture."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return upright.transpose(undo[orientation]) if orientation in undo else upright


def test_only_what_the_mask_uncovers_is_edited(client: Client) -> None:
    """Where the mask has any opacity the photo stays to the last pixel; a caption moves into the hole."""
    photo = _photo((1024, 1024))
    mask = Image.new("RGBA", (1024, 1024), (255, 255, 255, 1))
    hole = (200, 100, 700, 400)
    mask.paste((0, 0, 0, 0), hole)

    result = client.edit(photo, "Put a hat here", mask_base64=encode(mask))

    changed = ImageChops.difference(result, photo).getbbox()
    assert changed is not None
    assert changed[0] == 200
    assert changed[1] >= 100
    assert changed[2:] == (700, 400)


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_output_compression_is_the_quality(client: Client, kind: str) -> None:
    """Lower figures give smaller files; 0 is the smallest, not the default."""
    photo = Image.effect_noise((640, 640), 60).convert("RGB")
    sizes = [
        len(answer_bytes(client.post(fields(photo, prompt="blur", format=kind) | compression)))
        for compression in ({"output_compression": 0}, {"output_compression": 60}, {})
    ]

    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_format_is_the_one_that_was_asked_for(client: Client, kind: str) -> None:
    """The bytes are of the announced kind and carry nothing over from the photo."""
    data = answer_bytes(client.post(fields(_photo(), format=kind)))

    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == kind.upper()
        assert not {"exif", "icc_profile", "comment"} & set(opened.info)


def test_the_same_request_gives_the_same_bytes(client: Client) -> None:
    """Edits are deterministic."""
    first, second = (client.post(fields(_photo(), prompt="blur")).json() for _ in range(2))

    assert first == second
