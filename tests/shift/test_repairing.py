"""Repair: exact where it says so, honest about what it costs, and the weights given stay what they were."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from convscope.data import Source
from convscope.data.npz import open_npz
from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.network.rewriting import in_double, resized
from convscope.shift.repairing import Budget, changes, finetune, measured, repair


def _net(size: int = 16) -> Network:
    layers = [
        nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 4),
    ]
    return Network(nn.Sequential(*layers).eval(), input=(3, size, size))


def _change(net: Network, shift: tuple[int, int]) -> float:
    exact = in_double(net)
    x = torch.rand(2, *net.input.shape, dtype=torch.float64)
    with torch.no_grad():
        return float((exact(x) - exact(x.roll(shift, (2, 3)))).abs().max())


@pytest.mark.parametrize("steps", [["polyphase"], ["average"]])
def test_exact_repairs_hold_still_under_every_whole_shift(steps: list[str]) -> None:
    net = _net()
    assert _change(net, (1, 3)) > 1e-4
    for shift in ((1, 3), (2, 0), (5, -7)):
        assert _change(repair(net, steps), shift) < 1e-12


def test_circular_is_exact_at_the_total_stride_only() -> None:
    fixed = repair(_net(), ["circular"])
    assert _change(fixed, (4, -8)) < 1e-12
    assert _change(fixed, (1, 0)) > 1e-4


def test_blur_takes_most_of_the_aliasing() -> None:
    plain, fixed = repair(_net(), ["circular"]), repair(_net(), ["blur", "circular"])
    assert _change(fixed, (1, 3)) < 0.7 * _change(plain, (1, 3))


def test_the_mean_of_all_phases_is_the_mean_of_the_answers() -> None:
    net = _net()
    plain, mean = in_double(repair(net, ["circular"])), in_double(repair(net, ["average"]))
    x = torch.rand(2, 3, 16, 16, dtype=torch.float64)
    with torch.no_grad():
        every = [plain(x.roll((i, j), (2, 3))) for i in range(4) for j in range(4)]
        assert torch.allclose(mean(x), torch.stack(every).mean(0), atol=1e-12)


def test_size_is_the_nearest_that_the_total_stride_divides() -> None:
    fixed = repair(_net(18), ["size", "circular"])
    assert fixed.input.shape == (3, 16, 16)
    assert _change(fixed, (4, 4)) < 1e-12
    assert changes(_net(18), ["size"])[0].what == "input 3x18x18 becomes 3x16x16"
    # The other size gives what the network itself gives for it.
    net, x = load("demo"), torch.rand(1, 3, 96, 64)
    assert torch.equal(resized(net, (96, 64))(x), net(x))


def test_changes_are_told_layer_by_layer() -> None:
    told = {(one.layer, one.what) for one in changes(_net(), ["circular", "blur"])}
    assert ("0", "zeros around the map: the map goes round") in told
    assert ("3", "stride 2x2: a blur takes the stride") in told
    assert ("4", "stride 2x2: a blur takes the stride") in told
    assert len(told) == 4  # the second convolution's border, too


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (["blurr"], "no repair called 'blurr'"),
        ([], "No repair was named"),
        (["blur", "polyphase"], "blur and polyphase repair the same thing"),
        (["mirror", "circular"], "circular and mirror repair the same thing"),
    ],
)
def test_what_cannot_be_is_said(steps: list[str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        repair(_net(), steps)


def test_fine_tuning_learns_and_leaves_the_network_given(noise: Source) -> None:
    net = _net()
    before = {name: value.clone() for name, value in net.graph.state_dict().items()}
    fixed = repair(net, ["blur"])
    tuned = finetune(fixed, noise, Budget(steps=60, batch=12, rate=0.1))
    after = net.graph.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    batch = noise.take(np.arange(len(noise)), (3, 16, 16))
    x, y = torch.from_numpy(batch.arrays), torch.from_numpy(np.asarray(batch.labels))
    with torch.no_grad():
        losses = [float(nn.functional.cross_entropy(one(x), y)) for one in (fixed, tuned)]
    assert losses[1] < 0.8 * losses[0]
    assert tuned.fingerprint != fixed.fingerprint
    # The statistics of the normalisation moved with it.
    changed = [
        n for n, v in tuned.graph.state_dict().items() if "running_mean" in n and v.abs().sum()
    ]
    assert changed


def test_fine_tuning_refuses_labels_that_are_not_the_networks(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    np.savez(path, images=np.zeros((8, 16, 16, 3), np.uint8), labels=np.arange(8))
    with pytest.raises(SpecError, match=r"A label is 7, and .* has 4 answers"):
        finetune(_net(), open_npz(str(path), path), Budget(steps=1, batch=8))
    np.savez(tmp_path / "none.npz", images=np.zeros((8, 16, 16, 3), np.uint8))
    with pytest.raises(SpecError, match="has no labels"):
        finetune(_net(), open_npz("none", tmp_path / "none.npz"), Budget(steps=1))


def test_a_repair_is_measured_before_and_after_in_the_same_way(noise: Source) -> None:
    found, fixed = measured(_net(), noise, ["polyphase"], samples=6)
    assert found.before.protocol.id == found.after.protocol.id
    consistency = {one.what: one for one in found.comparison.answers["moved round"]}["consistency"]
    assert consistency.after == pytest.approx(1)
    assert found.macs.ratio is not None
    assert found.macs.ratio > 1
    assert found.accuracy is not None
    assert found.accuracy.samples == 12
    assert found.accuracy.change == pytest.approx(found.accuracy.after - found.accuracy.before)
    document = found.document()
    assert {"before", "after", "changes", "accuracy", "macs", "latency"} <= document.keys()
    assert document["before"]["output"]["consistency"] == consistency.before
    assert "fixed" not in found.summary()
    assert found.summary().startswith("Repaired with polyphase, not fine-tuned.")
    assert {row["what"] for row in found.table().to_pylist()} >= {"consistency", "accuracy", "ms"}
    assert _change(fixed, (1, 1)) < 1e-12


def test_a_repaired_network_is_saved_and_loaded(tmp_path: Path) -> None:
    fixed = cs.repair(cs.load("demo"), ["circular", "blur"])
    again = cs.load(str(fixed.save(tmp_path / "fixed.pt2")))
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(fixed(x), again(x), atol=1e-5)
