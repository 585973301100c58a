"""The multiply-adds of an einsum, in the order in which PyTorch contracts it.

The number of products depends on the order when there are three operands or more. PyTorch follows the
path that it was given, otherwise it goes from left to right, and it sums an axis away as soon as no
other operand needs it; so do we. A step that sums over nothing shared is element-wise, and not counted.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from math import prod

Operand = dict[str, int]
"""One operand: its axes' labels and sizes. Axes of size 1 are left out, because they multiply nothing."""


def einsum_macs(
    equation: str, shapes: Sequence[Sequence[int]], path: Sequence[int] | None = None
) -> int:
    """Count the multiply-adds of ``einsum(equation, *operands)``.

    Args:
        equation: subscripts, with or without ``->`` and ``...``.
        shapes: the operands' sizes, in order.
        path: positions to contract, two by two, flattened, as ATen stores them; None: left to right.

    Returns:
        The number of multiply-adds.

    >>> einsum_macs("bchw,bdhw->bcd", [(1, 4, 16, 8), (1, 8, 16, 8)])
    4096
    """
    read, arrow, written = equation.replace(" ", "").partition("->")
    labelled = [
        _labels(term, len(shape)) for term, shape in zip(read.split(","), shapes, strict=True)
    ]
    everywhere = list(chain.from_iterable(labelled))
    if arrow:
        under = {label for label in everywhere if "." in label} if "..." in written else set()
        kept = set(written) | under
    else:
        kept = {label for label in everywhere if everywhere.count(label) == 1 or "." in label}
    operands = [
        {label: size for label, size in zip(labels, shape, strict=True) if size != 1}
        for labels, shape in zip(labelled, shapes, strict=True)
    ]
    return _contract(operands, kept, list(path or ()))


def _labels(term: str, axes: int) -> list[str]:
    """Name an operand's axes; those under the ellipsis are counted from the right: ".1", ".2", ..."""
    before, ellipsis, after = term.partition("...")
    free = axes - len(before) - len(after) if ellipsis else 0
    return [*before, *(f".{axis}" for axis in range(free, 0, -1)), *after]


def _contract(operands: list[Operand], kept: set[str], path: list[int]) -> int:
    total = 0
    while len(operands) > 1:
        pair = sorted(path[:2]) if path else [0, 1]
        second, first = operands.pop(pair[1]), operands.pop(pair[0])
        needed = kept | set(chain.from_iterable(operands))
        both = {**first, **second}
        summed = (first.keys() & second.keys()) - needed
        if summed:
            total += _size(both, (needed & both.keys()) | summed)
        result = {label: both[label] for label in both if label in needed}
        # A path counts the result as the last operand; without one it is the first.
        operands.insert(len(operands) if path else 0, result)
        path = path[2:]
    return total


def _size(operand: Operand, labels: Iterable[str]) -> int:
    return prod(operand[label] for label in labels)
