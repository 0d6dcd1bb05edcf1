"""What people mean by files that lie together: folder prompts, presets, masks, references, folders."""

import base64
import json
from io import BytesIO
from typing import Any

from answers import good, good_reply, result
from gate import Gate
from invariants import check_all, check_asked_once
from PIL import Image
from workshop import OpenShop, Workshop, picture

from servers import ScriptedServer
from waiting import eventually

# A folder's prompt waits for a prompt of the photo's own; here nobody is slow.
SOON = {"sidecars__folder_prompt_wait_seconds": 0.5}


def url(server: ScriptedServer) -> str:
    """Give the base URL of a scripted server."""
    return f"{server.url}/api/v1"


def asked(server: ScriptedServer) -> dict[str, dict[str, Any]]:
    """Give what was asked, by the first line of the prompt."""
    bodies = [json.loads(request.body) for request in server.requests]
    return {body["prompt"].splitlines()[0]: body for body in bodies}


def sent(body: dict[str, Any]) -> list[bytes]:
    """Give the pictures of a request."""
    return [base64.b64decode(one) for one in body["input_images_base64"]]


def mask(size: tuple[int, int] = (48, 48)) -> bytes:
    """Give a black-and-white mask, the left half of it white."""
    image = Image.new("L", size, 0)
    image.paste(255, (0, 0, size[0] // 2, size[1]))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def put(shop: Workshop, name: str, content: bytes | str) -> None:
    """Put one file into the inbox."""
    path = shop.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shop.put(path, content.encode() if isinstance(content, str) else content)


def test_everything_that_lies_together_goes_together(open_shop: OpenShop) -> None:
    """Prompts of all kinds, presets, masks, references and whole folders, in one run (I1, I2, I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), **SOON)
        put(shop, "_preset.toml", 'prompt_prefix = "all:"\nquality = "medium"\n')
        put(shop, "text.jpg", picture(1))
        put(shop, "text.md", '+++\nquality = "high"\n+++\ntext')
        put(shop, "data.jpg", picture(2))
        put(shop, "data.json", '{"prompt": "data", "variants": 1}')
        put(shop, "masked.jpg", picture(3))
        put(shop, "masked.txt", "masked")
        put(shop, "masked.mask.png", mask())
        put(
            shop,
            "trip/_preset.toml",
            'prompt_prefix = "trip:"\nreferences = ["_logo.png"]\noutput_name = "{stem}-x"',
        )
        put(shop, "trip/_prompt.txt", "folder")
        put(shop, "trip/_logo.png", picture(9, "PNG"))
        put(shop, "trip/a.jpg", picture(4))
        put(shop, "trip/b.jpg", picture(5))
        put(shop, "trip/b.toml", 'prompt = "own"\nmask = "m.png"\nreferences = []')
        put(shop, "trip/m.png", mask())
        put(shop, "group.job/10.jpg", picture(6))
        put(shop, "group.job/9.jpg", picture(7))
        put(shop, "group.job/prompt.txt", "group")
        finished = shop.until_idle()

    prompts = sorted(json.loads(request.body)["prompt"] for request in server.requests)
    by_prompt = {json.loads(request.body)["prompt"]: json.loads(request.body) for request in server.requests}
    assert finished.code == 0
    assert prompts == [
        "all:\ndata",
        "all:\ngroup",
        "all:\nmasked",
        "all:\ntext",
        "trip:\nfolder",
        "trip:\nown",
    ]
    assert by_prompt["all:\ntext"]["quality"] == "high"
    assert by_prompt["all:\ndata"]["quality"] == "medium"
    assert sent(by_prompt["trip:\nfolder"]) == [picture(4), picture(9, "PNG")]
    assert sent(by_prompt["all:\ngroup"]) == [picture(7), picture(6)]
    cut = Image.open(BytesIO(base64.b64decode(by_prompt["all:\nmasked"]["mask_base64"])))
    assert (cut.mode, cut.size) == ("RGBA", (48, 48))
    assert [cut.getpixel(place)[3] for place in ((2, 2), (46, 46))] == [0, 255]
    assert "mask_base64" in by_prompt["trip:\nown"]
    assert sent(by_prompt["trip:\nown"]) == [picture(5)]
    assert shop.outputs() == [
        "data.jpg",
        "group.jpg",
        "masked.jpg",
        "text.jpg",
        "trip/a-x.jpg",
        "trip/b-x.jpg",
    ]
    assert sorted(shop.in_folder(shop.inbox)) == [
        "_preset.toml",
        "trip/_logo.png",
        "trip/_preset.toml",
        "trip/_prompt.txt",
    ]
    check_asked_once(server.requests)
    check_all(shop)


def test_an_edited_preset_counts_for_what_was_not_sent_yet(open_shop: OpenShop) -> None:
    """Photos that wait are formed anew when their preset changes; what is under way is not (I5)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(url(server), limits__concurrency=1, limits__max_concurrency=1, **SOON)
        put(shop, "a/_preset.toml", 'quality = "low"')
        put(shop, "a/_prompt.txt", "before")
        put(shop, "a/1.jpg", picture(1))
        put(shop, "a/2.jpg", picture(2))
        with shop.running():
            assert eventually(lambda: len(server.requests) == 1 and len(shop.jobs()) == 2)
            put(shop, "a/_prompt.txt", "after")
            put(shop, "a/_preset.toml", 'quality = "medium"')
            assert eventually(lambda: "arriving" in {one["state"] for one in shop.bundles()})
            gate.open()
            assert eventually(lambda: sorted(shop.in_folder(shop.done)) == ["a/1.jpg", "a/2.jpg"])

    bodies = [json.loads(request.body) for request in server.requests]
    assert [(body["prompt"], body["quality"]) for body in bodies] == [("before", "low"), ("after", "medium")]
    check_all(shop)


def test_a_result_that_comes_back_is_not_edited_for_ever(open_shop: OpenShop) -> None:
    """A result that lands under a folder prompt needs a person; with a prompt of its own it goes."""
    with ScriptedServer(good(), good()) as server:
        shop = open_shop(url(server), **SOON)
        put(shop, "_prompt.txt", "grayscale")
        put(shop, "a.jpg", picture(1))
        with shop.running():
            assert eventually(lambda: shop.states() == ["done"])
            put(shop, "b.jpg", result())
            assert eventually(lambda: "needs_you" in {one["state"] for one in shop.bundles()})
            told = shop.type("explain", str(shop.inbox / "b.jpg"))
            put(shop, "b.jpg.txt", "brighter")
            assert eventually(lambda: shop.states() == ["done", "done"])

    assert "retouchd made b.jpg itself: if it is to be edited once more, give it a b.jpg.txt" in told
    assert sorted(asked(server)) == ["brighter", "grayscale"]
    check_all(shop)


def test_what_is_named_and_not_there_is_waited_for(open_shop: OpenShop) -> None:
    """A reference or mask that is named or required may come last; until then it is said what is missing."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), **SOON)
        put(shop, "a.toml", 'prompt = "logo"\nreferences = ["extra/_logo.png"]')
        put(shop, "a.jpg", picture(1))
        put(shop, "m/_preset.toml", "require_mask = true")
        put(shop, "m/b.txt", "masked")
        put(shop, "m/b.jpg", picture(2))
        with shop.running():
            assert eventually(lambda: "arriving" in {one["state"] for one in shop.bundles() if one["looks"]})
            assert eventually(lambda: "lacks_prompt" in {one["state"] for one in shop.bundles()})
            lacking = shop.type("explain", str(shop.inbox / "m/b.jpg"))
            waiting = shop.type("explain", str(shop.inbox / "a.jpg"))
            put(shop, "m/b.mask.png", mask())
            put(shop, "extra/_logo.png", picture(3, "PNG"))
            put(shop, "a.toml", 'prompt = "logo"\nreferences = ["extra/_logo.png"] # now')
            assert eventually(lambda: shop.states() == ["done", "done"])

    assert "waits for its mask b.mask.png, which m/_preset.toml requires" in lacking
    assert "waits for extra/_logo.png" in waiting
    assert sent(asked(server)["logo"])[1] == picture(3, "PNG")
    check_all(shop)


def test_doubt_is_never_paid_for(open_shop: OpenShop) -> None:
    """Twins, contradictions, masks that do not fit and folders that are too full need a person (I6)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), **SOON)
        put(shop, "t/_prompt.txt", "x")
        put(shop, "t/IMG_1.jpg", picture(1))
        put(shop, "t/IMG_1.png", picture(1, "PNG"))
        put(shop, "two.txt", "brighter")
        put(shop, "two.md", "darker")
        put(shop, "two.jpg", picture(2))
        put(shop, "big.txt", "x")
        put(shop, "big.mask.png", mask((64, 48)))
        put(shop, "big.jpg", picture(3))
        put(shop, "both.toml", 'prompt = "x"\nmask = "other.png"')
        put(shop, "other.png", mask())
        put(shop, "both.mask.png", mask())
        put(shop, "both.jpg", picture(4))
        put(shop, "full.job/prompt.txt", "x")
        for number in range(9):
            put(shop, f"full.job/{number}.jpg", picture(10 + number))
        put(shop, "much.job/job.toml", 'prompt = "x"\nreferences = ["5.jpg", "6.jpg", "7.jpg", "8.jpg"]')
        for number in range(9):
            put(shop, f"much.job/{number}.jpg", picture(20 + number))
        put(shop, "bad/_preset.toml", 'qualty = "low"')
        put(shop, "bad/a.txt", "x")
        put(shop, "bad/a.jpg", picture(5))
        shop.until_idle()

    told = {one["source"]: one["reason"] for one in shop.status()["jobs"]}
    assert server.requests == []
    assert "have one name and would both be edited by t/_prompt.txt" in told["t/IMG_1.jpg"]
    assert "two.txt and two.md say different prompts: remove one of them" in told["two.jpg"]
    assert "it has 64x48 pixels and the photo 48x48: export it in the photo's size" in told["big.jpg"]
    assert "other.png and both.mask.png are both masks for both.jpg" in told["both.jpg"]
    assert "full.job holds 9 photos, one edit takes at most 8" in told["full.job/0.jpg"]
    assert "9 pictures with the references, one edit takes at most 8: name fewer" in told["much.job/0.jpg"]
    assert 'bad/_preset.toml: "qualty" is no option (did you mean "quality"?)' in told["bad/a.jpg"]
    check_all(shop)


