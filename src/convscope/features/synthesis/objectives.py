"""What a picture should achieve: its own unit high (or low), and several of one unit unlike each other."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

_APART = 0.5
"""Weight of the likeness of diverse pictures, against a share of their activation."""


class Wanted(Protocol):
    """What is wanted of one picture."""

    @property
    def unit(self) -> int:
        """The channel."""
        ...

    @property
    def low(self) -> bool:
        """Whether it is to be driven down."""
        ...

    @property
    def diverse(self) -> bool:
        """Whether it is one of several that should differ."""
        ...


class Objective:
    """The loss of a batch of pictures, one unit each.

    Args:
        wanted: what each picture is for.
        first: the layer's channel that is the first of those given.
        device: where the values are.
    """

    def __init__(self, wanted: Sequence[Wanted], first: int, device: torch.device):
        self._index = torch.tensor([w.unit - first for w in wanted], device=device)[:, None]
        self._sign = torch.tensor([-1.0 if w.low else 1.0 for w in wanted], device=device)
        families: dict[int, list[int]] = {}
        for i, w in enumerate(wanted):
            if w.diverse:
                families.setdefault(w.unit, []).append(i)
        self._families = [members for members in families.values() if len(members) > 1]

    def own(self, values: Tensor) -> Tensor:
        """Return each picture's own unit ``(B,)`` among the values of all units ``(B, U)``."""
        return values.gather(1, self._index)[:, 0]

    def silent(self, values: Tensor) -> bool:
        """Tell whether some unit has not come over zero."""
        return bool((self.own(values) * self._sign <= 0).any())

    def loss(self, values: Tensor) -> Tensor:
        """Return what is to be made small, for the values of all units ``(B, U)``."""
        own = self.own(values)
        loss = -(self._sign * own).sum()
        for members in self._families:
            # The rest of the layer says what else is in a picture: there the pictures should differ.
            rest = values[members].clamp_min(0).scatter(1, self._index[members], 0.0)
            rest = rest / rest.norm(dim=1, keepdim=True).clamp_min(1e-12)
            likeness = (rest @ rest.T).triu(1).sum()
            scale = own[members].detach().abs().mean()
            loss = loss + _APART * scale * likeness
        return loss
