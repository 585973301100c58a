"""The NaN dependence test: does the prediction hold at every position of every node, in both directions?

A NaN spreads to everything that is computed from it. Put into one column of the input (one position
along one axis, all others complete), it marks, in one pass of the original network, which elements of
every tensor depend on that column. An element marked but not predicted is *unsound*; one predicted
but not marked is *loose*. Taps of weight zero (interpolation that falls on a position) are marked
without being read; they are known, and allowed for. Operations that swallow a NaN show as loose.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import fx

from convscope.network.export import INPUT_RULE
from convscope.receptive.sites import Site
from convscope.receptive.states import Field, State, Terms
from convscope.receptive.units import Units
from convscope.receptive.walk import Walk, walk


@dataclass
class Dependence:
    """What the NaN test found.

    Args:
        checks: elements compared.
        nodes: graph nodes compared at least once.
        unsound: elements that depend on a column against the prediction, by node.
        loose: elements that do not, against the prediction, by node.
        skipped: nodes not compared, with the reason.
    """

    checks: int = 0
    nodes: set[str] = field(default_factory=set)
    unsound: dict[str, int] = field(default_factory=dict)
    loose: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, node: str, marked: np.ndarray, least: np.ndarray, most: np.ndarray) -> None:
        """Compare one tensor.

        Args:
            node: its name.
            marked: which elements are NaN.
            least: which must be.
            most: which may be: those and what taps of weight zero touch.
        """
        self.checks += marked.size
        self.nodes.add(node)
        for found, wrong in ((self.unsound, marked & ~most), (self.loose, least & ~marked)):
            count = int(wrong.sum())
            if count:
                found[node] = found.get(node, 0) + count


def nan_dependence(
    graph: fx.GraphModule,
    shape: Sequence[int],
    columns: int | Sequence[Sequence[int]] = 3,
    *,
    gates: bool = True,
    seed: int = 0,
    found: Walk | None = None,
) -> Dependence:
    """Compare the predicted dependence of every node with the one that a NaN shows.

    Args:
        graph: the network's graph; it is run as it is.
        shape: one sample, ``(C, *S)``.
        columns: positions per input axis, or how many of them, spread over the axis with its ends.
        gates: whether to run a second time with purely global tensors (means, gates) held at their values
            without NaN, which shows the local fields.
        seed: of the input.
        found: the walk to check, if there is one already.

    Returns:
        Counts of elements compared, unsound and loose, by node.
    """
    found = found or walk(graph)
    x = torch.rand((1, *shape), generator=torch.Generator().manual_seed(seed))
    clean = _Clean(graph, found)
    result = Dependence()
    units = (Units(), Units(ghosts=True))
    with torch.no_grad():
        clean.run(x)
        result.skipped.update(clean.not_finite)
        for axis, length in enumerate(shape[1:]):
            chosen = columns_of(length, columns) if isinstance(columns, int) else columns[axis]
            for column in chosen:
                marked = x.clone()
                marked.select(axis + 2, column).fill_(torch.nan)
                for local in (False, True)[: 1 + (gates and clean.has_gates)]:
                    probe = _Probe(graph, found, clean, result, axis, column, local, units)
                    probe.run(marked)
    return result


def columns_of(length: int, count: int) -> list[int]:
    """Return positions spread over an axis, its ends among them."""
    count = min(count, length)
    return sorted({round(i * (length - 1) / max(count - 1, 1)) for i in range(count)})


class _Clean(fx.Interpreter):
    """Runs the network without NaN, and keeps the values of purely global tensors."""

    def __init__(self, graph: fx.GraphModule, found: Walk):
        super().__init__(graph)
        self._found = found
        self.kept: dict[fx.Node, Any] = {}
        self.not_finite: dict[str, str] = {}

    @property
    def has_gates(self) -> bool:
        """Whether there is something to hold."""
        return any(node.meta.get("module") != INPUT_RULE for node in self.kept)

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        state = self._found.states.get(n)
        if isinstance(value, torch.Tensor):
            if value.is_floating_point() and bool(value.isnan().any()):
                self.not_finite[n.name] = "NaN without one in the input"
            if n.meta.get("module") == INPUT_RULE and state is None:
                self.kept[n] = value
        several = state if isinstance(state, tuple) else (state,)
        if all(isinstance(one, State) and _only_whole(one) for one in several):
            self.kept[n] = value
        return value


class _Probe(fx.Interpreter):
    """Runs the network with a NaN column, and compares each node as it comes."""

    def __init__(
        self,
        graph: fx.GraphModule,
        found: Walk,
        clean: _Clean,
        result: Dependence,
        axis: int,
        column: int,
        local: bool,
        units: Sequence[Units],
    ):
        super().__init__(graph)
        self._states = found.states
        self._clean = clean
        self._result = result
        self._axis = axis
        self._local = local
        self._predict = [Prediction(known, axis, column, local) for known in units]
        self._mixed: set[fx.Node] = set()

    def run_node(self, n: fx.Node) -> Any:
        held = n in self._clean.kept and (self._local or n.meta.get("module") == INPUT_RULE)
        value = self._clean.kept[n] if held else super().run_node(n)
        states = self._states.get(n)
        if self._local and (
            any(source in self._mixed for source in n.all_input_nodes) or self._mixes(n)
        ):
            self._mixed.add(n)
            return value
        if held or states is None:
            return value
        pairs = zip(value, states, strict=False) if isinstance(states, tuple) else [(value, states)]
        for tensor, state in pairs:
            self._compare(n, tensor, state)
        return value

    def _compare(self, node: fx.Node, tensor: Any, state: State | None) -> None:
        if not isinstance(tensor, torch.Tensor) or state is None:
            return
        if not tensor.is_floating_point() or node.name in self._clean.not_finite:
            self._result.skipped[node.name] = (
                "no NaN in integers" if not tensor.is_floating_point() else "NaN"
            )
            return
        least, most = (predict(state) for predict in self._predict)
        self._result.add(node.name, tensor.isnan().numpy(), least, most)

    def _mixes(self, node: fx.Node) -> bool:
        """Return whether one operation makes both a local and a global part, which cannot be held apart."""
        found = self._states.get(node)
        states = [
            one
            for one in (found if isinstance(found, tuple) else (found,))
            if isinstance(one, State)
        ]
        if all(map(_only_whole, states)):
            return False
        arrived = {
            site
            for source in node.all_input_nodes
            if isinstance(known := self._states.get(source), State)
            for site in _whole_sites(known)
        }
        return any(
            site not in arrived and not all(parent in arrived for parent, _ in site.reads)
            for state in states
            for site in _whole_sites(state)
        )


@dataclass(frozen=True)
class Prediction:
    """Which elements of a tensor depend on one column of the input, by its state.

    Args:
        units: what real units read.
        axis: the input axis.
        column: the position along it.
        local: whether global operands are left out.
    """

    units: Units
    axis: int
    column: int
    local: bool = False

    def __call__(self, state: State) -> np.ndarray:
        """Return booleans of the tensor's shape."""
        reached = [self._field(field, state) for field in state.fields]
        if state.labels is None:
            return np.broadcast_to(reached[0], state.shape)
        labels = spread_out(state.labels.dims, state.labels.values(state.shape), len(state.shape))
        chosen = [(labels == i) & mask for i, mask in enumerate(reached)]
        return np.broadcast_to(np.logical_or.reduce(np.broadcast_arrays(*chosen)), state.shape)

    def _field(self, field: Field, state: State) -> np.ndarray:
        result = np.ones((1,) * len(state.shape), bool)
        for axis, terms in enumerate(field):
            # Elements that read nothing along one axis read nothing at all.
            result = result & self._axis(terms, state, self.column if axis == self.axis else None)
        return result

    def _axis(self, terms: Terms, state: State, column: int | None) -> np.ndarray:
        result = np.zeros((1,) * len(state.shape), bool)
        for site, grid in terms:
            if self.local and site.whole:
                continue
            reads = self.units.sets(site)
            reaches = np.append(reads.any(1) if column is None else reads[:, column], False)
            # A table's -1 (nothing) points to the place appended here.
            table = spread_out(grid.dims, grid.values(state.shape), len(state.shape))
            result = result | reaches[table]
        return result


def spread_out(dims: Sequence[int], values: np.ndarray, rank: int) -> np.ndarray:
    """Return a table over some dimensions as an array that broadcasts over all dimensions of a tensor.

    Args:
        dims: the table's dimensions.
        values: the table.
        rank: number of dimensions of the tensor.
    """
    order = sorted(range(len(dims)), key=lambda i: dims[i])
    shape = [1] * rank
    for i in order:
        shape[dims[i]] = values.shape[i]
    return values.transpose(order).reshape(shape)


def _only_whole(state: State) -> bool:
    return all(
        any(t.site.whole for t in terms) and all(t.site.whole for t in terms)
        for field in state.fields
        for terms in field
    )


def _whole_sites(state: State) -> set[Site]:
    return {t.site for field in state.fields for terms in field for t in terms if t.site.whole}
