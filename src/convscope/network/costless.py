"""Operations that multiply no matrices: moving, comparing, pooling, normalising, interpolating.

PyTorch itself marks most of them (element-wise, views, reductions); the names below are the rest,
without leading and trailing underscores. The list errs towards silence: what is missing from it is
unknown, and an unknown operation makes a total partial, not wrong.
"""

from fnmatch import translate
from re import compile as pattern

import torch

_TAGS = (torch.Tag.pointwise, torch.Tag.view_copy, torch.Tag.reduction)

_ARITHMETIC = """
    add sub rsub mul div multiply divide true_divide floor_divide subtract add_relu negative abs absolute
    fix clip remainder and or xor lshift rshift iand ior ilshift irshift bitwise_* eq ne lt le gt ge
    less less_equal greater greater_equal not_equal arc* copysign gcd lcm heaviside xlogy special_*
    is_all_true is_any_true
    sum sum_to_size prod mean nanmean var_mean std_mean norm native_norm linalg_norm linalg_vector_norm
    frobenius_norm norm_except_dim dist pairwise_distance cosine_similarity cumsum cumprod cummax
    cummin logcumsumexp diff gradient trapz trapezoid cumulative_trapezoid aminmax trace cross linalg_cross
"""
_ACTIVATION = """
    relu relu6 leaky_relu prelu prelu_kernel rrelu* elu celu gelu glu mish softplus softshrink hardshrink
    hardtanh hardsigmoid hardswish threshold log_sigmoid* softmax log_softmax safe_softmax masked_softmax
    *dropout
"""
_NORMALISATION = """
    batch_norm* native_batch_norm* layer_norm native_layer_norm group_norm native_group_norm
    instance_norm cudnn_batch_norm miopen_batch_norm rms_norm fused_rms_norm weight_norm* renorm
"""
_SAMPLING = """
    avg_pool?d max_pool?d* adaptive_avg_pool?d adaptive_max_pool?d fractional_max_pool?d max_unpool?d
    upsample_* grid_sampler* affine_grid_generator constant_pad_nd reflection_pad?d replication_pad?d pad
    pad_circular pad_enum pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle im2col col2im
"""
_ORDERING = """
    sort msort argsort topk kthvalue mode median nanmedian quantile nanquantile searchsorted bucketize
    bincount histc unique* nonzero* argwhere count_nonzero isin isinf isnan isreal isclose allclose
"""
_MOVING = """
    index* unsafe_index* unsafe_masked_index* gather take take_along_dim put scatter* masked_scatter
    masked_fill masked_select *_scatter embedding embedding_bag* embedding_renorm one_hot where
    cat concat concatenate chunk_cat stack hstack vstack dstack column_stack row_stack block_diag meshgrid
    cartesian_prod broadcast_tensors repeat repeat_interleave tile roll rot90 flip fliplr flipud tril triu
    tril_indices triu_indices diag diagflat diag_embed fill_diagonal atleast_* squeeze unsqueeze transpose
    t swapaxes swapdims as_strided *_copy unsafe_view unsafe_split* unsafe_chunk reshape_from_tensor
    flatten_dense_tensors unflatten_dense_tensors pad_sequence outer ger addr
"""
_MAKING = """
    zeros* ones* empty* full* rand randn randint *_like new_zeros new_ones new_empty* new_full arange
    range linspace logspace eye randperm scalar_tensor *_window bernoulli multinomial normal* uniform
    exponential random poisson lift* clone copy to_copy to_cpu to_dense type_as complex polar
    item local_scalar_dense fill zero detach requires_grad cast_* pin_memory resize* set
"""
_ASKING = """
    sym_* size stride numel dim storage_offset assert_* functional_assert_* is_floating_point is_complex
    is_nonzero is_contiguous result_type promote_types functional_sym_constrain_range*
"""

_FAMILIES = (
    _ARITHMETIC, _ACTIVATION, _NORMALISATION, _SAMPLING, _ORDERING, _MOVING, _MAKING, _ASKING,
)  # fmt: skip
_KNOWN = pattern("|".join(translate(word) for family in _FAMILIES for word in family.split()))

_CUSTOM = frozenset({"torchvision::nms", "torchvision::roi_align", "torchvision::roi_pool"})


def is_costless(operation: torch._ops.OpOverload) -> bool:
    """Tell whether an operation is known to perform no multiply-adds, by the convention of ``macs``.

    Args:
        operation: an operation of PyTorch's registry.

    Returns:
        True where it is known to have none; False says nothing.

    >>> is_costless(torch.ops.aten.relu.default), is_costless(torch.ops.aten.mm.default)
    (True, False)
    """
    if operation.is_view or any(tag in operation.tags for tag in _TAGS):
        return True
    namespace, _, name = operation._schema.name.partition("::")
    if namespace != "aten":
        return operation._schema.name in _CUSTOM
    return _KNOWN.match(name.strip("_")) is not None
