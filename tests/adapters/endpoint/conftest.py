"""Callers, a certificate, and an environment without proxies."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from endpoint_calls import KEY, Caller, MakeCaller

from retouchd.adapters.durable import Durable
from retouchd.adapters.endpoint.client import HttpEndpoint, Terms, Timeouts
from retouchd.adapters.spool.store import AnswerSpool
from servers import Certificate, make_certificate


@pytest.fixture
def make_caller(tmp_path: Path) -> Iterator[MakeCaller]:
    """Make callers, and stop their threads at the end."""
    with ExitStack() as stack:

        def make(
            base_url: str, *, key: str = KEY, max_answer_bytes: int = 64_000_000, **times: float
        ) -> Caller:
            timeouts = Timeouts(**{"connect": 5.0, "write": 5.0, "answer": 5.0, "total": 20.0, **times})
            terms = Terms(
                base_url=base_url,
                key=lambda: key,
                timeouts=timeouts,
                max_answer_bytes=max_answer_bytes,
                max_request_bytes=30_000_000,
            )
            endpoint = HttpEndpoint(terms)
            stack.callback(endpoint.close)
            return Caller(endpoint, AnswerSpool(tmp_path / "spool", Durable()))

        yield make


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make one certificate for all tests."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
