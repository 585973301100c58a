"""Attention and recurrence: each output reads all keys, or all steps."""

from convscope.receptive.algebra import contract, merge
from convscope.receptive.registry import Call, Result, rule
from convscope.receptive.states import State


@rule("scaled_dot_product_attention")
def attention(call: Call) -> Result:
    """Each query's output reads its own position and all keys and values of its window or map."""
    reads: list[State] = []
    for name, gone in (("query", [-1]), ("key", [-1, -2]), ("value", [-2]), ("attn_mask", [-1])):
        state = call.state(name)
        if state is None:
            continue
        if len(state.shape) > 2 and state.shape[-3] not in (1, call.shape[-3]):
            gone = [*gone, -3]  # grouped queries: heads share keys
        reads.append(contract(state, gone, call.place, "attention", keepdim=True))
    return merge(reads, call.shape, call.place)


@rule("lstm", "gru", "rnn_tanh", "rnn_relu")
def recurrence(call: Call) -> Result:
    """A recurrent layer: every step may read every other (both directions; one direction is not told apart)."""
    state = call.input
    steps = 1 if call.given.get("batch_first") else 0
    every = contract(state, [steps, 2], call.place, call.name, keepdim=True)
    own = contract(state, [2], call.place, call.name, keepdim=True)
    batch = 1 - steps
    last = contract(every, [steps, batch, 2], call.place, call.name)
    full = merge([every, own], (*own.shape[:2], 1), call.place)
    first, *hidden = call.shapes
    return (
        merge([full], first, call.place),
        *(merge([last], shape, call.place) for shape in hidden),
    )


@rule("_native_multi_head_attention", "_transformer_encoder_layer_fwd")
def fused_attention(call: Call) -> Result:
    """A fused attention layer: everything from every token."""
    return call.envelope("attention")
