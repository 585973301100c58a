"""The repairs there are, from the cheapest on.

| step | what it does | what holds afterwards |
| --- | --- | --- |
| size | the nearest input that the total stride divides | maps tile the input |
| circular | the map goes round instead of zeros around it | exact at shifts by the total stride, on a torus |
| mirror | borders are mirrored | no border of zeros; nothing exact |
| blur | a binomial low-pass before each stride, behind the nonlinearity | less aliasing; nothing exact |
| polyphase | strides keep the phase of largest energy | exact at every whole pixel, on a torus |
| average | the mean of the answers of all phases, from one dense pass | exact at every whole pixel, on a torus |

None needs training to be exact where it is. But all but ``size`` and ``average`` change what later layers
see, so the answers may be worse until the network is fine-tuned. Which of it happened is measured.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from convscope.errors import SpecError
from convscope.network import Layer, Network
from convscope.network.rewriting import (
    blurred,
    circular,
    dense,
    polyphase,
    resized,
    testability,
)


@dataclass(frozen=True)
class Changed:
    """What a repair did to one layer.

    Args:
        layer: its name.
        what: in words.
    """

    layer: str
    what: str


def _sized(net: Network) -> Network:
    said = testability(net)
    if isinstance(said, bool):
        return net
    reason, nearest = said
    if nearest is None:
        raise SpecError(f"No input size repairs {net.spec}: {reason}. Leave out size.")
    return resized(net, nearest)


MENU: dict[str, Callable[[Network], Network]] = {
    "size": _sized,
    "circular": circular,
    "mirror": lambda net: circular(net, "reflect"),
    "blur": blurred,
    "polyphase": polyphase,
    "average": lambda net: dense(circular(net)),
}
"""The repairs by name, in the order in which they are applied."""

_BORDERS = ("circular", "mirror")
_SAMPLING = ("blur", "polyphase", "average")


def repair(net: Network, steps: Sequence[str] = ("blur",)) -> Network:
    """Return a network that moves less when its input moves; its weights are shared with the other's.

    Args:
        net: the network; it is left as it is.
        steps: names out of ``MENU``; applied in its order, whatever the order here.

    Returns:
        A network like any other: measure it, train it, save it with ``.save("fixed.pt2")``.

    Raises:
        SpecError: a step that does not exist, two that exclude each other, or one that this network cannot take.

    Source: blur: Zhang (2019); polyphase: Chaman and Dokmanić (2021).

    >>> import convscope as cs
    >>> fixed = cs.repair(cs.load("demo"), ["polyphase"])
    >>> import torch
    >>> x = torch.rand(1, 3, 64, 64)
    >>> bool(torch.allclose(fixed(x), fixed(x.roll((5, 3), (2, 3))), atol=1e-4))
    True
    """
    for step in in_order(steps):
        net = MENU[step](net)
    return net


def changes(net: Network, steps: Sequence[str]) -> tuple[Changed, ...]:
    """Return what a repair does to each layer.

    Args:
        net: the network before.
        steps: as in ``repair``.
    """
    found: list[Changed] = []
    for step in in_order(steps):
        after = MENU[step](net)
        found += _differences(net, after, step)
        net = after
    return tuple(found)


def in_order(steps: Sequence[str]) -> tuple[str, ...]:
    """Return the steps of a repair in the order in which they are applied.

    Raises:
        SpecError: none, one that does not exist, or two that exclude each other.
    """
    unknown = [step for step in steps if step not in MENU]
    if unknown:
        raise SpecError(
            f"There is no repair called {unknown[0]!r}: choose among {', '.join(MENU)}."
        )
    if not steps:
        raise SpecError(f"No repair was named: choose among {', '.join(MENU)}.")
    for kind in (_BORDERS, _SAMPLING):
        both = [step for step in kind if step in steps]
        if len(both) > 1:
            raise SpecError(
                f"{both[0]} and {both[1]} repair the same thing in two ways: choose one of them."
            )
    return tuple(step for step in MENU if step in steps)


def _differences(before: Network, after: Network, step: str) -> list[Changed]:
    if step == "size":
        old, new = (_by(net.input.shape) for net in (before, after))
        return [] if old == new else [Changed("", f"input {old} becomes {new}")]
    if step == "average":
        return [Changed("", "the answer is the mean over all phases, from one dense pass")]
    now = {layer.name: layer for layer in after.layers}
    found = []
    for layer in before.layers:
        other = now.get(layer.name)
        if other is None:
            continue
        if other.stride != layer.stride and layer.stride:
            how = {
                "blur": "a blur takes the stride",
                "polyphase": "the phase of largest energy is kept",
            }
            found.append(
                Changed(layer.name, f"stride {_by(layer.stride)}: {how.get(step, 'moved')}")
            )
        elif step in _BORDERS and _had_zeros(layer, other):
            how = "the map goes round" if step == "circular" else "the map is mirrored"
            found.append(Changed(layer.name, f"zeros around the map: {how}"))
    return found


def _had_zeros(before: Layer, after: Layer) -> bool:
    return before.padding != after.padding or before.output != after.output


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))
