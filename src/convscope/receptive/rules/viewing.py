"""Views: other shapes of the same elements."""

from convscope.receptive.algebra import broadcast, permute, reshape
from convscope.receptive.registry import Call, Result, rule


@rule(
    "view", "_unsafe_view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as",
    "reshape_as", "ravel", "_reshape_alias",
)  # fmt: skip
def view(call: Call) -> Result:
    """A view: positions keep their row-major order."""
    return reshape(call.input, call.shape)


@rule(
    "permute",
    "numpy_T",
    "t",
    "mT",
    "transpose",
    "swapaxes",
    "swapdims",
    "movedim",
    "moveaxis",
    "adjoint",
    "matrix_H",
)
def transpose(call: Call) -> Result:
    """Dimensions in another order."""
    return permute(call.input, _order(call))


def _order(call: Call) -> list[int]:
    rank = len(call.input.shape)
    order = list(range(rank))
    if call.name == "permute":
        return [d % rank for d in call["dims"]]
    if call.name in ("numpy_T", "t"):
        return order[::-1]
    if call.name in ("movedim", "moveaxis"):
        sources = [d % rank for d in _several(call["source"])]
        targets = [d % rank for d in _several(call["destination"])]
        rest = iter(d for d in order if d not in sources)
        moved = dict(zip(targets, sources, strict=True))
        return [moved[d] if d in moved else next(rest) for d in order]
    if call.name in ("mT", "adjoint", "matrix_H"):
        one, other = rank - 2, rank - 1
    else:
        one, other = (int(call.node.args[i]) % rank for i in (1, 2))  # type: ignore[arg-type]
    order[one], order[other] = other, one
    return order


def _several(value: int | list[int]) -> list[int]:
    return [value] if isinstance(value, int) else list(value)


@rule("expand", "expand_as", "broadcast_to")
def expand(call: Call) -> Result:
    """Broadcasting: an axis of one position, repeated, is read as a whole."""
    return broadcast(call.input, call.shape, call.place)


@rule(
    "contiguous", "clone", "alias", "detach", "lift_fresh_copy", "lift_fresh", "to", "_to_copy", "type_as",
    "dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "identity", "float", "copy",
    "native_dropout", "_autocast_to_full_precision", "bernoulli", "view_as_real_copy", "fill_diagonal",
)  # fmt: skip
def unchanged(call: Call) -> Result:
    """Copies, casts and what does nothing in eval mode."""
    return call.elementwise()
