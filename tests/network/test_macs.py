"""Multiply-adds against a published table, torch's own counter, and closed forms."""

import csv
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from convscope.network.macs import multiply_adds
from convscope.network.torchvision_schemas import import_torchvision


class Function(nn.Module):
    """A function as a module, with parts that it may use."""

    def __init__(self, run: Callable[..., Tensor], *parts: nn.Module):
        super().__init__()
        self._run = run
        self.parts = nn.ModuleList(parts)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self._run(*self.parts, *inputs)


def counted(module: nn.Module, *shapes: tuple[int, ...]) -> tuple[int, set[str]]:
    """Return the multiply-adds of a module's exported graph, and the operations that are not known."""
    inputs = tuple(torch.zeros(shape) for shape in shapes)
    with warnings.catch_warnings():
        # torch's recurrent layers keep a list of their weights, and export warns of it.
        warnings.filterwarnings("ignore", message="The tensor attributes .*_flat_weights")
        program = torch.export.export(module.eval(), inputs, strict=False)
    known, unknown = 0, set()
    for node in program.module(check_guards=False).graph.nodes:  # type: ignore[union-attr]
        macs = multiply_adds(node)
        known += macs or 0
        if macs is None:
            unknown.add(str(node.target))
    return known, unknown


def torch_counts(module: nn.Module, *shapes: tuple[int, ...]) -> int:
    """Return half of what torch's dispatcher counts; blind to fused attention and recurrence."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(*(torch.zeros(shape) for shape in shapes))
    return counter.get_total_flops() // 2


def _free_kernel(x: Tensor) -> Tensor:
    return F.conv2d(x, torch.zeros(8, 4, 3, 3), padding=1)


def _alone(x: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(x, x, x)


def _small_layers() -> dict[str, tuple[nn.Module, list[tuple[int, ...]]]]:
    conv = nn.Conv2d(4, 4, 3, padding=1)
    image = [(1, 4, 16, 16)]
    return {
        "conv3x3 4->8 16x16 bias": (nn.Conv2d(4, 8, 3, padding=1), image),
        "depthwise": (nn.Conv2d(4, 4, 3, padding=1, groups=4), image),
        "padding='same' dil2": (nn.Conv2d(4, 8, 3, padding="same", dilation=2), image),
        "conv1d": (nn.Conv1d(4, 8, 3, padding=1), [(1, 4, 100)]),
        "conv3d": (nn.Conv3d(4, 8, 3, padding=1), [(1, 4, 8, 8, 8)]),
        "convT 4->8 k4 s2 p1": (nn.ConvTranspose2d(4, 8, 4, 2, 1), image),
        "convT groups=2": (nn.ConvTranspose2d(4, 8, 4, 2, 1, groups=2), image),
        "convT depthwise g4": (nn.ConvTranspose2d(4, 4, 4, 2, 1, groups=4), image),
        "F.conv2d + nn.Parameter": (Function(_free_kernel), image),
        "shared conv used twice": (nn.Sequential(conv, conv), image),
        "linear on (1,16,4)": (nn.Linear(4, 8), [(1, 16, 4)]),
        "sdpa 1 head N=256 d=4": (Function(_alone), [(1, 1, 256, 4)]),
        "einsum bchw,bdhw->bcd": (
            Function(lambda x, y: torch.einsum("bchw,bdhw->bcd", x, y)), [(1, 4, 16, 16), (1, 4, 16, 16)]
        ),
    }  # fmt: skip


def test_all_thirteen_small_layers_on_which_other_counters_differ(shared: Path) -> None:
    with (shared / "oracle" / "mac_tools_small_layers.csv").open() as lines:
        exact = {row["case"]: int(row["exact_macs"]) for row in csv.DictReader(lines)}
    cases = _small_layers()
    assert len(exact) == len(cases) == 13
    assert {case: counted(module, *shapes) for case, (module, shapes) in cases.items()} == {
        case: (macs, set()) for case, macs in exact.items()
    }


@pytest.mark.parametrize(
    ("module", "shapes"),
    [
        (nn.Conv1d(3, 6, 5, 2, 1, 2, groups=3), [(1, 3, 50)]),
        (nn.Conv2d(3, 6, (3, 1), (2, 1), (0, 2)), [(2, 3, 20, 9)]),
        (nn.Conv2d(3, 6, 3), [(3, 20, 9)]),
        (nn.Conv3d(2, 4, 3, padding="same"), [(1, 2, 5, 6, 7)]),
        (nn.ConvTranspose1d(4, 6, 3, 2, groups=2), [(1, 4, 9)]),
        (nn.ConvTranspose3d(2, 3, 3, 2, 1, 1), [(1, 2, 3, 4, 5)]),
        (nn.Linear(7, 5), [(2, 3, 4, 7)]),
        (Function(torch.matmul), [(4, 6), (6, 3)]),
        (Function(torch.matmul), [(2, 1, 4, 6), (5, 6, 3)]),
        (Function(torch.matmul), [(6,), (5, 6, 3)]),
        (Function(torch.mm), [(4, 6), (6, 3)]),
        (Function(torch.bmm), [(2, 4, 6), (2, 6, 3)]),
        (Function(torch.addmm), [(3,), (4, 6), (6, 3)]),
        (Function(torch.baddbmm), [(2, 4, 3), (2, 4, 6), (2, 6, 3)]),
        (Function(lambda a, b: torch.tensordot(a, b, dims=2)), [(2, 4, 6), (4, 6, 3)]),
        (Function(lambda a, b: torch.inner(a, b)), [(2, 4, 6), (3, 6)]),
        (Function(lambda a, b: torch.einsum("...ij,...jk", a, b)), [(5, 4, 6), (1, 6, 3)]),
        (Function(lambda a, b: torch.einsum("nchw,kc->nkhw", a, b)), [(2, 4, 3, 3), (5, 4)]),
    ],
)  # fmt: skip
def test_equal_to_torch_s_own_counter(module: nn.Module, shapes: list[tuple[int, ...]]) -> None:
    known, unknown = counted(module, *shapes)
    assert unknown == set()
    assert known == torch_counts(module, *shapes) > 0


@pytest.mark.parametrize(
    ("run", "shapes", "macs"),
    [
        (torch.matmul, [(2, 4, 6), (6,)], 48),
        (torch.mv, [(4, 6), (6,)], 24),
        (torch.dot, [(6,), (6,)], 6),
        (torch.addmv, [(4,), (4, 6), (6,)], 24),
        (torch.addbmm, [(4, 3), (2, 4, 6), (2, 6, 3)], 144),
    ],
)
def test_products_that_torch_s_counter_does_not_see(
    run: Callable[..., Tensor], shapes: list[tuple[int, ...]], macs: int
) -> None:
    assert counted(Function(run), *shapes) == (macs, set())


def test_counts_grow_with_the_batch() -> None:
    conv = nn.Conv2d(3, 4, 3)
    assert counted(conv, (4, 3, 8, 8))[0] == 4 * counted(conv, (1, 3, 8, 8))[0]


def test_recurrent_layers_use_every_matrix_once_per_step() -> None:
    net = Function(lambda rnn, x: rnn(x)[0], nn.LSTM(6, 5, num_layers=2, batch_first=True))
    assert counted(net, (1, 9, 6)) == (9 * (20 * 6 + 20 * 5 + 20 * 5 + 20 * 5), set())
    net = Function(lambda rnn, x: rnn(x)[0], nn.GRU(6, 5, bidirectional=True))
    assert counted(net, (9, 1, 6)) == (9 * 2 * (15 * 6 + 15 * 5), set())


def test_bilinear_contracts_one_input_after_the_other() -> None:
    net = Function(lambda layer, x, y: layer(x, y), nn.Bilinear(3, 4, 5))
    assert counted(net, (7, 3), (7, 4)) == (7 * 5 * (3 * 4 + 4), set())


def test_attention_with_values_of_another_width() -> None:
    net = Function(F.scaled_dot_product_attention)
    macs, unknown = counted(net, (1, 2, 7, 8), (1, 2, 9, 8), (1, 2, 9, 3))
    assert (macs, unknown) == (2 * 7 * 9 * (8 + 3), set())


def test_the_fused_encoder_layer_costs_what_its_parts_cost() -> None:
    d, tokens, hidden = 16, 10, 24
    by_parts = 4 * tokens * d * d + 2 * tokens * tokens * d + 2 * tokens * d * hidden
    layer = nn.TransformerEncoderLayer(d, 4, hidden, batch_first=True).eval()
    assert counted(layer, (1, tokens, d)) == (by_parts, set())

    weights = {name: torch.zeros(p.shape) for name, p in layer.named_parameters()}
    graph = fx.Graph()

    def given(value: Tensor) -> fx.Node:
        node = graph.placeholder("x")
        node.meta["val"] = value
        return node

    order = [
        "self_attn.in_proj_weight", "self_attn.in_proj_bias", "self_attn.out_proj.weight",
        "self_attn.out_proj.bias",
    ]  # fmt: skip
    packed = [given(weights[name]) for name in order]
    norms = [given(weights[f"norm{i}.{role}"]) for i in (1, 2) for role in ("weight", "bias")]
    inner = [given(weights[f"linear{i}.{role}"]) for i in (1, 2) for role in ("weight", "bias")]
    source = given(torch.zeros(1, tokens, d))
    fused = graph.call_function(
        torch.ops.aten._transformer_encoder_layer_fwd.default,
        (source, d, 4, *packed, False, False, 1e-5, *norms, *inner),
    )
    assert multiply_adds(fused) == by_parts
    attention = graph.call_function(
        torch.ops.aten._native_multi_head_attention.default,
        (source, source, source, d, 4, *packed),
    )
    assert multiply_adds(attention) == by_parts - 2 * tokens * d * hidden


@pytest.mark.parametrize(
    "run", [torch.fft.fft, lambda x: torch.linalg.svd(x[0, 0]).S, lambda x: torch.cdist(x, x)]
)
def test_what_is_not_known_is_never_zero(run: Callable[[Tensor], Tensor]) -> None:
    _, unknown = counted(Function(run), (1, 1, 6, 6))
    assert len(unknown) == 1


def test_a_user_s_own_operation_is_unknown() -> None:
    @torch.library.custom_op("convscope_test::thing", mutates_args=())
    def thing(x: Tensor) -> Tensor:
        return x.clone()

    thing.register_fake(torch.empty_like)
    assert counted(Function(lambda x: thing(x)), (1, 4)) == (0, {"convscope_test.thing.default"})


def test_common_operations_without_products_are_known() -> None:
    def run(norm: nn.Module, x: Tensor) -> Tensor:
        x = F.pad(F.gelu(norm(x)), (1, 2, 3, 4), mode="reflect")
        x = (
            F.interpolate(x, scale_factor=2, mode="bicubic")
            * F.softmax(x.mean((2, 3)), 1)[..., None, None]
        )
        x = F.max_pool2d(F.pixel_unshuffle(x, 2), 2).roll(1, 2).cumsum(1).sort(-1).values
        x = torch.cat([x.amax(1, keepdim=True), x[:, ::2].flip(2)], 1)
        return F.normalize(x.flatten(2).unfold(2, 3, 1).std(-1), dim=1).topk(2).values

    assert counted(Function(run, nn.BatchNorm2d(4)), (1, 4, 12, 12)) == (0, set())


FAST = (
    "resnet34",
    "mobilenet_v3_large",
    "shufflenet_v2_x0_5",
    "mnasnet1_0",
    "vgg11",
    "mc3_18",
    "vit_b_16",
)


@pytest.mark.parametrize("name", FAST)
def test_published_multiply_adds_of_torchvision(shared: Path, name: str) -> None:
    with (shared / "oracle" / "torchvision_parameters_macs.csv").open() as lines:
        row = next(row for row in csv.DictReader(lines) if row["model"] == name)
    shape = tuple(int(size) for size in row["input_shape"].strip("()").split(","))
    module = torchvision_module(name, shape)
    inputs = torch.empty(shape, device="meta")
    graph = torch.export.export(module, (inputs,), strict=False).module(check_guards=False).graph
    macs = [multiply_adds(node) for node in graph.nodes]  # type: ignore[union-attr]
    assert None not in macs
    assert sum(count or 0 for count in macs) == pytest.approx(float(row["gmacs"]) * 1e9, rel=1e-9)


def torchvision_module(name: str, shape: tuple[int, ...]) -> nn.Module:
    """Return a torchvision network without memory for its weights: shapes are enough here."""
    import_torchvision()
    from torchvision import models

    settings = {"image_size": shape[-1]} if name.startswith("vit") else {}
    with torch.device("meta"):
        return models.get_model(name, weights=None, **settings).eval()
