"""What must hold at every instant, checked on what lies on the disk and what the service got.

The names are those of the product's invariants: I1 nothing is lost, I2 nothing is overwritten, I3 no output
is ever partial, I4 metadata tells the truth, I5 nothing is asked for twice, I6 no cap is exceeded, I7 a
received answer is never paid for again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from PIL import Image
from workshop import Workshop, names_below

from servers import Recorded


def digest(content: bytes) -> str:
    """Hash for comparing."""
    return hashlib.sha256(content).hexdigest()


def check_all(shop: Workshop) -> None:
    """Check everything that the disk alone can tell."""
    check_sources(shop)
    check_outputs(shop)
    check_metadata(shop)
    check_caps(shop)


def check_sources(shop: Workshop, contents: Iterable[bytes] | None = None) -> None:
    """I1, I2: every file that was dropped is there, whole, in the inbox, in done or in failed.

    As many files have these bytes as were dropped: one that takes another's place would be missed here.
    """
    wanted = Counter(digest(one) for one in (shop.dropped.values() if contents is None else contents))
    there: Counter[str] = Counter()
    for folder in (shop.inbox, shop.done, shop.failed):
        there.update(digest((folder / name).read_bytes()) for name in names_below(folder))
    missing = wanted - there
    assert not missing, f"lost: {missing}"


def check_outputs(shop: Workshop) -> None:
    """I3: whatever has an output's name is a whole picture."""
    for name in shop.outputs():
        if Path(name).name.startswith("."):
            continue
        with Image.open(shop.outbox / name) as image:
            image.load()


def check_metadata(shop: Workshop) -> None:
    """I4: each metadata file lies beside its complete picture, and its hash is right."""
    for name in names_below(shop.outbox, ".json"):
        if Path(name).name.startswith("."):
            continue
        path = shop.outbox / name
        fields = json.loads(path.read_text("utf-8"))
        if not str(fields.get("schema", "")).startswith("retouchd.result/"):
            continue
        assert fields["output"]["path"] == name.removesuffix(".json")
        assert digest((shop.outbox / fields["output"]["path"]).read_bytes()) == fields["output"]["sha256"]


def check_caps(shop: Workshop) -> None:
    """I6: what is charged and set aside exceeds no limit, for any edit, day or month."""
    for column, key, default in (
        ("edit", "budget.per_job_usd", 3.0),
        ("day", "budget.per_day_usd", 10.0),
        ("month", "budget.per_month_usd", 100.0),
    ):
        limit = shop.settings.get(key, default)
        assert isinstance(limit, float | int)
        for row in shop.rows(f"SELECT sum(charged + reserved) AS micro FROM attempts GROUP BY {column}"):  # noqa: S608
            assert row["micro"] <= limit * 1_000_000


def check_asked_once(requests: Iterable[Recorded], statuses: Mapping[int, bool] | None = None) -> None:
    """I5, I7: for each idempotency key at most one complete request was not answered as free.

    Args:
        statuses: By the number of the request: whether its answer was the service's refusal or a free
            status. Requests that are not named here count as perhaps paid.
    """
    free = statuses or {}
    keys = Counter(
        request.headers["idempotency-key"]
        for number, request in enumerate(requests)
        if request.complete and request.method == "POST" and not free.get(number)
    )
    twice = {key: number for key, number in keys.items() if number > 1}
    assert not twice, f"asked for twice: {twice}"


def check_charged_once(ledger: Path) -> None:
    """I5, I7: the simulator's ledger has each idempotency key at most once."""
    lines = ledger.read_text("utf-8").splitlines() if ledger.exists() else []
    keys = Counter(json.loads(line)["idempotency_key"] for line in lines)
    twice = {key: number for key, number in keys.items() if number > 1}
    assert not twice, f"charged twice: {twice}"
