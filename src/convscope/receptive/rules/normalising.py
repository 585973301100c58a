"""Statistics: reductions, softmax, normalisation. Over space they make a result global."""

from math import prod

import numpy as np

from convscope.receptive.algebra import contract, merge, reshape, window
from convscope.receptive.registry import Call, Result, rule
from convscope.receptive.states import State
from convscope.receptive.taps import Listed


@rule(
    "mean", "sum", "nansum", "nanmean", "amax", "amin", "max", "min", "aminmax", "std", "var", "std_mean",
    "var_mean", "prod",
    "norm", "linalg_vector_norm", "logsumexp", "all", "any", "argmax", "argmin", "median", "mode", "count_nonzero",
    "nanmedian", "frobenius_norm", "trace",
)  # fmt: skip
def reduction(call: Call) -> Result:
    """A reduction: the result reads all positions of the reduced dimensions."""
    if len(call.operands) > 1 or (call.name in ("max", "min") and "other" in call.given):
        return call.elementwise()
    dims = call.dims() if call.given.get("dim") is not None else list(range(len(call.input.shape)))
    small = contract(call.input, dims, call.place, call.name)
    return call.each(lambda shape: reshape(small, shape))


@rule("softmax", "log_softmax", "safe_softmax", "softmin", "special_softmax")
def softmax(call: Call) -> Result:
    """A softmax: each element at its place, divided by a sum over the dimension."""
    return _normalised(call, call.input, call.dims())


def _normalised(call: Call, state: State, dims: list[int]) -> State:
    spread = contract(state, dims, call.place, call.name, keepdim=True)
    return merge([state, spread], state.shape, call.place)


@rule(
    "batch_norm",
    "cudnn_batch_norm",
    "native_batch_norm",
    "_native_batch_norm_legit",
    "miopen_batch_norm",
)
def batch_norm(call: Call) -> Result:
    """Batch normalisation: nothing in eval mode, global in training mode."""
    if not call.given.get("training"):
        return call.each(lambda shape: merge([call.input], shape, call.place))
    rank = len(call.input.shape)
    return _normalised(call, call.input, [d for d in range(rank) if d != 1])


@rule("_native_batch_norm_legit_no_training", "_batch_norm_no_update")
def stored_batch_norm(call: Call) -> Result:
    """Batch normalisation with stored statistics."""
    return (call.input,) + (None,) * (len(call.shapes) - 1)


@rule("instance_norm")
def instance_norm(call: Call) -> Result:
    """Instance normalisation: statistics over space, unless it uses stored ones."""
    if not call["use_input_stats"]:
        return call.input
    return _normalised(call, call.input, list(range(2, len(call.input.shape))))


@rule("layer_norm", "native_layer_norm", "rms_norm", "_fused_rms_norm")
def layer_norm(call: Call) -> Result:
    """Normalisation over the last dimensions."""
    rank, count = len(call.input.shape), len(call["normalized_shape"])
    result = _normalised(call, call.input, list(range(rank - count, rank)))
    if len(call.shapes) == 1:
        return result
    small = contract(call.input, range(rank - count, rank), call.place, call.name, keepdim=True)
    return (result, *(small for _ in call.shapes[1:]))


@rule("group_norm")
def group_norm(call: Call) -> Result:
    """Group normalisation: statistics over space and the channels of a group."""
    state = call.input
    batch, channels, *space = state.shape
    groups = call["num_groups"]
    split = reshape(state, (batch, groups, channels // groups, *space))
    result = _normalised(call, split, list(range(2, len(split.shape))))
    return reshape(result, state.shape)


@rule("local_response_norm")
def local_response_norm(call: Call) -> Result:
    """Normalisation over neighbouring channels."""
    return _normalised(call, call.input, [1])


@rule("cumsum", "cumprod", "logcumsumexp", "cummax", "cummin")
def cumulative(call: Call) -> Result:
    """A running sum: each position reads itself and all before it."""
    state = call.input
    dim = call["dim"] % len(state.shape)
    size = state.shape[dim]
    rows = np.tile(np.arange(size), (size, 1))
    rows[rows > np.arange(size)[:, None]] = -1
    one_sided = {dim: (Listed(rows), size)}
    return call.each(lambda shape: window(state, one_sided, shape, call.place))


@rule("glu")
def gated_linear(call: Call) -> Result:
    """A gate: one half of the channels times the sigmoid of the other."""
    from convscope.receptive.algebra import pick
    from convscope.receptive.taps import shifted

    state = call.input
    dim = call["dim"] % len(state.shape)
    half = state.shape[dim] // 2
    parts = [pick(state, dim, shifted(start), half, call.place) for start in (0, half)]
    return merge(parts, call.shape, call.place)


@rule("cosine_similarity", "pairwise_distance", "linalg_vecdot")
def similarity(call: Call) -> Result:
    """A product of two operands, summed over one dimension."""
    shape = tuple(np.broadcast_shapes(*(s.shape for s in call.operands)))
    both = merge(call.operands, shape, call.place)
    dim = call.given.get("dim", -1)
    small = contract(both, [dim], call.place, call.name)
    assert prod(small.shape) == prod(call.shape)
    return reshape(small, call.shape)
