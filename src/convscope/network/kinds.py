"""What kind of layer an ATen operation is; the words of the field, not of the dispatcher."""

from torch import fx

from convscope.network.aten import operation

BOOKKEEPING = {
    "view", "_unsafe_view", "reshape", "flatten", "unflatten", "permute", "transpose", "t", "unsqueeze",
    "squeeze", "expand", "expand_as", "contiguous", "clone", "alias", "detach", "lift_fresh_copy", "to",
    "_to_copy", "dropout", "feature_dropout", "alpha_dropout", "slice", "select", "narrow", "chunk", "split",
    "split_with_sizes", "unbind", "movedim", "swapaxes", "view_as", "type_as", "new_zeros", "new_ones", "zeros_like",
    "ones_like", "new_empty", "new_full", "empty_like", "full_like", "sym_size", "identity", "float", "copy",
    "tensor_split", "unsafe_chunk", "unsafe_split", "numpy_T", "mT", "moveaxis", "swapdims", "squeeze_copy", "arange",
    "reshape_as", "ravel", "roll", "flip", "rot90", "unfold", "im2col", "index", "index_select", "gather", "take",
    "broadcast_to", "tile", "repeat", "as_strided", "diagonal", "meshgrid", "atleast_1d", "atleast_2d", "resolve_conj",
}  # fmt: skip
"""Operations that move or rename values, and compute nothing: they are not layers."""

READS_SHAPE_ONLY = {
    "new_zeros", "new_ones", "new_empty", "new_full", "zeros_like", "ones_like", "empty_like", "full_like",
    "rand_like", "randn_like", "sym_size", "sym_numel", "sym_stride",
}  # fmt: skip
"""Operations whose result does not depend on the values they are given."""

_KINDS = {
    "conv": {"conv1d", "conv2d", "conv3d", "convolution", "conv_transpose1d", "conv_transpose2d",
             "conv_transpose3d", "_convolution", "_convolution_mode", "conv_depthwise3d"},
    "linear": {"linear", "addmm", "bilinear"},
    "matmul": {"matmul", "mm", "bmm", "baddbmm", "einsum", "mv", "dot", "addbmm", "outer", "linalg_vecdot"},
    "pool": {"max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "lp_pool2d",
             "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
             "adaptive_max_pool2d", "adaptive_max_pool3d", "max_pool2d_with_indices", "max_pool1d_with_indices",
             "max_pool3d_with_indices", "fractional_max_pool2d"},
    "norm": {"batch_norm", "_native_batch_norm_legit_no_training", "native_batch_norm", "layer_norm", "group_norm",
             "instance_norm", "native_layer_norm", "native_group_norm", "rms_norm", "local_response_norm",
             "linalg_vector_norm", "_fused_rms_norm", "norm", "var_mean", "cudnn_batch_norm"},
    "activation": {"relu", "relu6", "gelu", "silu", "sigmoid", "tanh", "hardtanh", "hardswish", "hardsigmoid",
                   "leaky_relu", "elu", "selu", "celu", "mish", "softplus", "softsign", "prelu", "_prelu_kernel",
                   "rrelu", "glu", "logsigmoid", "log_sigmoid", "clamp", "clamp_min", "clamp_max", "threshold",
                   "hardshrink", "softshrink", "erf", "exp", "square"},
    "add": {"add", "sub", "rsub"},
    "mul": {"mul", "div", "pow", "addcmul", "neg", "sqrt", "rsqrt"},
    "cat": {"cat", "concat", "stack", "hstack", "vstack", "slice_scatter", "select_scatter"},
    "attention": {"scaled_dot_product_attention", "_native_multi_head_attention"},
    "softmax": {"softmax", "_softmax", "log_softmax", "_log_softmax"},
    "resize": {"upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_bilinear2d",
               "upsample_linear1d", "upsample_trilinear3d", "upsample_bicubic2d", "_upsample_bilinear2d_aa",
               "_upsample_bicubic2d_aa", "_upsample_nearest_exact1d", "_upsample_nearest_exact2d",
               "_upsample_nearest_exact3d", "pixel_shuffle", "pixel_unshuffle", "grid_sampler",
               "repeat_interleave", "interpolate"},
    "pad": {"pad", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
            "replication_pad1d", "replication_pad2d", "replication_pad3d", "_pad_circular", "zero_pad2d"},
    "reduce": {"mean", "sum", "amax", "amin", "max", "min", "std", "var", "prod", "logsumexp", "cumsum",
               "norm_except_dim"},
    "embedding": {"embedding"},
}  # fmt: skip
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}


def kind_of(node: fx.Node) -> str:
    """Return the kind of layer a node is: ``conv``, ``pool``, ..., or ``other``."""
    return _KIND_OF.get(operation(node).rstrip("_"), "other")
