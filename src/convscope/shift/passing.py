"""Passes of moved samples through the layers of a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from convscope.network import Network
from convscope.network.taps import Taps
from convscope.shift.alias import from_pair
from convscope.shift.dual import duals, infinitesimal
from convscope.shift.fourier import moved, without_nyquist
from convscope.shift.grids import Grid
from convscope.shift.layererror import between, error, stayed
from convscope.shift.records import Move, Records, whole
from convscope.shift.starting import started


@dataclass(frozen=True)
class Watched:
    """A network, the layers that are read, and their grids.

    Args:
        net: the network.
        taps: reads the layers.
        grids: the grid of every layer of the network that has one.
        names: the layers to read.
        most: channels of a map that are looked at, spread over all of them; None: all.
    """

    net: Network
    taps: Taps
    grids: Mapping[str, Grid]
    names: tuple[str, ...]
    most: int | None = None

    @classmethod
    def of(
        cls,
        net: Network,
        grids: Mapping[str, Grid],
        names: Sequence[str],
        most: int | None = None,
    ) -> "Watched":
        """Return a network with taps at some layers."""
        return cls(net, net.taps(names), grids, tuple(names), most)

    @property
    def placed(self) -> dict[str, Grid]:
        """The grids of the layers that are read and have one."""
        return {name: self.grids[name] for name in self.names if name in self.grids}

    def maps(self, x: Tensor) -> dict[str, Tensor]:
        """Return the outputs of the layers, maps channels first."""
        with torch.no_grad():
            return {name: self.read(name, z) for name, z in self.taps(x).items()}

    def read(self, name: str, z: Tensor) -> Tensor:
        """Return what is looked at of a layer's output."""
        if name not in self.grids:
            return z
        maps = self.grids[name].channels_first(z)
        count = maps.shape[1]
        if self.most is None or count <= self.most:
            return maps
        return maps[:, [i * count // self.most for i in range(self.most)]]


@dataclass
class Layers:
    """What passes through one network found, by layer and move.

    Args:
        errors: errors of the maps.
        stays: changes of the maps where they are, over the distances between samples.
        pairs: energies above the sampling limit, by pairs of phases.
        tangents: errors under an infinitesimal move, by axis.
        starts: errors of single layers whose inputs moved perfectly.
    """

    errors: Records = field(default_factory=Records)
    stays: Records = field(default_factory=Records)
    pairs: Records = field(default_factory=Records)
    tangents: Records = field(default_factory=Records)
    starts: Records = field(default_factory=Records)

    def follow(
        self,
        watched: Watched,
        x: Tensor,
        moves: Sequence[Move],
        *,
        before: Mapping[str, Tensor] | None = None,
        pairs: bool = False,
    ) -> Mapping[str, Tensor]:
        """Move samples, and compare every layer's map with the moved map.

        Args:
            watched: the network.
            x: the samples, ``(B, C, *S)``.
            moves: by how much.
            before: the maps of the unmoved samples, where they are known.
            pairs: whether aliases are estimated.

        Returns:
            The maps of the unmoved samples.
        """
        before = watched.maps(x) if before is None else before
        smooth = smoothed = None
        for move in moves:
            start, unmoved = x, before
            if not whole(move):
                # What a fraction of a position means is defined below the Nyquist frequency only.
                if smooth is None or smoothed is None:
                    smooth = without_nyquist(x)
                    smoothed = before if torch.equal(smooth, x) else watched.maps(smooth)
                start, unmoved = smooth, smoothed
            after = watched.maps(moved(start, move))
            for name, grid in watched.placed.items():
                self.errors.add(name, move, *error(unmoved[name], after[name], move, grid))
                if pairs and grid.tiles and min(grid.size) > 2:
                    self.pairs.add(
                        name, move, *from_pair(before[name], after[name], grid.stride, move)
                    )
        return before

    def stay(self, watched: Watched, x: Tensor, moves: Sequence[Move]) -> None:
        """Move samples, and compare every output with what it was, where it was; needs two samples.

        Args:
            watched: the network.
            x: the samples, ``(B, C, *S)``.
            moves: by how much.
        """
        if len(x) < 2:
            return
        before = watched.maps(x)
        for move in moves:
            after = watched.maps(moved(x, move))
            for name, z in before.items():
                self.stays.add(name, move, stayed(z, after[name]), between(z))

    def differentiate(self, watched: Watched, x: Tensor, directions: Sequence[Move]) -> None:
        """Move samples infinitesimally.

        Args:
            watched: the network.
            x: the samples, ``(B, C, *S)``.
            directions: of the moves.
        """
        smooth = without_nyquist(x)
        for direction in directions:
            for name, primal, tangent in duals(watched.taps, smooth, direction):
                if name in watched.grids:
                    z, dz = watched.read(name, primal), watched.read(name, tangent)
                    parts = infinitesimal(z, dz, direction, watched.grids[name])
                    self.tangents.add(name, direction, *parts)

    def start(self, watched: Watched, x: Tensor, moves: Sequence[Move]) -> None:
        """Give every layer inputs that moved perfectly.

        Args:
            watched: the network; all of its layers are read, with all their channels.
            x: the samples, ``(B, C, *S)``.
            moves: by how much.
        """
        every = Watched.of(watched.net, watched.grids, tuple(watched.grids))
        for some in [x] if watched.net.dynamic_batch else x.split(1):
            maps = every.maps(some)
            for move in moves:
                for name, parts in started(watched.net, maps, some, move, watched.grids).items():
                    self.starts.add(name, move, *parts)
