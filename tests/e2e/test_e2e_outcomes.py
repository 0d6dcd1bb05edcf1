"""Each class of outcome of a call, with a real daemon and a server that answers byte by byte as told."""

import base64
import os
import time
from http import HTTPStatus
from io import BytesIO

import pytest
from answers import answer_body, cut_answer, cutting_after_the_body, good, refusal, result
from invariants import check_all, check_asked_once
from PIL import Image
from workshop import KEY, OpenShop, Workshop, picture

from retouchd.core.records import Verb
from retouchd.simulator.server import Simulator
from servers import Exchange, Script, ScriptedServer, answering, refused_port


def shop_for(open_shop: OpenShop, server: ScriptedServer, **settings: object) -> Workshop:
    """Open a workshop for a scripted server, with one photo in its inbox."""
    shop = open_shop(f"{server.url}/api/v1", **settings)
    shop.drop("beach.jpg", picture(1), "make it evening")
    return shop


def noting_times(times: list[float], then: Script) -> Script:
    """Give a script that notes when it was asked."""

    def script(exchange: Exchange) -> None:
        times.append(time.monotonic())
        then(exchange)

    return script


def test_offline_pauses_and_resumes_by_itself(open_shop: OpenShop) -> None:
    """A service that cannot be reached pauses; when it is back the photo is delivered, paid once (I5)."""
    port = refused_port()
    shop = open_shop(f"http://127.0.0.1:{port}/api/v1")
    shop.drop("beach.jpg", picture(1), "grayscale")
    with shop.running() as daemon:
        daemon.wait_for("pause.began", reason="offline")
        assert shop.in_folder(shop.inbox) == ["beach.jpg", "beach.txt"]

        with Simulator(port=port, api_key=KEY) as service:
            daemon.wait_for("job.done")
            charged = [call for call in service.calls() if call.outcome == "charged"]

    assert len(charged) == 1
    assert shop.outputs() == ["beach.jpg"]
    assert shop.pauses() == []
    check_all(shop)


def test_lost_answer_is_held_and_never_sent_again(open_shop: OpenShop) -> None:
    """An answer that never came keeps its reservation and is not asked for again by itself (I5, I7)."""
    with ScriptedServer(cutting_after_the_body(), good()) as server:
        shop = shop_for(open_shop, server)

        first = shop.until_idle()
        second = shop.until_idle()

        assert (first.code, second.code) == (1, 1)
        assert len(server.requests) == 1
    (attempt,) = shop.attempts()
    assert shop.states() == ["unknown_outcome"]
    assert attempt["reserved"] == attempt["first_reserved"] > 0
    assert shop.in_folder(shop.inbox) == ["beach.jpg", "beach.txt"]
    assert "may have been paid" in shop.jobs()[0]["detail"]
    check_all(shop)
    check_asked_once(server.requests)


def test_retry_of_a_lost_answer_is_one_more_permission(open_shop: OpenShop) -> None:
    """A person's retry pays once more under another key; the lost one counts as spent (I5, I6)."""
    with ScriptedServer(cutting_after_the_body(), good()) as server:
        shop = shop_for(open_shop, server)
        shop.until_idle()

        shop.command(Verb.RETRY, shop.jobs()[0]["id"])
        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert [one["outcome"] for one in shop.attempts()] == ["unknown", "answered"]
    lost = shop.attempts()[0]
    assert (lost["reserved"], lost["charged"]) == (0, lost["first_reserved"])
    assert len(server.requests) == 2
    check_all(shop)
    check_asked_once(server.requests)


def test_resend_setting_allows_exactly_one_more(open_shop: OpenShop) -> None:
    """With unknown_outcome = "resend" a lost answer is asked for once more, never a third time (I5)."""
    with ScriptedServer(cutting_after_the_body()) as server:
        shop = shop_for(open_shop, server, retry__unknown_outcome="resend")

        assert shop.until_idle().code == 1
        assert shop.until_idle().code == 1

    assert len(server.requests) == 2
    assert shop.states() == ["unknown_outcome"]
    first, second = shop.attempts()
    assert (first["reserved"], first["charged"]) == (0, first["first_reserved"])
    assert (second["reserved"], second["charged"]) == (second["first_reserved"], 0)
    check_all(shop)
    check_asked_once(server.requests)


def test_resend_setting_delivers_the_second_answer(open_shop: OpenShop) -> None:
    """With unknown_outcome = "resend" the second answer is delivered."""
    with ScriptedServer(cutting_after_the_body(), good()) as server:
        shop = shop_for(open_shop, server, retry__unknown_outcome="resend")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach.jpg"]
    check_all(shop)
    check_asked_once(server.requests)


