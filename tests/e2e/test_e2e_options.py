"""Options in prompt files, from what a person writes to what is sent, with a real daemon process."""

from io import BytesIO

from invariants import check_all
from PIL import Image
from workshop import OpenShop, picture

from retouchd.simulator.server import Simulator


def test_options_above_a_prompt_are_sent(open_shop: OpenShop, simulator: Simulator) -> None:
    """A text file with options keeps the photo's kind and tells where each option came from."""
    shop = open_shop(simulator.base_url)
    shop.drop("mug.png", picture(3, "PNG"))
    text = '\ufeff+++\r\nquality = "medium"\r\nformat = "same"\r\n+++\r\n\r\ngrayscale\r\n'
    shop.put(shop.inbox / "mug.txt", text.encode("utf-16-le"))

    ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["mug.png"]
    asked = shop.metadata("mug.png")["request"]
    assert (asked["prompt"], asked["quality"], asked["format"]) == ("grayscale", "medium", "png")
    assert asked["origins"] == {
        "prompt": "mug.txt",
        "quality": "mug.txt",
        "format": "mug.txt",
        "size": "default",
        "megapixels": "default",
        "background": "default",
    }
    check_all(shop)


def test_a_wrong_option_is_told_and_goes_on_when_it_is_right(
    open_shop: OpenShop, simulator: Simulator
) -> None:
    """Nothing is paid while an option is wrong; `explain` says how to write it, and then it goes on."""
    shop = open_shop(simulator.base_url)
    shop.drop("beach.jpg", picture(4))
    shop.put(shop.inbox / "beach.txt", b"+++\nquality = low\n+++\ngrayscale")

    held = shop.until_idle()
    told = " ".join(shop.type("explain", str(shop.inbox / "beach.jpg")).split())
    attempts = shop.attempts()
    shop.put(shop.inbox / "beach.txt", b'+++\nquality = "low"\n+++\ngrayscale')
    ended = shop.until_idle()

    assert held.code == 1, held.text
    assert (
        ' beach.txt: line 2 (quality = low) is not understood: text stands in quotes, as in quality = "low"'
        in told
    )
    assert attempts == []
    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach.jpg"]
    check_all(shop)


def test_presets_count_down_the_tree_and_explain_says_so(open_shop: OpenShop, simulator: Simulator) -> None:
    """Each option comes from the nearest file that sets it, and `explain` names that file for each."""
    shop = open_shop(simulator.base_url)
    shop.put(
        shop.inbox / "_preset.toml", b'quality = "medium"\nformat = "png"\nprompt_suffix = "Keep faces."\n'
    )
    preset = (
        b'prompt_prefix = "Warm."\nformat = "same"\noutput_name = "{stem}-w"\nreferences = ["_logo.png"]\n'
    )
    (shop.inbox / "trip").mkdir()
    shop.put(shop.inbox / "trip" / "_preset.toml", preset)
    shop.put(shop.inbox / "trip" / "_logo.png", picture(50, "PNG"))
    shop.put(shop.inbox / "trip" / "lake.json", b'{"prompt": "grayscale", "quality": "low"}')
    shop.drop("trip/lake.jpg", picture(5))

    ended = shop.until_idle()
    told = shop.type("explain", str(shop.inbox / "trip/lake.jpg"))
    rows = [" ".join(line.split()) for line in told.splitlines()]

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["trip/lake-w.jpg"]
    asked = shop.metadata("trip/lake-w.jpg")["request"]
    assert asked["prompt"] == "Warm.\ngrayscale\nKeep faces."
    assert r'prompt "Warm.\ngrayscale\nKeep faces." trip/_preset.toml, lake.json, _preset.toml' in rows
    assert "quality low lake.json" in rows
    assert "format jpeg trip/_preset.toml" in rows
    assert "output_name {stem}-w trip/_preset.toml" in rows
    assert "with trip/_logo.png trip/_preset.toml" in rows
    assert shop.in_folder(shop.inbox) == ["_preset.toml", "trip/_logo.png", "trip/_preset.toml"]
    check_all(shop)


def test_a_mask_is_explained(open_shop: OpenShop, simulator: Simulator) -> None:
    """Where a photo has a mask, `explain` names it and says by what it was found."""
    shop = open_shop(simulator.base_url)
    mask, buffer = Image.new("L", (48, 48)), BytesIO()
    mask.paste(255, (0, 0, 20, 20))
    mask.save(buffer, "PNG")
    shop.put(shop.inbox / "beach.mask.png", buffer.getvalue())
    shop.drop("beach.jpg", picture(6), "grayscale")

    ended = shop.until_idle()
    told = " ".join(shop.type("explain", str(shop.inbox / "beach.jpg")).split())

    assert ended.code == 0, ended.text
    assert "mask beach.mask.png by its name" in told
    check_all(shop)
