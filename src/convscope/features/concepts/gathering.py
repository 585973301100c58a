"""One pass over the data: where each unit fires, and where each concept is.

What is kept is one bit for each unit (or concept), sample and place of the lattice, so that memory is bounded:
400 samples and 256 places are 12.8 kB a unit. A unit fires where it is in its top 0.5 % (Bau et al. 2017); the value
from which that is so comes from the harvest, or from a first look at some samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from convscope.data import Source
from convscope.errors import WorkError
from convscope.features.concepts.bits import Bits
from convscope.features.concepts.cells import Grid
from convscope.features.concepts.operators import Concept
from convscope.features.concepts.vocabulary import LOOKED, Vocabulary
from convscope.network import Network
from convscope.progress import Progress, silent
from convscope.receptive import Receptive, receptive

TOP = 0.005
"""Share of places at which a unit is said to fire."""
FIRINGS = 40
"""Where the top share would be fewer places than this over all samples, the share is larger."""
FEWEST = 20
"""Samples that are needed at least."""


class Known(Protocol):
    """What a harvest knows of a layer's units over all the data; a ``LayerHarvest`` is one."""

    @property
    def minimum(self) -> np.ndarray:
        """The smallest value of each unit, (U,)."""
        ...

    def quantile(self, q: float) -> np.ndarray:
        """Return the value that a share ``q`` of the positions lies below, (U,)."""
        ...


@dataclass(frozen=True, eq=False)
class Layered:
    """What one network did.

    Args:
        firing: by layer with space, where each unit fires (N, U, P).
        responses: by layer, the spatial maximum of each unit, float32 (N, U).
    """

    firing: Mapping[str, Bits]
    responses: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Gathered:
    """What one pass found.

    Args:
        indices: (N,) samples of the source that were looked at.
        graded: (N,) bool: the half on which labels are graded; they are chosen on the other.
        classes: (N,) class indices; None where the source has none.
        concepts: what was looked for.
        grids: by layer with space, where its units are.
        present: by grid, where each concept is (N, K, P).
        networks: what each network did.
    """

    indices: np.ndarray
    graded: np.ndarray
    classes: np.ndarray | None
    concepts: tuple[Concept, ...]
    grids: Mapping[str, Grid]
    present: Mapping[Grid, Bits]
    networks: Sequence[Layered]


def gather(
    networks: Sequence[Network],
    source: Source,
    layers: Sequence[str],
    *,
    known: Sequence[Mapping[str, Known] | None] | None = None,
    fields: Receptive | None = None,
    samples: int = 400,
    batch: int = 16,
    seed: int = 0,
    progress: Progress = silent,
) -> Gathered:
    """Look once at some samples with one or more networks of the same layers.

    Args:
        networks: such as a trained one and its untrained control.
        source: what they look at.
        layers: names of the layers whose units are asked about.
        known: for each network, its harvest by layer; None where there is none.
        fields: the networks' receptive fields, if they are known.
        samples: how many, spread over the source.
        batch: samples at a time.
        seed: of the lattices and of the halves.
        progress: called with what is being done, samples done and samples in all.

    Raises:
        WorkError: too few samples could be read; nothing can be chosen and graded on so few.
    """
    net = networks[0]
    found = fields or receptive(net)
    spaces = {name: net.layer(name).output[1:] for name in layers}
    grids = {
        name: Grid.of(found[name], space)
        for name, space in spaces.items()
        if len(space) == net.dims
    }
    count = min(samples, len(source))
    looked = min(LOOKED, count)
    used = list(dict.fromkeys(grids.values()))
    progress("concepts, a first look", 0, count)
    vocabulary = Vocabulary.of(source, net.input, used, looked, seed)
    readers = [
        _Reader.of(one, layers, grids, harvest, count, seed)
        for one, harvest in zip(networks, known or [None] * len(networks), strict=True)
    ]
    if not all(reader.settled for reader in readers):
        for piece in source.batches(batch, net.input.shape, limit=looked):
            for reader in readers:
                reader.look(piece.arrays)
    present: dict[Grid, list[Bits]] = {grid: [] for grid in used}
    indices: list[np.ndarray] = []
    done = 0
    for piece in source.batches(batch, net.input.shape, limit=count):
        for reader in readers:
            reader.read(piece.arrays)
        for grid, there in vocabulary.present(piece.arrays, piece.indices, seed).items():
            present[grid].append(Bits.of(there))
        indices.append(piece.indices)
        done += len(piece.indices)
        progress("concepts", done, count)
    if done < FEWEST:
        raise WorkError(
            f"Labels are chosen on one half of the samples and graded on the other; {source.spec} has {done}, "
            f"and at least {FEWEST} are needed. Give more data."
        )
    taken = np.concatenate(indices)
    return Gathered(
        indices=taken,
        graded=_halves(done, seed),
        classes=None if source.labels is None else source.labels[taken],
        concepts=vocabulary.concepts,
        grids=grids,
        present={grid: Bits.joined(pieces) for grid, pieces in present.items()},
        networks=[reader.found() for reader in readers],
    )


