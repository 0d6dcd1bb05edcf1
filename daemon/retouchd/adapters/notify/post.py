"""Messages to mail, chat, phones and desktops, through Apprise.

Apprise is never imported here: it would take thirty megabytes for ever. Each message is sent by a process of
its own (sender.py), which reads the address from its standard input: addresses hold secrets, and are in no
argument list, no environment and no log.
"""

import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from importlib.util import find_spec
from typing import Final

from retouchd.adapters.notify.program import Ended, Runner, plain_environment
from retouchd.core.outgoing import Outgoing
from retouchd.core.values import printable
from retouchd.core.ways import Failure

# -P: no module from the folder that the daemon happens to be in.
_COMMAND: Final = (sys.executable, "-P", "-m", "retouchd.adapters.notify.sender")
_KEPT: Final = frozenset(
    {
        "ALL_PROXY",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
        "PYTHONHOME",
        "PYTHONPATH",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "all_proxy",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    }
)
# Apprise gives up a silent server after some seconds itself; some ways ask several.
_SECONDS: Final = 60.0
_DIGITS: Final = 12
_SHOWN_OUTPUT: Final = 300
MISSING: Final = (
    'Apprise is not installed where retouchd is: "pipx inject retouchd apprise", or with pip there'
)


class Post:
    """Sends to one address; fits the notifier's Protocol Way.

    Args:
        url: An Apprise address; a secret.
    """

    def __init__(self, url: str, environ: Mapping[str, str], runner: Runner) -> None:
        self._url = url
        self._environ = plain_environment(environ, _KEPT)
        self._runner = runner

    @property
    def name(self) -> str:
        """Tells this address from others, without telling it."""
        return f"url {sha256(self._url.encode()).hexdigest()[:_DIGITS]}"

    @property
    def shown(self) -> str:
        """What people read of it: what kind of address it is."""
        return f"{printable(self._url.partition(':')[0])}://…"

    def find_fault(self) -> str:
        """Say whether Apprise is missing."""
        return MISSING if find_spec("apprise") is None else ""

    def send(self, outgoing: Outgoing) -> Failure | None:
        """Send a message, and say why that was not possible; mostly it is later."""
        fault = self.find_fault()
        if fault:
            return Failure(reason=fault)
        subject = outgoing.message.subject
        order = json.dumps({"url": self._url, "title": subject, "body": outgoing.text}).encode()
        try:
            ended = self._runner.run(_COMMAND, order, self._environ, _SECONDS)
        except OSError as exc:
            return Failure(reason=f"cannot be sent: {exc.strerror}")
        return _judge(ended)


def _judge(ended: Ended) -> Failure | None:
    if ended.status == 0:
        return None
    if ended.status is None:
        reason = "was ended with retouchd" if ended.was_hurried else f"took longer than {_SECONDS:g} s"
        return Failure(reason=reason)
    said = printable(ended.output.decode("utf-8", "replace").strip())[:_SHOWN_OUTPUT]
    return Failure(reason=said or "could not be sent")