def test_explain_tells_what_every_file_is_for(open_shop: OpenShop) -> None:
    """Each value of a photo has its origin, and each file that is no photo says what it belongs to."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        put(shop, "_preset.toml", 'quality = "medium"\nprompt_suffix = "please"\nreferences = ["_logo.png"]')
        put(shop, "_logo.png", picture(9, "PNG"))
        put(shop, "a.jpg", picture(1))
        put(shop, "a.txt", "brighter")
        put(shop, "a.mask.png", mask())
        put(shop, "b.mask.png", mask())
        put(shop, "g.job/1.jpg", picture(2))
        put(shop, "g.job/2.jpg", picture(3))
        put(shop, "g.job/prompt.txt", "both")
        explained = {
            name: shop.type("explain", str(shop.inbox / name)) for name in shop.in_folder(shop.inbox)
        }

    assert "medium" in explained["a.jpg"]
    assert "_preset.toml" in explained["a.jpg"]
    assert "a.txt" in explained["a.jpg"]
    assert "a.mask.png says where to edit a.jpg:" in explained["a.mask.png"]
    assert "_logo.png is a picture that goes along with a.jpg:" in explained["_logo.png"]
    assert "_preset.toml says what to do with a.jpg:" in explained["_preset.toml"]
    assert "b.mask.png is a mask" in explained["b.mask.png"]
    assert "2.jpg is sent together with 1.jpg:" in explained["g.job/2.jpg"]
    assert "prompt.txt says what to do with 1.jpg:" in explained["g.job/prompt.txt"]
    assert "outbox/g.jpg" in explained["g.job/1.jpg"]
