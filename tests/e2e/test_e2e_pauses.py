"""A paused daemon stays alive, keeps looking, shows what it waits for, and goes on as that ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from answers import cutting_after_the_body, good, good_reply, refusal, refusal_reply
from invariants import check_all, check_asked_once
from workshop import KEY, OpenShop, Running, Workshop, picture

from retouchd.simulator.server import Simulator
from servers import Exchange, Recorded, ScriptedServer, refused_port, reply_bytes
from waiting import eventually


def drop(shop: Workshop, *names: str) -> None:
    """Drop photos that differ."""
    for name in names:
        seed = len(shop.dropped)
        shop.drop(f"{name}.jpg", picture(seed), f"make it {name}")


def calls(server: ScriptedServer) -> list[Recorded]:
    """Give the requests that may cost something."""
    return [one for one in server.requests if one.method == "POST"]


def check_paused(shop: Workshop, daemon: Running, reason: str, late: str) -> dict[str, Any]:
    """Check that a pause is shown with all there is to know, and that a photo that comes now is taken up."""
    drop(shop, late)
    assert eventually(lambda: f"{late}.jpg".encode() in [bundle["photo"] for bundle in shop.bundles()])
    status = shop.status()
    (pause,) = status["pauses"]
    assert (status["daemon"]["state"], pause["reason"]) == ("paused", reason)
    assert pause.keys() == {"reason", "detail", "since", "until", "ends"}
    assert pause["since"]
    assert pause["ends"]
    assert daemon.process.poll() is None
    fields: dict[str, Any] = pause
    return fields


def answering_to(key: Path) -> Callable[[Exchange], None]:
    """Give a script that takes calls with one key alone, and says at /status which it is."""

    def script(exchange: Exchange) -> None:
        request = exchange.read_request()
        if request.headers["authorization"] != f"Bearer {key.read_text()}":
            exchange.send(refusal_reply(401, "invalid_api_key"))
        elif request.method == "GET":
            exchange.send(reply_bytes(204))
        else:
            exchange.send(good_reply())

    return script


def put_key(path: Path, key: str) -> None:
    """Put a key into a file of its own, as a careful person does."""
    temporary = path.with_suffix(".new")
    temporary.write_text(key)
    temporary.chmod(0o600)
    temporary.rename(path)


def test_a_new_key_in_its_file_ends_the_pause(open_shop: OpenShop, tmp_path: Path) -> None:
    """A refused key pauses; a new one in its file is noticed within seconds, and everything is delivered."""
    valid, key_file = tmp_path / "valid", tmp_path / "key"
    valid.write_text("second-key")
    put_key(key_file, "first-key")
    with ScriptedServer(answering_to(valid)) as server:
        shop = open_shop(f"{server.url}/api/v1", endpoint__api_key_file=str(key_file))
        drop(shop, "beach")
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="key_refused")
            pause = check_paused(shop, daemon, "key_refused", "late")
            assert f"put a new one into {key_file} and it goes on within a minute" in pause["detail"]
            put_key(key_file, "second-key")

            assert eventually(lambda: len(shop.outputs()) == 2, 20)

    asked = [one for one in server.requests if one.method == "GET"]
    assert [one.path for one in asked] == ["/api/v1/status"]
    assert [one.headers["authorization"] for one in asked] == ["Bearer second-key"]
    assert shop.pauses() == []
    logs = "".join(path.read_text() for path in shop.place.glob("log-*.jsonl"))
    assert "first-key" not in logs + pause["detail"]
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_missing_credit_waits_for_a_person(open_shop: OpenShop) -> None:
    """Without credit nothing is sent; where to buy some is shown, and a resume tries one photo first."""
    empty = refusal(402, "ai_credits_required", topUpUrl="https://pay.example/top-up")
    with ScriptedServer(empty, good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__concurrency=1)
        drop(shop, "beach")
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="credits")
            pause = check_paused(shop, daemon, "credits", "late")
            assert "https://pay.example/top-up" in pause["detail"]
            assert pause["until"] > pause["since"]
            assert len(calls(server)) == 1
            assert "https://pay.example/top-up" in shop.type("status").replace("\n", "").replace(" ", "")

            assert "Resumed." in shop.type("resume", "credits")

            assert eventually(lambda: len(shop.outputs()) == 2)
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_lost_answers_wait_for_a_person(open_shop: OpenShop) -> None:
    """Three cut calls pause, also across a restart; after the resume one photo tries, then all follow."""
    cut = cutting_after_the_body()
    with ScriptedServer(cut, cut, cut, good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__concurrency=1, limits__max_concurrency=1)
        drop(shop, "one", "two", "three", "four")
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="unknown_outcomes")
        with shop.running() as daemon:
            pause = check_paused(shop, daemon, "unknown_outcomes", "five")
            assert pause["detail"].startswith("3 calls were cut at about 0 s, so something between you and")
            assert pause["until"] is None
            assert len(calls(server)) == 3

            assert "Resumed." in shop.type("resume")

            assert eventually(lambda: len(shop.outputs()) == 2)
    assert shop.states().count("unknown_outcome") == 3
    check_all(shop)
    check_asked_once(server.requests)


def test_a_dead_line_is_waited_for(open_shop: OpenShop) -> None:
    """While the service cannot be reached the daemon tries by itself, and delivers when it is back."""
    port = refused_port()
    shop = open_shop(f"http://127.0.0.1:{port}/api/v1", retry__base_seconds=5, retry__ceiling_seconds=20)
    drop(shop, "beach")
    with shop.running() as daemon:
        daemon.wait_for("pause.began", reason="offline")
        pause = check_paused(shop, daemon, "offline", "late")
        assert "cannot be reached" in pause["detail"]
        assert pause["until"] > pause["since"]

        with Simulator(port=port, api_key=KEY):
            assert eventually(lambda: len(shop.outputs()) == 2, 30)
    check_all(shop)


def test_an_outage_with_many_photos_costs_few_calls(open_shop: OpenShop, tmp_path: Path) -> None:
    """With thirty photos queued a service that fails gets its quota of calls; then all are delivered."""
    mended = tmp_path / "mended"

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.send(good_reply() if mended.exists() else refusal_reply(503, "overloaded"))

    with ScriptedServer(script) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__max_concurrency=4)
        drop(shop, *(f"photo-{number}" for number in range(30)))
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="offline")
            pause = check_paused(shop, daemon, "offline", "late")
            assert "fails again and again: the service is overloaded (503)" in pause["detail"]
            # The quota, and what was under way when it was used up.
            failed_calls = len(calls(server))
            assert failed_calls <= 10 + 3

            mended.touch()
            assert "Resumed." in shop.type("resume")

            assert eventually(lambda: len(shop.outputs()) == 31, 60)
    assert len(calls(server)) == failed_calls + 31
    assert shop.in_folder(shop.failed) == []
    check_all(shop)
    check_asked_once(server.requests, dict.fromkeys(range(failed_calls), True))


def test_a_wrong_default_does_not_empty_the_inbox(open_shop: OpenShop) -> None:
    """After three identical refusals the other photos need a person, who tries one of them; all follow."""
    no = refusal(400, "invalid_size")
    with ScriptedServer(no, no, no, good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__concurrency=1, limits__max_concurrency=1)
        drop(shop, *(f"photo-{number}" for number in range(6)))

        assert shop.until_idle().code == 1
        assert shop.until_idle().code == 1

        assert len(calls(server)) == 3
        assert shop.states() == ["failed"] * 3 + ["refused_alike"] * 3
        assert len(shop.in_folder(shop.inbox)) == 6
        held = [job["id"] for job in shop.jobs() if job["hold"]]
        told = " ".join(shop.type("show", held[0]).split())
        assert '3 photos running were refused alike (the service refuses this request (400): "said' in told
        with shop.running():
            shop.type("retry", held[0])
            assert eventually(lambda: len(shop.outputs()) == 3)
    assert shop.in_folder(shop.inbox) == []
    check_all(shop)
    check_asked_once(server.requests, dict.fromkeys(range(3), True))


def test_another_default_is_tried_with_what_was_held(open_shop: OpenShop) -> None:
    """Photos that were held for their options are sent with those that the configuration says now."""
    no = refusal(400, "invalid_size")
    with ScriptedServer(no, no, no, good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__concurrency=1, limits__max_concurrency=1)
        drop(shop, *(f"photo-{number}" for number in range(4)))
        assert shop.until_idle().code == 1
        assert shop.states()[3] == "refused_alike"

        shop.configure(defaults__size="1024x1024")

        assert shop.until_idle().code == 0
    # Photos that arrive together are looked at side by side, so that any of them may come last.
    (name,) = shop.outputs()
    assert shop.metadata(name)["request"]["size"] == "1024x1024"
    check_all(shop)