def _halves(count: int, seed: int) -> np.ndarray:
    """Return one of each two neighbours, by lot: data sorted by class give every class to both halves."""
    first = np.random.default_rng(seed).random((count + 1) // 2) < 0.5
    return np.stack([first, ~first], 1).ravel()[:count]


class _Reader:
    """Reads one network: thresholds from a first look where needed, then bits."""

    def __init__(self, net: Network, layers: Sequence[str], grids: Mapping[str, Grid], seed: int):
        self._taps = net.taps(list(layers))
        self._device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
        self._grids, self._seed = grids, seed
        self._shares: dict[str, float] = {}
        self._limits: dict[str, torch.Tensor] = {}
        self._tops: dict[str, torch.Tensor] = {}
        self._lows: dict[str, torch.Tensor] = {}
        self._seen = 0
        self._firing: dict[str, list[Bits]] = {name: [] for name in grids}
        self._responses: dict[str, list[np.ndarray]] = {name: [] for name in layers}

    @classmethod
    def of(
        cls,
        net: Network,
        layers: Sequence[str],
        grids: Mapping[str, Grid],
        known: Mapping[str, Known] | None,
        samples: int,
        seed: int,
    ) -> "_Reader":
        reader = cls(net, layers, grids, seed)
        for name, grid in grids.items():
            share = min(0.1, max(TOP, FIRINGS / (samples * grid.places())))
            reader._shares[name] = share
            if known is not None and name in known:
                limit = torch.from_numpy(known[name].quantile(1 - share)).float()
                reader._limits[name] = _above(limit, torch.from_numpy(known[name].minimum).float())
        return reader

    @property
    def settled(self) -> bool:
        """Whether every threshold is known."""
        return set(self._limits) == set(self._grids)

    def look(self, arrays: np.ndarray) -> None:
        """Remember the largest values of units whose threshold is not known yet."""
        self._seen += len(arrays)
        for name, maps in self._maps(arrays).items():
            if name not in self._grids or name in self._limits:
                continue
            values = self._grids[name].values(maps, self._seed).transpose(0, 1).flatten(1)
            low = values.amin(1)
            if name in self._tops:
                values = torch.cat([self._tops[name], values], 1)
                low = torch.minimum(low, self._lows[name])
            # As many as the top share of all that will be looked at, of any size of the first look.
            most = round(self._shares[name] * LOOKED * self._grids[name].places()) + 1
            self._tops[name] = values.topk(min(most, values.shape[1])).values
            self._lows[name] = low

    def read(self, arrays: np.ndarray) -> None:
        """Remember where units fire, and their largest responses."""
        for name, top in self._tops.items():
            if name not in self._limits:
                at = round(self._shares[name] * self._seen * self._grids[name].places()) - 1
                self._limits[name] = _above(
                    top[:, max(0, min(at, top.shape[1] - 1))], self._lows[name]
                )
        for name, maps in self._maps(arrays).items():
            self._responses[name].append(maps.flatten(2).amax(2).numpy())
            if name in self._grids:
                values = self._grids[name].values(maps, self._seed)
                fires = values >= self._limits[name][:, None]
                self._firing[name].append(Bits.of(fires.numpy()))

    def found(self) -> Layered:
        return Layered(
            {name: Bits.joined(pieces) for name, pieces in self._firing.items()},
            {name: np.concatenate(pieces) for name, pieces in self._responses.items()},
        )

    def _maps(self, arrays: np.ndarray) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            found = self._taps(torch.from_numpy(arrays).to(self._device))
        return {
            name: (maps if maps.dim() > 2 else maps[..., None]).float().cpu()
            for name, maps in found.items()
        }


def _above(limit: torch.Tensor, low: torch.Tensor) -> torch.Tensor:
    """Return thresholds above the lowest value: a unit that rests at zero does not fire at zero."""
    return torch.where(limit > low, limit, torch.nextafter(low, torch.full_like(low, torch.inf)))
