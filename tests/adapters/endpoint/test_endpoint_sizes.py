"""The size of a request, which the rules know before there is one."""

from hypothesis import given
from hypothesis import strategies as st

from retouchd.adapters.endpoint.body import Body
from retouchd.core.naming import save_path
from retouchd.core.request import EditRequest, Order
from retouchd.core.requestsize import request_bytes
from strategies import JOB, NOW, WISH, requests


class Sized:
    """A picture of which only the size is asked."""

    def __init__(self, size: int) -> None:
        self.size = size

    def pieces(self, piece_bytes: int) -> None:
        """Give nothing: it is never sent."""


@given(
    request=requests(),
    pictures=st.lists(st.integers(0, 50_000_000), min_size=1, max_size=8),
    mask=st.integers(0, 4_000_000),
)
def test_size_is_never_below_the_true_one(request: EditRequest, pictures: list[int], mask: int) -> None:
    """What is thought to fit does fit: the true size is a little smaller, and not by much."""
    path = save_path("/retouchd", WISH.pictures[0].path, WISH, JOB.id, 99, NOW)
    path = path.removesuffix(WISH.request.format.suffix) + request.format.suffix
    order = Order(request=request, save_path=path, idempotency_key="")
    sized = [Sized(size) for size in pictures]
    true, with_mask = Body(order, sized).length, Body(order, sized, Sized(mask)).length

    assert true <= request_bytes(request, pictures) <= true + 1_100
    assert with_mask <= request_bytes(request, [*pictures, mask]) <= with_mask + 1_100
