"""Prompts that several photos share, and folders that are one bundle, with a real daemon."""

from answers import good
from invariants import check_all
from workshop import OpenShop, picture

from servers import ScriptedServer


def test_a_prompt_for_several_photos_goes_with_the_last(open_shop: OpenShop) -> None:
    """One prompt serves two photos; all three end in done/, with nothing left and nothing twice (I1, I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", sidecars__ambiguous="each")
        shop.drop("trip/beach.png", picture(1, "PNG"))
        shop.drop("trip/beach.jpg", picture(2), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(server.requests) == 2
    assert shop.outputs() == ["trip/beach-2.jpg", "trip/beach.jpg"]
    filed = set(shop.in_folder(shop.done))
    assert {name.replace("-2", "") for name in filed} == {
        "trip/beach.jpg",
        "trip/beach.png",
        "trip/beach.txt",
    }
    assert len(filed) == 3
    assert shop.in_folder(shop.inbox) == []
    check_all(shop)


def test_a_whole_folder_is_filed_and_can_be_redone(open_shop: OpenShop) -> None:
    """A folder that is one bundle becomes one picture, lies in done/ as a folder, and comes back as one."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", sidecars__folder_prompt_wait_seconds=0.5)
        for name, content in (
            ("prompt.txt", b"put both into one picture"),
            ("1.jpg", picture(1)),
            ("2.jpg", picture(2)),
        ):
            (shop.inbox / "trip/album.job").mkdir(parents=True, exist_ok=True)
            shop.put(shop.inbox / "trip/album.job" / name, content)
        assert shop.until_idle().code == 0
        assert not (shop.inbox / "trip/album.job").exists()
        told = shop.type("redo", shop.jobs()[0]["id"])

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(server.requests) == 2, told
    assert shop.outputs() == ["trip/album-2.jpg", "trip/album.jpg"]
    names = ("1.jpg", "2.jpg", "prompt.txt")
    assert shop.in_folder(shop.done) == [f"trip/album.job/{name}" for name in names]
    assert shop.in_folder(shop.inbox) == []
    check_all(shop)
