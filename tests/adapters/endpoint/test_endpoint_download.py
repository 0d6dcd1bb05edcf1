"""Pictures are downloaded without the key, from nowhere but where that may be, and within the caps."""

from pathlib import Path

import pytest
from endpoint_calls import ATTEMPT, KEY, Caller, MakeCaller

from retouchd.adapters.endpoint.target import ForbiddenTargetError, Target
from retouchd.core.downloads import DownloadTrouble
from servers import (
    Certificate,
    Exchange,
    Script,
    ScriptedServer,
    answering,
    make_certificate,
    refused_port,
    relay,
    reply_bytes,
    sending,
)

PICTURE = bytes(range(256)) * 1000
SECRET = "capability"  # noqa: S105 - stands in links, to be looked for in texts
ELSEWHERE = "https://service.example/api/v1"


def fetch(caller: Caller, url: str) -> DownloadTrouble | None:
    """Download as a worker does."""
    with caller.spool.open_picture_writer(ATTEMPT) as writer:
        trouble = caller.endpoint.fetch(url, writer)
    assert (trouble is None) == caller.spool.is_fetched(ATTEMPT)
    assert trouble is None or SECRET not in trouble.detail
    return trouble


def picture_of(caller: Caller) -> bytes:
    """Give what was downloaded."""
    return b"".join(caller.spool.fetched_pieces(ATTEMPT))


def test_a_picture_is_downloaded_without_the_key(make_caller: MakeCaller) -> None:
    """The picture comes as it is; neither key nor idempotency key nor cookie is sent along (I9)."""
    with ScriptedServer(answering(200, PICTURE)) as server:
        caller = make_caller(server.url)
        trouble = fetch(caller, f"http://user:pw@127.0.0.1:{server.port}/x?{SECRET}")

    (request,) = server.requests
    assert trouble is None
    assert picture_of(caller) == PICTURE
    assert (request.method, request.path) == ("GET", f"/x?{SECRET}")
    assert set(request.headers) == {"host", "accept-encoding", "user-agent"}


def test_redirects_are_followed_without_cookies(make_caller: MakeCaller) -> None:
    """A few redirects are followed, relative ones too; what they want to be remembered is not."""
    cookie = {"Set-Cookie": "a=b", "Location": "/second?x=1"}
    scripts = [answering(302, b"no picture", cookie), answering(307, b"", {"Location": "third"})]
    with ScriptedServer(*scripts, answering(200, PICTURE)) as server:
        caller = make_caller(server.url)
        trouble = fetch(caller, f"{server.url}/first/")

    assert trouble is None
    assert picture_of(caller) == PICTURE
    assert [request.path for request in server.requests] == ["/first/", "/second?x=1", "/third"]
    assert all("cookie" not in request.headers for request in server.requests)


def test_redirects_end(make_caller: MakeCaller) -> None:
    """A circle of redirects is left after a few rounds."""
    with ScriptedServer(answering(301, b"", {"Location": f"/{SECRET}"})) as server:
        trouble = fetch(make_caller(server.url), f"{server.url}/")

    assert trouble == DownloadTrouble(detail="it leads from one address to another without end", passes=False)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        *("http://[::bad/", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://a:99999999/"),
        *("http://10.0.0.1/", "https://10.0.0.1/", "https://[fd00::1]/", "http://example.com/"),
    ],
)
def test_forbidden_redirects_are_not_followed(make_caller: MakeCaller, location: str) -> None:
    """A redirect to what may not be asked, or to no address at all, ends the download."""
    with ScriptedServer(answering(302, b"x", {"Location": location}), answering(200, b"")) as server:
        trouble = fetch(make_caller(server.url), f"{server.url}/{SECRET}")

    assert trouble is not None
    assert not trouble.passes
    assert len(server.requests) == 1


