"""Options of several layers and files: the strongest counts, and two that differ are no guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.options import OPTION_NAMES, Layer, Options, SidecarError, combine, merge
from retouchd.core.request import Quality


def test_the_nearest_layer_wins() -> None:
    """Each option comes from the first layer that sets it, and it is known from which."""
    near = Layer(origin="beach.toml", options=Options(quality=Quality.LOW))
    far = Layer(origin="default", options=Options(quality=Quality.HIGH, size="match", output_compression=0))

    effective = merge(near, far)

    assert effective.options == Options(quality=Quality.LOW, size="match", output_compression=0)
    assert effective.origins == {"quality": "beach.toml", "size": "default", "output_compression": "default"}


def test_no_layer_sets_nothing() -> None:
    """Merging nothing gives no option and no origin."""
    assert merge().options == Options()
    assert merge().origins == {}


@given(
    names=st.lists(st.sets(st.sampled_from(OPTION_NAMES)), max_size=4),
)
def test_every_set_option_has_its_origin(names: list[set[str]]) -> None:
    """What is set has an origin, what is not has none, and the origin is the first layer with it."""
    layers = [
        Layer(origin=str(number), options=Options(**dict.fromkeys(chosen, number)))  # type: ignore[arg-type]
        for number, chosen in enumerate(names)
    ]

    effective = merge(*layers)

    for name in OPTION_NAMES:
        first = next((number for number, chosen in enumerate(names) if name in chosen), None)
        assert getattr(effective.options, name) == first
        assert effective.origins.get(name) == (None if first is None else str(first))


def test_files_beside_one_photo_add_up() -> None:
    """A prompt in one file and options in another make one wish, and each part is known by its file."""
    text = Layer(origin="beach.txt", options=Options(prompt="blue"))
    table = Layer(origin="beach.toml", options=Options(quality=Quality.LOW))

    effective = merge(combine([text, table]), Layer(origin="default", options=Options(size="match")))

    assert effective.options == Options(prompt="blue", quality=Quality.LOW, size="match")
    assert effective.origins == {"prompt": "beach.txt", "quality": "beach.toml", "size": "default"}


@pytest.mark.parametrize(
    ("prompts", "together"),
    [(("blue", "blue"), "blue"), (("", "blue"), "blue"), (("blue", ""), "blue"), (("", ""), "")],
)
def test_prompts_that_go_together(prompts: tuple[str, str], together: str) -> None:
    """The same said twice is no question, and an empty file beside a prompt is none either."""
    files = [Layer(origin=prompt, options=Options(prompt=prompt)) for prompt in prompts]

    combined = combine(files)

    assert combined.options.prompt == together
    assert combined.origin_of("prompt") == together


def test_a_prompt_that_is_being_typed_is_not_replaced_by_a_weaker_one() -> None:
    """Money is not spent on the folder's prompt while the photo's own is still empty."""
    own = Layer(origin="beach.txt", options=Options(prompt=""))
    folders = Layer(origin="_prompt.txt", options=Options(prompt="grey"))

    assert merge(own, folders).options.prompt == ""


@pytest.mark.parametrize(
    ("one", "other", "fault"),
    [
        (
            Options(prompt="blue"),
            Options(prompt="grey"),
            "beach.txt and be\\x1bch.md say different prompts: remove one of them",
        ),
        (
            Options(prompt="blue", take=1),
            Options(take=2),
            "beach.txt and be\\x1bch.md say different things for take: take it out of one of them",
        ),
        (
            Options(megapixels=0.0),
            Options(megapixels=2.0),
            "beach.txt and be\\x1bch.md say different things for megapixels: take it out of one of them",
        ),
    ],
)
def test_files_that_contradict_each_other(one: Options, other: Options, fault: str) -> None:
    """Two files beside one photo that say different things are named, with the way out."""
    with pytest.raises(SidecarError) as raised:
        combine([Layer(origin="beach.txt", options=one), Layer(origin="be\x1bch.md", options=other)])

    assert str(raised.value) == fault
