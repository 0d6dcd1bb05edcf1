"""Options in prompt files, from what a person writes to what is sent, with a real daemon process."""

from invariants import check_all
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
