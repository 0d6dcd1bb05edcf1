"""Proxies that the environment names are used, and learn and tell no secrets."""

import pytest
from endpoint_calls import ATTEMPT, KEY, MakeCaller

from retouchd.core.outcomes import Answered, NotSent
from servers import Certificate, ScriptedServer, answering, refused_port, relay

PASSWORD = "proxy-password"  # noqa: S105 - stands in addresses, to be looked for in texts


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_https_goes_through_a_tunnel(
    make_caller: MakeCaller, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Whichever variable names the proxy, it sees the host and its own password, never the key (I9)."""
    with ScriptedServer(answering(200, b"yes"), tls=certificate) as server, ScriptedServer(relay) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
        monkeypatch.setenv(variable, f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}")
        end = make_caller(server.url).submit()

    (tunnel,) = proxy.requests
    assert isinstance(end, Answered)
    assert (tunnel.method, tunnel.path) == ("CONNECT", f"127.0.0.1:{server.port}")
    assert "proxy-authorization" in tunnel.headers
    assert KEY not in str(tunnel)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "proxy-authorization" not in server.requests[0].headers


@pytest.mark.parametrize("exception", ["127.0.0.1", "*"])
def test_no_proxy_is_honoured(
    make_caller: MakeCaller, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    """A host that is excepted is asked directly."""
    with ScriptedServer(answering(200, b"yes"), tls=certificate) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{refused_port()}")
        monkeypatch.setenv("NO_PROXY", exception)
        end = make_caller(server.url).submit()

    assert isinstance(end, Answered)


def test_i9_a_proxy_elsewhere_does_not_see_the_key(
    make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I9: what goes to this machine in the clear does not go through another one."""
    with ScriptedServer(answering(200, b"yes")) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
        elsewhere = make_caller(server.url).submit()

    assert isinstance(elsewhere, Answered)
    assert server.requests[0].path == "/images/edits"


@pytest.mark.parametrize("status", [407, 502])
def test_passwords_of_proxies_are_in_no_text(
    make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Whatever a proxy does, its password is in nothing that is told."""
    ends = []
    with ScriptedServer(answering(status, b"no")) as proxy:
        for address in (f"127.0.0.1:{proxy.port}", f"127.0.0.1:{refused_port()}", "[::bad", "x\x7f:1"):
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PASSWORD}@{address}")
            caller = make_caller("https://service.example")
            ends.append(caller.submit())
            caller.spool.discard(ATTEMPT)

    assert all(isinstance(end, NotSent) for end in ends)
    assert PASSWORD not in str(ends)
    assert KEY not in str(ends)
