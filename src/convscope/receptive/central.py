"""The unit of a layer that an effective field is measured of: the one that looks at the middle of the input."""

from dataclasses import dataclass
from math import inf

import numpy as np
import torch
from torch import Tensor

from convscope.receptive.fields import AxisField
from convscope.receptive.finding import Receptive
from convscope.receptive.layerfield import LayerField
from convscope.receptive.moments import Frame
from convscope.receptive.sites import Site
from convscope.receptive.units import Units
from convscope.receptive.verify import spread_out


@dataclass(frozen=True)
class CentralUnit:
    """The unit of a layer whose field's centre is nearest the centre of the input.

    Args:
        position: its place, per axis.
        frame: its theoretical field.
        index: where its channels are in the layer's output, flattened without the batch.
    """

    position: tuple[int, ...]
    frame: Frame
    index: Tensor

    @classmethod
    def nearest(cls, row: LayerField, found: Receptive) -> "CentralUnit":
        """Return the central unit of a layer.

        Args:
            row: the layer's field.
            found: the finding it comes from.
        """
        assert found.walk is not None
        state = found.walk.by_name[row.layer.node]
        assert state is not None
        chosen = np.ones((1,) * len(state.shape), bool)
        positions: list[int] = []
        centers: list[float] = []
        for axis, (terms, length) in enumerate(zip(state.fields[0], row.input, strict=True)):
            local = row.axes[axis]
            term = next(t for t in terms if not t.site.whole)
            middles = _middles(term.site, local)
            place = int(np.argmin([abs(m - (length - 1) / 2) for m in middles]))
            table = spread_out(term.grid.dims, term.grid.values(state.shape), len(state.shape))
            chosen = chosen & (table == place)
            positions.append(place)
            centers.append(middles[place])
        full = np.broadcast_to(chosen, state.shape)[0].ravel()
        frame = Frame(row.input, tuple(centers), row.local_size)
        return cls(tuple(positions), frame, torch.from_numpy(np.flatnonzero(full)))


def _middles(site: Site, local: AxisField) -> list[float]:
    """Return the middle of each unit's field along an axis; infinite where a unit reads nothing."""
    if site.plane is not None:
        return [float(local.center + local.stride * o) for o in range(site.length)]
    ends = zip(*Units().hulls(site), strict=True)
    return [(int(first) + int(last)) / 2 if first <= last else inf for first, last in ends]
