"""Operations on single elements that PyTorch does not mark as such."""

from convscope.receptive.registry import Call, Result, rule


@rule(
    "hardswish", "hardsigmoid", "hardtanh", "relu6", "prelu", "_prelu_kernel", "rrelu", "rrelu_with_noise", "selu",
    "celu", "elu", "mish", "log_sigmoid", "logsigmoid", "log_sigmoid_forward", "softplus", "threshold", "leaky_relu",
    "clamp", "clamp_min", "clamp_max", "where", "masked_fill", "lerp", "addcmul", "addcdiv", "rsub",
    "tril", "triu", "nan_to_num", "real", "imag", "conj", "square", "softsign", "tanhshrink", "float_power", "polar",
    "complex", "add", "sub", "mul", "div", "true_divide", "floor_divide", "maximum", "minimum", "relu",
    "floor", "ceil", "round",
)  # fmt: skip
def elementwise(call: Call) -> Result:
    """Each element of the result reads the operands' elements at its place."""
    return call.elementwise()
