"""What the journal keeps of how much may be spent, beside the attempts."""

from dataclasses import replace

from journal_samples import Reader

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.money import Money
from retouchd.core.prices import Price
from retouchd.core.request import AutoSize, Quality
from strategies import REQUEST


def test_prices_are_kept_by_quality_and_size(journal: SqliteJournal, again: Reader) -> None:
    """A price is that of one quality and one size; "auto" is a quality and a size of its own."""
    first, second = Price(answers=1, highest=Money(66_000)), Price(answers=2, highest=Money(70_000))
    left_open = replace(REQUEST, quality=Quality.AUTO, size=AutoSize.AUTO)
    with journal.transaction():
        journal.store_price(REQUEST, first)
        journal.store_price(REQUEST, second)
        journal.store_price(left_open, first)
    reader = again()

    assert reader.price_of(replace(REQUEST, prompt="another", image_count=3)) == second
    assert reader.price_of(left_open) == first
    assert reader.price_of(replace(REQUEST, quality=Quality.LOW)) is None
