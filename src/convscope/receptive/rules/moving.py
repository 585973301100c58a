"""Cutting, joining, turning over and indexing by constants."""

import numpy as np
import torch
from torch import fx

from convscope.receptive import taps
from convscope.receptive.algebra import contract, merge, permute, pick, reshape, spread, window
from convscope.receptive.joining import Part, concatenate, joined
from convscope.receptive.registry import Call, Result, rule
from convscope.receptive.states import State
from convscope.receptive.taps import shifted


@rule("slice", "narrow")
def cut(call: Call) -> Result:
    """A slice: every ``step``-th position from ``start``."""
    dim = call["dim"] % len(call.input.shape)
    start, step = call["start"] or 0, call.given.get("step", 1)
    return _slice(call, call.input, dim, int(start), int(step))


def _slice(call: Call, state: State, dim: int, start: int, step: int) -> State:
    size, outputs = state.shape[dim], call.shape[dim]
    start = max(start + size, 0) if start < 0 else min(start, size)
    if start == 0 and step == 1 and outputs == size:
        return state
    return pick(state, dim, shifted(start, step), outputs, call.place)


@rule("select")
def select(call: Call) -> Result:
    """One index of a dimension, which goes."""
    dim = call["dim"] % len(call.input.shape)
    index = call["index"]
    if isinstance(index, fx.Node):
        return call.envelope(f"data-dependent:{call.name}")
    size = call.input.shape[dim]
    one = pick(call.input, dim, shifted(int(index) % size), 1, call.place)
    return reshape(one, call.shape)


@rule(
    "split", "split_with_sizes", "chunk", "unsafe_split", "unsafe_chunk", "tensor_split",
    "unsafe_split_with_sizes", "unbind",
)  # fmt: skip
def split(call: Call) -> Result:
    """Pieces of a dimension."""
    state = call.input
    dim = call.given.get("dim", 0) % len(state.shape)
    pieces: list[State] = []
    start = 0
    for shape in call.shapes:
        count = 1 if call.name == "unbind" else shape[dim]
        pieces.append(reshape(pick(state, dim, shifted(start), count, call.place), shape))
        start += count
    return tuple(pieces)


@rule("cat", "concat", "concatenate")
def cat(call: Call) -> Result:
    """Tensors side by side; their fields stay apart."""
    parts = [
        (call.state_of(node), call.shape_of(node))
        for node in call["tensors"]
        if call.shape_of(node) != (0,)
    ]
    dim = call["dim"] % len(call.shape)
    sized = [(state, shape[dim]) for state, shape in parts]
    return concatenate(sized, dim, call.shape, call.axes, call.place)


@rule("stack")
def stack(call: Call) -> Result:
    """Tensors side by side along a new dimension."""
    dim = call["dim"] % len(call.shape)
    one = (*call.shape[:dim], 1, *call.shape[dim + 1 :])
    states = [call.state_of(node) for node in call["tensors"]]
    parts = [(state and reshape(state, one), 1) for state in states]
    return concatenate(parts, dim, call.shape, call.axes, call.place)


@rule("flip", "fliplr", "flipud")
def flip(call: Call) -> Result:
    """An axis turned round."""
    state = call.input
    dims = {"fliplr": [1], "flipud": [0]}.get(call.name) or call.dims("dims")
    for dim in dims:
        state = pick(state, dim, shifted(state.shape[dim] - 1, -1), state.shape[dim], call.place)
    return state


@rule("rot90")
def quarter_turns(call: Call) -> Result:
    """Turns by 90 degrees in a plane of two dimensions: an axis turned round, and the two exchanged."""
    state, (one, other) = call.input, call.dims("dims")
    order = list(range(len(state.shape)))
    order[one], order[other] = other, one
    turned = {0: (), 1: (other,), 2: (one, other), 3: (one,)}[int(call["k"]) % 4]
    for dim in turned:
        state = pick(state, dim, shifted(state.shape[dim] - 1, -1), state.shape[dim], call.place)
    return permute(state, order) if len(turned) == 1 else state


@rule("diff")
def differences(call: Call) -> Result:
    """The difference between neighbours, n times: n + 1 positions, after what is set before and behind."""
    dim, rank = int(call["dim"]), len(call.shape)
    parts = [call.given[name] for name in ("prepend", "self", "append") if call.given.get(name)]
    sizes = [call.shape_of(part)[dim] for part in parts]
    shape = tuple(sum(sizes) if d == dim % rank else n for d, n in enumerate(call.shape))
    states = list(zip(map(call.state_of, parts), sizes, strict=True))
    state = concatenate(states, dim % rank, shape, call.axes, call.place)
    found = taps.window(int(call["n"]) + 1)
    return window(state, {dim % rank: (found, call.shape[dim % rank])}, call.shape, call.place)


@rule("roll")
def roll(call: Call) -> Result:
    """A shift modulo the size."""
    state = call.input
    if not call["dims"]:
        return call.envelope("roll of the flattened map")
    for by, dim in zip(call["shifts"], call.dims("dims"), strict=True):
        state = pick(state, dim, shifted(-int(by), 1, "wrap"), state.shape[dim], call.place)
    return state


