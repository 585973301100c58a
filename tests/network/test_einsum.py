"""The multiply-adds of einsum against torch's own counter, which sees the contractions that really run."""

import random
from collections.abc import Iterator

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from convscope.network.einsum import einsum_macs

SIZES = {"a": 2, "b": 3, "c": 5, "d": 7, "e": 4}


@pytest.fixture(autouse=True)
def left_to_right() -> Iterator[None]:
    enabled = torch.backends.opt_einsum.enabled
    torch.backends.opt_einsum.enabled = False
    yield
    torch.backends.opt_einsum.enabled = enabled


def dispatched(equation: str, shapes: list[tuple[int, ...]]) -> int:
    with FlopCounterMode(display=False) as counter:
        torch.einsum(equation, *(torch.ones(shape) for shape in shapes))
    return counter.get_total_flops() // 2


def random_equation(seed: int) -> tuple[str, list[tuple[int, ...]]]:
    draw = random.Random(seed)
    terms = ["".join(draw.sample("abcde", draw.randint(1, 4))) for _ in range(draw.randint(2, 4))]
    used = sorted(set("".join(terms)))
    output = "".join(draw.sample(used, draw.randint(0, len(used))))
    ones = set(draw.sample("abcde", 1)) if draw.random() < 0.2 else set()
    shapes = [tuple(1 if label in ones else SIZES[label] for label in term) for term in terms]
    arrow = f"->{output}" if draw.random() < 0.8 else ""
    return ",".join(terms) + arrow, shapes


@pytest.mark.parametrize("seed", range(80))
def test_random_equations(seed: int) -> None:
    equation, shapes = random_equation(seed)
    assert einsum_macs(equation, shapes) == dispatched(equation, shapes), equation


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("...ij,...jk->...ik", [(5, 4, 6), (5, 6, 3)]),
        ("...ij,jk->...ik", [(2, 5, 4, 6), (6, 3)]),
        ("b...,b...->b", [(2, 3, 4), (2, 3, 4)]),
        ("i...j,j->i...", [(2, 3, 4, 5), (5,)]),
        ("bn,bm->bnm", [(2, 3), (2, 4)]),
        ("ij->ji", [(2, 3)]),
        ("ii->i", [(3, 3)]),
        ("n h w i o, n h w p i -> n h w p o", [(2, 3, 4, 5, 6), (2, 3, 4, 7, 5)]),
    ],
)
def test_forms_seen_in_networks(equation: str, shapes: list[tuple[int, ...]]) -> None:
    assert einsum_macs(equation, shapes) == dispatched(equation, shapes)


def test_a_path_decides_the_order() -> None:
    # (2x50)(50x50)(50x1): from the right it is 20 times cheaper.
    shapes = [(2, 50), (50, 50), (50, 1)]
    assert einsum_macs("ab,bc,cd->ad", shapes) == 2 * 50 * 50 + 2 * 50
    assert einsum_macs("ab,bc,cd->ad", shapes, [1, 2, 0, 1]) == 50 * 50 + 2 * 50
