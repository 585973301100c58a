"""A network on the bench: samples, moved by any offset, go in; maps and class scores come out."""

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from convscope.atlas import Atlas
from convscope.atlas.shift_native import Placed, Reader, placed_units
from convscope.data import Source, fit
from convscope.errors import ConvscopeError
from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.shift.grids import Grid, grids, total_stride


@dataclass(frozen=True)
class _Way:
    """One form of the network; without padding, its maps on a torus have other sizes than as it is."""

    layers: tuple[Placed, ...]
    placed: Mapping[str, Grid]
    net: Network
    read: Reader


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
        first = self._sample(samples[0])
        self._ways = {"native": _way(network, first, like)}
        if found["testable"] is True:
            like = {layer.name: layer.units for layer in self._ways["native"].layers}
            # An operation may have no such form; the network is then shown as it is alone.
            with suppress(ConvscopeError, RuntimeError):
                self._ways["circular"] = _way(circular(network), first, like)

    @property
    def ways(self) -> tuple[str, ...]:
        """Return the forms of the network: as it is, and with circular padding where that can be had."""
        return tuple(self._ways)

    def names(self, way: str) -> tuple[str, ...]:
        """Return the layers that may be asked for."""
        return tuple(layer.name for layer in self._ways[way].layers)

    def about(self) -> dict[str, Any]:
        """Return what may be asked for."""
        return {
            "stride": total_stride(self._ways["native"].placed, self._network.dims),
            "ways": {
                name: [
                    {
                        "name": layer.name,
                        "stride": layer.stride,
                        "size": layer.size,
                        "units": layer.units,
                    }
                    for layer in way.layers
                ]
                for name, way in self._ways.items()
            },
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
        form = self._ways[way]
        layers = [layer for layer in form.layers if names is None or layer.name in names]
        read = form.read if names is None else Reader(form.net, form.placed, layers)
        maps, shares = read(self._sample(sample), move)
        return {
            "sample": sample,
            "move": move,
            "way": way,
            "layers": [
                {"name": layer.name, "values": _packed(maps[layer.name][0])} for layer in layers
            ],
            "shares": None if shares is None else shares[0].tolist(),
        }

    def _sample(self, index: int) -> torch.Tensor:
        if index not in self._fitted:  # no more of them than the atlas shows
            fitted = fit(self._data[index].array, self._network.input.shape)
            self._fitted[index] = torch.from_numpy(np.ascontiguousarray(fitted))[None]
        return self._fitted[index]


def _way(net: Network, x: torch.Tensor, like: Mapping[str, Sequence[int]] | None) -> _Way:
    layers, placed = placed_units(net, x, like), grids(net)
    return _Way(layers, placed, net, Reader(net, placed, layers))


def _packed(values: torch.Tensor) -> str:
    return base64.b64encode(
        values.float().cpu().contiguous().numpy().astype("<f4").tobytes()
    ).decode()
