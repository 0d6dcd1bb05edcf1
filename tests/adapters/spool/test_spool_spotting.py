"""Seeing where a picture stands while its answer is written."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.adapters.spool.reading import Place
from retouchd.adapters.spool.spotting import Spotter

BODY = b'{"prompt": "x", "b64_json": "AAAABBBB", "ok": true}'
START, END = 29, 37


def spot(*pieces: bytes) -> Place | None:
    """Give what is seen in a body of these pieces."""
    spotter = Spotter()
    for piece in pieces:
        spotter.look(piece)
    return spotter.place_in(sum(map(len, pieces)))


@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=4))
def test_the_place_is_right_in_any_pieces(cuts: list[int]) -> None:
    """However a body is cut, the picture's place is seen, unless a cut goes through what announces it."""
    edges = [0, *sorted(cuts), len(BODY)]

    place = spot(*(BODY[one:two] for one, two in pairwise(edges)))

    is_announced = not any(BODY.index(b'"b64_json"') < cut < START for cut in cuts)
    assert place == (Place(start=START, end=END, is_plain=True) if is_announced else None)


@pytest.mark.parametrize("text", ["AA\n", "AA-_", "data:,A", 'A"B', "AA/\r"])
def test_what_is_unusual_is_left_to_the_search(text: str) -> None:
    """Escapes, line breaks, other alphabets and prefixes are not guessed at."""
    body = json.dumps({"b64_json": text}).encode()

    assert spot(body) is None


def test_a_picture_without_padding_is_not_plain() -> None:
    """What lacks its padding is seen, and said to be odd later."""
    assert spot(b'{"b64_json":"AAAAB"}') == Place(start=13, end=18, is_plain=False)


def test_nothing_is_known_where_a_piece_had_no_room() -> None:
    """A body of another length than what was seen has its picture somewhere else, if at all."""
    spotter = Spotter()
    spotter.look(BODY)

    assert spotter.place_in(len(BODY) - 1) is None
