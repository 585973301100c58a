"""Whether trained twins confirm what the audit said of the data before anything was trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from convscope.learning.analysis import DELTA, Cell, Means, Point, difference, interval
from convscope.learning.analysis.claims import Part
from convscope.learning.prior import Prior

HALF = 0.5
"""Where moving the test takes more than this of what a net that pools knows, position is the answer."""

Word = Literal["confirms", "refutes", "does not decide"]


@dataclass(frozen=True)
class Agreement:
    """What the runs say of an audit.

    Args:
        sharing: of its advice to share weights, or not to; None where it advised neither, or no net tells.
        position: of its word that position is the answer; None where it did not say so, or no net tells.
        text: both in words, with the numbers that decide.
    """

    sharing: Word | None
    position: Word | None
    text: str


def agreement(
    prior: Prior, means: Means, sizes: Sequence[int], chance: float, unlearned: Sequence[Point] = ()
) -> Agreement:
    """Return whether runs confirm an audit.

    Weights that are shared should make a convolution better than the dense net: the one that pools, or
    where the audit says that position is the answer, the one that keeps it. Where position is the answer,
    a net that pools should be worse than one that does not, or lose what it knows when the test is moved.

    Args:
        prior: the audit.
        means: accuracies of the runs, with draws.
        sizes: that were planned.
        chance: the accuracy of always naming the most common class.
        unlearned: nets that hardly learn their own training samples: that they are worse says nothing of sharing.
    """
    sharing, first = _of_sharing(prior, means, sizes, {point.net for point in unlearned})
    position, second = _of_position(prior, means, sizes, chance)
    return Agreement(sharing, position, f"{first} {second}".strip())


def _of_sharing(
    prior: Prior, means: Means, sizes: Sequence[int], unlearned: set[str]
) -> tuple[Word | None, str]:
    nothing = "The audit decides nothing about sharing weights that this study could confirm."
    words = {axis.share for axis in prior.axes}
    net = "conv" if prior.positioned else "conv+pool"
    part = _better(means, sizes, net, "dense")
    if len(words) > 1 or "undecided" in words or part is None:
        return None, nothing
    low, high = part.interval
    if words == {"yes"}:
        advice, word = "to share", _word(low > 0, high < 0)
    else:
        # To share gains nothing: the gain is below what counts as equal.
        advice, word = "against sharing", _word(high <= DELTA, low > 0)
    if high < 0 and net in unlearned:  # it is beaten for another reason than its priors
        said = f"does not decide it, as {net} hardly learned its own training samples"
        return "does not decide", f"The audit advised {advice} weights; the study {said}."
    return word, f"The audit advised {advice} weights; the study {word} it: {_said(part, net)}."


def _of_position(
    prior: Prior, means: Means, sizes: Sequence[int], chance: float
) -> tuple[Word | None, str]:
    if not prior.positioned:
        return None, ""
    blind, lost = _better(means, sizes, "conv", "conv+pool"), _lost(means, chance)
    if blind is not None and blind.interval[0] > 0:
        word, said = "confirms", f"conv+pool, which pools it away, is {_by(blind)} worse than conv"
    elif lost is not None:
        low, high = lost
        # Pooling that takes nothing that counts tells where a thing is as well.
        tells = blind is not None and blind.interval[1] <= DELTA
        word = _word(low > HALF, high < HALF and tells)
        said = f"moving the test takes {low:.0%} to {high:.0%} of what conv+pool knows"
        if not tells and word == "does not decide":
            said += ", and whether pooling costs it anything is open"
    else:
        return None, ""
    along = " and ".join(prior.positioned)
    return word, f"It said that position along {along} is the answer; the study {word} it: {said}."


def _better(means: Means, sizes: Sequence[int], one: str, other: str) -> Part | None:
    terms = {(one, "intact"): 1.0, (other, "intact"): -1.0}
    return difference(means, f"{one} − {other}, intact", "above", terms, sizes)


def _lost(means: Means, chance: float) -> tuple[float, float] | None:
    """Return the share of its accuracy above chance that conv+pool loses where the test is moved: its interval."""
    conditions = {cell.condition for cell in means.accuracy if cell.condition.startswith("shifted")}
    pairs = [
        (Cell("conv+pool", "intact", n), Cell("conv+pool", condition, n))
        for condition in conditions
        for n in means.sizes("conv+pool", condition)
        if n in means.sizes("conv+pool")
    ]
    if not pairs:
        return None
    known = sum((means.draws[intact] - chance for intact, _ in pairs), np.zeros(1))
    kept = sum((means.draws[moved] - chance for _, moved in pairs), np.zeros(1))
    if np.mean(known > 0) < 1 - 1e-3:
        return None  # it knows nothing that could be lost
    low, high = interval(1 - kept / np.maximum(known, 1e-9))
    return float(np.clip(low, 0, 1)), float(np.clip(high, 0, 1))


def _word(good: bool, bad: bool) -> Word:
    return "confirms" if good else "refutes" if bad else "does not decide"


def _said(part: Part, net: str) -> str:
    better = "better" if part.estimate >= 0 else "worse"
    return f"{_over(part)} {net} is {_by(part)} {better} than dense"


def _over(part: Part) -> str:
    sizes = ", ".join(f"{n:,}" for n, *_ in part.by_size)
    return f"over n = {sizes}" if part.left_out else "over all sizes"


def _by(part: Part) -> str:
    """Return a difference without its sign, in points, with its interval."""
    sign = 1 if part.estimate >= 0 else -1
    low, high = sorted(100 * sign * end for end in part.interval)
    return f"{100 * abs(part.estimate):.1f} points ({low:.1f} to {high:.1f})".replace("-", "−")