def test_nobody_sends_before_retry_after(open_shop: OpenShop) -> None:
    """After a 429 no photo is sent before the time that it names, and nothing is paid for it."""
    times: list[float] = []
    limited = refusal(429, "rate_limit_exceeded", {"Retry-After": "1"})
    scripts = [noting_times(times, limited), noting_times(times, good())]
    with ScriptedServer(*scripts) as server:
        shop = shop_for(open_shop, server, limits__concurrency=1)
        shop.drop("other.jpg", picture(2), "make it morning")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(times) == 3
    assert times[1] - times[0] >= 1.0
    assert ended.told("pause.began", reason="rate_limited")
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_overloaded_service_is_asked_again_after_its_time(open_shop: OpenShop) -> None:
    """A 503 of the service itself is tried again not before its Retry-After; the reservation is freed."""
    times: list[float] = []
    busy = refusal(503, "overloaded", {"Retry-After": "1"})
    with ScriptedServer(noting_times(times, busy), noting_times(times, good())) as server:
        shop = shop_for(open_shop, server)

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert times[1] - times[0] >= 1.0
    assert [one["reserved"] for one in shop.attempts()] == [0, 0]
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_service_error_is_tried_again_twice(open_shop: OpenShop) -> None:
    """The service's word that it failed is believed twice; then the picture comes and only it is paid."""
    failing = refusal(500, "internal_error")
    with ScriptedServer(failing, failing, good()) as server:
        shop = shop_for(open_shop, server)

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert [one["outcome"] for one in shop.attempts()] == ["service_error", "service_error", "answered"]
    assert [one["reserved"] for one in shop.attempts()] == [0, 0, 0]
    assert [one["charged"] > 0 for one in shop.attempts()] == [False, False, True]
    check_all(shop)
    check_asked_once(server.requests, {0: True, 1: True})


def test_service_error_three_times_fails_the_photo(open_shop: OpenShop) -> None:
    """After the third service error the photo lies in failed with a note, and nothing stays set aside."""
    with ScriptedServer(refusal(500, "internal_error")) as server:
        shop = shop_for(open_shop, server)

        ended = shop.until_idle()

    assert ended.code == 1
    assert len(server.requests) == 3
    assert shop.in_folder(shop.failed) == ["beach.jpg", "beach.jpg.error.txt", "beach.txt"]
    assert "the service failed" in (shop.failed / "beach.jpg.error.txt").read_text()
    assert [one["reserved"] for one in shop.attempts()] == [0, 0, 0]
    check_all(shop)


PAUSING = [
    pytest.param(refusal(401, "invalid_api_key"), "key_refused", id="401"),
    pytest.param(refusal(402, "ai_credits_required"), "credits", id="402"),
    pytest.param(refusal(403, "not_allowed"), "permission", id="403"),
    pytest.param(refusal(404, "not_found"), "endpoint", id="404"),
    pytest.param(answering(302, b"", {"Location": "/elsewhere"}), "endpoint", id="302"),
]


@pytest.mark.parametrize(("refusing", "reason"), PAUSING)
def test_what_no_photo_can_help_pauses_everything(open_shop: OpenShop, refusing: Script, reason: str) -> None:
    """A refused key, missing credit or a wrong address pauses; no photo fails for it; resume goes on."""
    with ScriptedServer(refusing, good()) as server:
        shop = shop_for(open_shop, server)

        paused = shop.until_idle()

        assert paused.code == 4
        assert len(server.requests) == 1
        assert shop.pauses() == [reason]
        assert shop.in_folder(shop.failed) == []
        assert shop.in_folder(shop.inbox) == ["beach.jpg", "beach.txt"]
        shop.command(Verb.RESUME, reason)
        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach.jpg"]
    assert shop.attempts()[0]["reserved"] == 0
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_pause_for_credit_survives_a_restart(open_shop: OpenShop) -> None:
    """A start alone does not send again what needs credit; a changed configuration does."""
    with ScriptedServer(refusal(402, "ai_credits_required"), good()) as server:
        shop = shop_for(open_shop, server)

        assert shop.until_idle().code == 4
        assert shop.until_idle().code == 4
        assert len(server.requests) == 1
        shop.configure(budget__per_day_usd=5.0)
        assert shop.until_idle().code == 0

    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_refused_key_is_tried_anew_at_a_start(open_shop: OpenShop) -> None:
    """A start may bring another key, so that it tries the one it has, for nothing."""
    with ScriptedServer(refusal(401, "invalid_api_key"), good()) as server:
        shop = shop_for(open_shop, server)
        assert shop.until_idle().code == 4
        shop.environ["DENCH_API_KEY"] = "another-key"

        assert shop.until_idle().code == 0

    assert server.requests[1].headers["authorization"] == "Bearer another-key"
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_resume_reaches_a_running_daemon(open_shop: OpenShop) -> None:
    """A command is obeyed by a running daemon at once: it was poked."""
    with ScriptedServer(refusal(402, "ai_credits_required", top_up_url="https://x"), good()) as server:
        shop = shop_for(open_shop, server)
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="credits")

            answer = shop.command(Verb.RESUME)

            daemon.wait_for("job.done")
    assert answer == "resumed"
    check_all(shop)