PRIVATE = [
    *("127.0.0.1", "localhost", "127.1", "2130706433", "0", "0.0.0.0", "[::1]", "[::]", "10.1.2.3"),  # noqa: S104
    *("192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "[fe80::1]", "[fd00::1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[64:ff9b::a9fe:a9fe]", "224.0.0.1", "255.255.255.255"),
]


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_not_even_connected_to(make_caller: MakeCaller, host: str) -> None:
    """No address of this machine or around it is asked, however it is written."""
    with ScriptedServer(answering(200, PICTURE)) as server:
        trouble = fetch(make_caller(ELSEWHERE), f"https://{host}:{server.port}/{SECRET}")

    assert trouble == DownloadTrouble(detail="it leads into a private network", passes=False)
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://example.com/", "HTTP://example.com/", "//x/", "x", "", "https:", "\0"],
)
def test_only_https_is_asked(make_caller: MakeCaller, url: str) -> None:
    """Nothing in the clear is asked, and what is no address is none."""
    trouble = fetch(make_caller(ELSEWHERE), url)

    assert trouble is not None
    assert not trouble.passes


class _Connection:
    """A connection that has got to some address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_closed = False

    def get_extra_info(self, name: str) -> object:
        """Give the address at the other end."""
        return (self.address, 443)

    def close(self) -> None:
        """Close it."""
        self.is_closed = True


def test_a_name_that_changes_its_mind_leads_nowhere() -> None:
    """A name that is public when it is looked at and private when it is connected to gets no byte."""
    target = Target("https://93.184.216.34/x", ELSEWHERE)
    target.note_event("connection.connect_tcp.started", {"host": "93.184.216.34", "port": 443})
    target.note_event("connection.connect_tcp.complete", {"return_value": _Connection("93.184.216.34")})
    private = _Connection("169.254.169.254")

    with pytest.raises(ForbiddenTargetError):
        target.note_event("connection.connect_tcp.complete", {"return_value": private})

    assert private.is_closed


def test_a_proxy_of_the_environment_is_used(make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download goes through the proxy that the environment names, which may be in a private network."""
    with ScriptedServer(answering(200, PICTURE)) as server, ScriptedServer(relay) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        caller = make_caller(server.url)
        trouble = fetch(caller, f"{server.url}/x")

    assert trouble is None
    assert proxy.requests[0].path == f"{server.url}/x"
    assert picture_of(caller) == PICTURE


def _cut(exchange: Exchange) -> None:
    exchange.read_request()
    exchange.send(reply_bytes(200, PICTURE)[:5000])


@pytest.mark.parametrize(
    ("script", "detail", "passes"),
    [
        (answering(404, b"<html>"), "the answer to it was 404", False),
        (answering(206, PICTURE), "the answer to it was 206", False),
        (answering(429), "the answer to it was 429", True),
        (answering(503, b"busy"), "the answer to it was 503", True),
        (_cut, "it did not come whole: the connection was lost", True),
        (
            sending(b"HTTP/1.1 200 OK\r\n\r\n", bytes(600_000)),
            "it did not come whole: it is larger than 0 MB",
            True,
        ),
        (sending(b"nonsense\r\n\r\n"), "what came back is no HTTP", True),
    ],
)
def test_what_is_no_whole_picture_is_forgotten(
    make_caller: MakeCaller, script: Script, detail: str, *, passes: bool
) -> None:
    """Whatever else comes says why, and whether it may pass; nothing of it is taken for the picture."""
    with ScriptedServer(script) as server:
        trouble = fetch(make_caller(server.url, max_answer_bytes=500_000), f"{server.url}/{SECRET}")

    assert trouble == DownloadTrouble(detail=detail, passes=passes)


def test_an_unreachable_address_may_pass(make_caller: MakeCaller) -> None:
    """Nobody there, and a name that nobody knows, may be over in a while."""
    caller = make_caller("http://127.0.0.1:1")

    for url in (f"http://127.0.0.1:{refused_port()}/{SECRET}", f"https://{SECRET}.invalid/"):
        trouble = fetch(caller, url)

        assert trouble is not None
        assert trouble.passes


def test_certificates_are_checked(
    make_caller: MakeCaller, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A picture over TLS comes from whoever it is asked of, or not at all."""
    with ScriptedServer(answering(200, PICTURE), tls=certificate) as server:
        caller = make_caller("http://127.0.0.1:1")
        distrusted = fetch(caller, f"{server.url}/x")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
        trusted = fetch(make_caller("http://127.0.0.1:1"), f"{server.url}/x")

    wrong = make_certificate(tmp_path, "DNS:elsewhere.example")
    with ScriptedServer(answering(200, PICTURE), tls=wrong) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(wrong.certificate))
        caller.spool.discard(ATTEMPT)
        mistaken = fetch(make_caller("http://127.0.0.1:1"), f"{server.url}/x")

    assert trusted is None
    for trouble in (distrusted, mistaken):
        assert trouble is not None
        assert not trouble.passes


def test_i9_the_key_is_struck_out_of_a_download(make_caller: MakeCaller) -> None:
    """I9: whatever host says the key, it gets into no file."""
    with ScriptedServer(answering(200, b"x" + KEY.encode() + b"y")) as server:
        caller = make_caller(server.url)
        fetch(caller, f"{server.url}/x")

    assert picture_of(caller) == b"x" + b"*" * len(KEY) + b"y"