@rule("repeat", "tile")
def repeat(call: Call) -> Result:
    """Copies side by side."""
    state = call.input
    state = reshape(state, (1,) * (len(call.shape) - len(state.shape)) + state.shape)
    for dim, size in enumerate(call.shape):
        if size != state.shape[dim]:
            state = pick(state, dim, shifted(0, 1, "wrap"), size, call.place)
    return state


@rule("repeat_interleave")
def repeat_interleave(call: Call) -> Result:
    """Each position several times in a row."""
    if call["dim"] is None or not isinstance(call.given.get("repeats"), int):
        return call.envelope(f"data-dependent:{call.name}")
    dim = call["dim"] % len(call.shape)
    each = taps.nearest(call.input.shape[dim], call.shape[dim])
    return pick(call.input, dim, each, call.shape[dim], call.place)


@rule("unfold")
def windows_of(call: Call) -> Result:
    """Overlapping windows of a dimension, their taps in a new last one."""
    state = call.input
    dim = call["dimension"] % len(state.shape)
    found = taps.window(call["size"], call["step"])
    state = spread(state, dim, found.rows(call.shape[dim], state.shape[dim]))
    order = [d for d in range(len(state.shape)) if d != dim + 1]
    return permute(state, [*order, dim + 1])


@rule("index_select")
def index_select(call: Call) -> Result:
    """Chosen positions of a dimension."""
    index = call.constant(call["index"])
    if index is None:
        return call.envelope(f"data-dependent:{call.name}")
    return _indexed(call.input, call["dim"] % len(call.input.shape), index)


@rule("index", "_unsafe_index")
def index(call: Call) -> Result:
    """Positions chosen by tensors: exact for constants, everything for indices that the data make."""
    state, indices = call.input, list(call["indices"])
    places = [d for d, i in enumerate(indices) if i is not None]
    constants = [call.constant(indices[d]) for d in places]
    plain = all(c is not None and c.dtype != torch.bool for c in constants)
    if call.state_of(call["self"]) is None or not plain:
        return call.envelope(f"data-dependent:{call.name}")
    if len(places) == 1:
        (found,) = constants
        assert found is not None
        return _indexed(state, places[0], found)
    return _jointly(call, state, places, [c for c in constants if c is not None])


def _indexed(state: State, dim: int, index: torch.Tensor) -> State:
    rows = index.cpu().numpy().astype(np.int64)
    rows = np.where(rows < 0, rows + state.shape[dim], rows)
    if rows.ndim == 0:
        return reshape(
            spread(state, dim, rows[None]), (*state.shape[:dim], *state.shape[dim + 1 :])
        )
    return spread(state, dim, rows)


def _jointly(
    call: Call, state: State, places: list[int], indices: list[torch.Tensor]
) -> State | None:
    """Index several neighbouring dimensions at once: as one merged dimension."""
    first, last = places[0], places[-1]
    if places != list(range(first, last + 1)):
        every = contract(state, places, call.place, call.name)
        return merge([reshape(every, (1,) * len(call.shape))], call.shape, call.place)
    sizes = state.shape[first : last + 1]
    found = [i.cpu().numpy().astype(np.int64) % n for i, n in zip(indices, sizes, strict=True)]
    flat = np.ravel_multi_index(tuple(np.broadcast_arrays(*found)), sizes)
    merged = (*state.shape[:first], int(np.prod(sizes)), *state.shape[last + 1 :])
    return spread(reshape(state, merged), first, flat)


@rule("slice_scatter", "select_scatter")
def scatter_slice(call: Call) -> Result:
    """A tensor with a part of a dimension replaced."""
    base, new = call.state("self"), call.state("src")
    dim = call["dim"] % len(call.shape)
    if call.name == "select_scatter":
        start, step = call["index"] % call.shape[dim], 1
        new = new and reshape(new, (*call.shape[:dim], 1, *call.shape[dim + 1 :]))
        size = 1
    else:
        start, step = int(call["start"] or 0), int(call["step"])
        start = start % call.shape[dim] if start < 0 else start
        size = call.shape_of(call["src"])[dim]
    if step != 1:
        kept, put = np.arange(call.shape[dim]), np.full(call.shape[dim], -1)
        chosen = slice(start, start + step * (size - 1) + 1, step)
        kept[chosen], put[chosen] = -1, np.arange(size)
        parts = [Part(base, kept), Part(new, put)]
        return joined(parts, dim, call.shape, call.axes, call.place)
    pieces: list[tuple[State | None, int]] = []
    for begin, length in ((0, start), (start + size, call.shape[dim] - start - size)):
        if length:
            piece = base and pick(base, dim, shifted(begin), length, call.place)
            pieces.append((piece, length))
        if begin == 0:
            pieces.append((new, size))
    return concatenate(pieces, dim, call.shape, call.axes, call.place)
