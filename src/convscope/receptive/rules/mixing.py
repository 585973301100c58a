"""Products: linear layers, matrix products, einsum. Contracted dimensions are read as a whole."""

from convscope.receptive.algebra import contract, merge, permute, reshape
from convscope.receptive.registry import Call, Result, rule
from convscope.receptive.rules.windows import channels
from convscope.receptive.states import State


@rule("linear")
def linear(call: Call) -> Result:
    """A linear layer over the last dimension, whatever that holds by now: channels, tokens, the flattened map."""
    state = call.state("input")
    if state is None or call.state("weight") is not None:
        return call.envelope("dynamic weights")
    mixed = channels(call, state, len(state.shape) - 1, 1, call.shape_of(call["weight"])[0])
    return reshape(mixed, call.shape)


@rule("bilinear")
def bilinear(call: Call) -> Result:
    """A product of two operands' last dimensions."""
    states = [s for s in (call.state("input1"), call.state("input2")) if s is not None]
    mixed = [channels(call, s, len(s.shape) - 1, 1, call.shape[-1]) for s in states]
    return merge(mixed, call.shape, call.place)


@rule("matmul", "mm", "bmm", "mv", "dot", "linalg_matmul", "vdot", "inner")
def matmul(call: Call) -> Result:
    """A matrix product: contracts the inner dimension of both operands."""
    one, other = list(call.given.values())[:2]
    return _product(call, one, other)


@rule("addmm", "baddbmm", "addmv", "addbmm")
def add_product(call: Call) -> Result:
    """A matrix product, added to something."""
    names = {"addmm": ("mat1", "mat2"), "addmv": ("mat", "vec")}.get(
        call.name, ("batch1", "batch2")
    )
    product = _product(call, *(call[name] for name in names))
    states = [s for s in (call.state("self"), product) if isinstance(s, State)]
    return merge(states, call.shape, call.place)


def _product(call: Call, one: object, other: object) -> State | None:
    left, right = call.state_of(one), call.state_of(other)
    rank = max(len(call.shape), 2)
    reads: list[State] = []
    for state, inner in ((left, -1), (right, -2)):
        if state is None:
            continue
        if len(state.shape) == 1:
            reads.append(contract(state, [0], call.place, call.name))
            continue
        # Kept with size 1, the contracted dimension broadcasts to the other operand's outer one.
        mixed = contract(state, [inner], call.place, call.name, keepdim=True)
        if len(call.shape) < rank or _is_vector(call, other if state is left else one):
            mixed = reshape(
                mixed, tuple(n for i, n in enumerate(mixed.shape) if i != len(mixed.shape) + inner)
            )
        reads.append(mixed)
    return merge(reads, call.shape, call.place) if reads else None


def _is_vector(call: Call, node: object) -> bool:
    return len(call.shape_of(node)) == 1  # type: ignore[arg-type]


@rule("einsum")
def einsum(call: Call) -> Result:
    """Einstein's notation: what is not written is contracted."""
    read, _, written = call["equation"].replace(" ", "").partition("->")
    nodes = call["tensors"]
    terms = [
        _letters(term, len(call.shape_of(n)))
        for term, n in zip(read.split(","), nodes, strict=True)
    ]
    if "->" in call["equation"]:
        result = _letters(written, len(call.shape))
    else:
        every = [letter for term in terms for letter in term]
        free = sorted({x for x in every if x.isdigit()}, key=int, reverse=True)
        result = free + sorted(x for x in set(every) if every.count(x) == 1 and not x.isdigit())
    states = []
    for term, node in zip(terms, nodes, strict=True):
        state = call.state_of(node)
        if state is not None:
            states.append(_placed(call, state, term, result))
    return merge(states, call.shape, call.place)


def _letters(term: str, rank: int) -> list[str]:
    """Name an operand's dimensions; those under the ellipsis count down to 0: "1", "0"."""
    before, dots, after = term.partition("...")
    free = rank - len(before) - len(after) if dots else 0
    return [*before, *map(str, reversed(range(free))), *after]


def _placed(call: Call, state: State, term: list[str], result: list[str]) -> State:
    gone = [d for d, letter in enumerate(term) if letter not in result]
    state = contract(state, gone, call.place, call.name) if gone else state
    left = [letter for letter in term if letter in result]
    order = sorted(range(len(left)), key=lambda d: result.index(left[d]))
    state = permute(state, order)
    sizes = dict(zip((left[d] for d in order), state.shape, strict=True))
    return reshape(state, tuple(sizes.get(letter, 1) for letter in result))