@pytest.mark.parametrize("status", [HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY])
def test_refused_request_fails_the_photo_with_a_note(open_shop: OpenShop, status: HTTPStatus) -> None:
    """A request that the service refuses lies in failed, with a note that nothing was paid."""
    with ScriptedServer(refusal(status, "invalid_size"), good()) as server:
        shop = shop_for(open_shop, server)

        ended = shop.until_idle()
        shop.drop("zoo.jpg", picture(2), "make it morning")
        later = shop.until_idle()

    note = (shop.failed / "beach.jpg.error.txt").read_text()
    assert (ended.code, later.code) == (1, 0), later.text
    assert "nothing was paid" in note
    assert "said invalid_size" in note
    assert shop.in_folder(shop.failed) == ["beach.jpg", "beach.jpg.error.txt", "beach.txt"]
    assert shop.outputs() == ["zoo.jpg"]
    check_all(shop)


UNREADABLE = [
    pytest.param(answering(200, b'{"ok": true, "b64_json": "'), id="broken JSON"),
    pytest.param(answering(200, answer_body(ok=False)), id="ok false"),
    pytest.param(cut_answer(), id="cut answer"),
    pytest.param(answering(200, answer_body(b64_json=base64.b64encode(b"a text").decode())), id="a text"),
    pytest.param(
        answering(200, answer_body(b64_json=base64.b64encode(result()[:300]).decode())), id="cut picture"
    ),
    pytest.param(answering(200, answer_body(b64_json="no base64!")), id="no base64"),
    pytest.param(answering(200, answer_body(b64_json=None)), id="no picture"),
    pytest.param(answering(202, b'{"ok": true}'), id="202"),
    pytest.param(answering(200, b""), id="empty"),
]


@pytest.mark.parametrize("answer", UNREADABLE)
def test_unreadable_paid_answer_is_held_and_kept(open_shop: OpenShop, answer: Script) -> None:
    """Whatever is wrong with an answer, it was paid: held, kept in the spool, not asked for again (I7)."""
    with ScriptedServer(answer, good()) as server:
        shop = shop_for(open_shop, server)

        first, second = shop.until_idle(), shop.until_idle()

    (attempt,) = shop.attempts()
    assert (first.code, second.code) == (1, 1), first.text
    assert shop.states() == ["unreadable_answer"]
    assert len(server.requests) == 1
    assert attempt["charged"] == attempt["first_reserved"]
    assert (shop.state / "spool" / f"{attempt['id']}.answer").exists()
    assert shop.in_folder(shop.outbox) == []
    check_all(shop)


def test_edge_error_after_the_body_is_an_unknown_outcome(open_shop: OpenShop) -> None:
    """A 504, and a 502 without the service's envelope, may have been paid: held, never sent again (I5)."""
    with ScriptedServer(answering(504, b"<html>"), answering(502, b"<html>"), good()) as server:
        shop = shop_for(open_shop, server)
        shop.drop("zoo.jpg", picture(2), "make it morning")

        assert shop.until_idle().code == 1
        assert shop.until_idle().code == 1

    assert shop.states() == ["unknown_outcome", "unknown_outcome"]
    assert len(server.requests) == 2
    check_all(shop)
    check_asked_once(server.requests)


def test_connection_that_breaks_while_sending_is_free(open_shop: OpenShop) -> None:
    """A body that did not go out whole cost nothing and is sent again by itself (I5)."""

    def breaking(exchange: Exchange) -> None:
        exchange.read_head()
        exchange.read_body(1000)
        exchange.reset()

    with ScriptedServer(breaking, good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("large.png", _noise(), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert [one["outcome"] for one in shop.attempts()] == ["interrupted", "answered"]
    assert not server.requests[0].complete
    check_all(shop)
    check_asked_once(server.requests)


def _noise() -> bytes:
    """Give a picture that is larger than the sockets' buffers."""
    buffer = BytesIO()
    Image.frombytes("RGB", (2000, 1500), os.urandom(9_000_000)).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()
