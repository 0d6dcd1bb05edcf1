"""The small values: names that are compared, text that is printed, signatures."""

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.values import fold_name, printable
from strategies import any_text, names

UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(text=any_text | names)
def test_printable_leaves_nothing_that_steers(text: str) -> None:
    """Printed text has no control, format or surrogate character left, so it forges no log line (I11)."""
    assert not [one for one in printable(text) if unicodedata.category(one) in UNSAFE]


@given(text=any_text)
def test_printable_is_idempotent(text: str) -> None:
    """Text that was made printable once is not changed again, so it may be escaped at every border."""
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("beach.png", "beach.png"),
        ("Grüße 日本 🏖", "Grüße 日本 🏖"),
        ("a\nb\x1b[2J", "a\\nb\\x1b[2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udcff", "\\udcff"),
        ("\u2028\U000e0001", "\\u2028\\U000e0001"),
    ],
)
def test_printable_keeps_what_people_write(text: str, printed: str) -> None:
    """Letters of any script stay, what is dangerous becomes its escape."""
    assert printable(text) == printed


@given(name=names | any_text)
def test_fold_name_is_idempotent(name: str) -> None:
    """A folded name is its own folded name."""
    assert fold_name(fold_name(name)) == fold_name(name)


@given(name=any_text, form=st.sampled_from(["NFC", "NFD"]))
def test_fold_name_knows_no_normal_form(name: str, form: Literal["NFC", "NFD"]) -> None:
    """The name that macOS writes is compared as the one that Linux writes."""
    assert fold_name(unicodedata.normalize(form, name)) == fold_name(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Beach.PNG", "beach.png"),
        ("STRASSE", "straße"),
        ("ß\u0323", "s\u1e63"),
        ("\u03b1\u0345\u0301", "\u1fb4"),
    ],
)
def test_fold_name_pairs_what_is_one_name(name: str, other: str) -> None:
    """Names that differ in case or normal form only are one name, even where folding makes new letters."""
    assert fold_name(name) == fold_name(other)
