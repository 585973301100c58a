"""A network on the bench: samples, moved by any offset, go in; maps and class scores come out."""

import base64
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import torch

from convscope.atlas import Atlas
from convscope.atlas.shift_native import Placed, Reader, placed_units
from convscope.data import Source, fit
from convscope.errors import ConvscopeError
from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.shift.grids import grids, total_stride


class Bench:
    """The network of an atlas, ready to be asked for maps.

    Args:
        atlas: says which layers and units are shown.
        network: its network.
        data: what it looks at.
        samples: the indices of those that may be asked for.
    """

    def __init__(self, atlas: Atlas, network: Network, data: Source, samples: Sequence[int]):
        self._network = network
        self._data = data
        self._fitted: dict[int, torch.Tensor] = {}
        found = atlas.document("shift")
        known = found.get("native") or {}
        rows = known.get("layers") or (found.get("moving") or {}).get("layers")
        like = {row["name"]: row["units"] for row in rows} if rows else None
        self._layers = placed_units(network, self._sample(samples[0]), like)
        self._placed = grids(network)
        self._nets = {"native": network}
        if found["testable"] is True:
            # An operation may have no such form; the network is then shown as it is alone.
            with suppress(ConvscopeError, RuntimeError):
                self._nets["circular"] = circular(network)
        self.ways = tuple(self._nets)
        self.names = tuple(layer.name for layer in self._layers)
        self._readers: dict[str, Reader] = {}

    def about(self) -> dict[str, Any]:
        """Return what may be asked for."""
        return {
            "ways": self.ways,
            "stride": total_stride(self._placed, self._network.dims),
            "layers": [
                {
                    "name": layer.name,
                    "stride": layer.stride,
                    "size": layer.size,
                    "units": layer.units,
                }
                for layer in self._layers
            ],
        }

    def maps(
        self, sample: int, move: tuple[float, ...], way: str, names: Sequence[str] | None
    ) -> dict[str, Any]:
        """Return the maps of a moved sample, float32 in base64, and the probabilities of all classes.

        Args:
            sample: its index in the data.
            move: input positions per axis.
            way: one of ``ways``.
            names: whose maps; None for those of all layers.
        """
        layers = [layer for layer in self._layers if names is None or layer.name in names]
        maps, shares = self._reader(way, layers)(self._sample(sample), move)
        return {
            "sample": sample,
            "move": move,
            "way": way,
            "layers": [
                {"name": layer.name, "values": _packed(maps[layer.name][0])} for layer in layers
            ],
            "shares": None if shares is None else shares[0].tolist(),
        }

    def _reader(self, way: str, layers: Sequence[Placed]) -> Reader:
        if len(layers) < len(self._layers):  # not kept: there are many such selections
            return Reader(self._nets[way], self._placed, layers)
        if way not in self._readers:
            self._readers[way] = Reader(self._nets[way], self._placed, layers)
        return self._readers[way]

    def _sample(self, index: int) -> torch.Tensor:
        if index not in self._fitted:  # no more of them than the atlas shows
            fitted = fit(self._data[index].array, self._network.input.shape)
            self._fitted[index] = torch.from_numpy(np.ascontiguousarray(fitted))[None]
        return self._fitted[index]


def _packed(values: torch.Tensor) -> str:
    return base64.b64encode(
        values.float().cpu().contiguous().numpy().astype("<f4").tobytes()
    ).decode()
