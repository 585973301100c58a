"""Where the data decide what is read: everything may be, and the reason is kept."""

from convscope.receptive.algebra import contract, merge
from convscope.receptive.registry import Call, Result, rule


@rule("grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
def grid_sample(call: Call) -> Result:
    """Sampling at computed places: any position of the map, and the grid at the output's place."""
    reads = []
    state, grid = call.state("input"), call.state("grid")
    reason = f"data-dependent:{call.name}"
    if state is not None:
        space = range(2, len(state.shape))
        reads.append(contract(state, space, call.place, reason, keepdim=True))
    if grid is not None:
        from convscope.receptive.algebra import permute

        own = contract(grid, [-1], call.place, reason, keepdim=True)
        rank = len(own.shape)
        reads.append(permute(own, [0, rank - 1, *range(1, rank - 1)]))
    return merge(reads, call.shape, call.place)


@rule("torchvision::deform_conv2d")
def deformable_convolution(call: Call) -> Result:
    """Deformable convolution: any position of the map, and the offsets at the output's place."""
    reads = []
    reason = f"data-dependent:{call.name}"
    for name in ("input", "offset", "mask"):
        state = call.state(name)
        if state is not None:
            gone = [1, 2, 3] if name == "input" else [1]
            reads.append(contract(state, gone, call.place, reason, keepdim=True))
    return merge(reads, call.shape, call.place)


@rule(
    "gather",
    "take_along_dim",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "topk",
    "sort",
    "argsort",
    "kthvalue",
    "msort",
)
def chosen(call: Call) -> Result:
    """Positions of one dimension chosen or ordered by the data: any of that dimension."""
    dim = call.given.get("dim")
    reason = f"data-dependent:{call.name}"
    if dim is None or any(len(s.shape) != len(call.shape) for s in call.operands):
        return call.envelope(reason)
    reads = [contract(s, [dim], call.place, reason, keepdim=True) for s in call.operands]

    def result(shape: tuple[int, ...]):
        if any(n != 1 and n != m for s in reads for n, m in zip(s.shape, shape, strict=True)):
            return merge(
                [contract(s, range(len(s.shape)), call.place, reason) for s in reads],
                shape,
                call.place,
            )
        return merge(reads, shape, call.place)

    return call.each(result)


@rule("max_unpool2d", "max_unpool3d", "fractional_max_pool2d", "fractional_max_pool3d")
def unpooled(call: Call) -> Result:
    """Places remembered from the data, or drawn at random: any position of the map."""
    reason = f"data-dependent:{call.name}"
    state = call.input
    space = range(2, len(state.shape))
    every = contract(state, space, call.place, reason, keepdim=True)
    return call.each(lambda shape: merge([every], shape, call.place))


@rule("embedding", "one_hot", "bucketize", "searchsorted")
def looked_up(call: Call) -> Result:
    """A value looked up by a computed index: the index's own field."""
    index = next(s for s in call.operands)
    from convscope.receptive.algebra import reshape

    more = len(call.shape) - len(index.shape)
    return merge([reshape(index, (*index.shape, *(1,) * more))], call.shape, call.place)


@rule("nonzero", "masked_select", "unique", "unique_dim", "masked_scatter", "index_put", "_index_put_impl", "index_add",
      "index_copy", "scatter_nd", "take", "put")  # fmt: skip
def anywhere(call: Call) -> Result:
    """Results whose place the data decide."""
    return call.envelope(f"data-dependent:{call.name}")
