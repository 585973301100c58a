"""Programs that their author saved: the rule, the size, the names and the mode that they get."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.network.export import quiet


def small() -> nn.Sequential:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.9), nn.Dropout2d(0.9)
    )
    norm = net[1]
    assert isinstance(norm.running_mean, torch.Tensor)
    norm.running_mean.uniform_()
    return net


def program(path: Path, module: nn.Module, *, free: bool = False) -> str:
    auto = torch.export.Dim.AUTO
    sizes = ({0: auto, 2: auto, 3: auto},) if free else None
    made = torch.export.export(module, (torch.zeros(2, 3, 9, 9),), dynamic_shapes=sizes)
    torch.export.save(made, path)
    return str(path)


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize(
    ("mean", "std"),
    [((0.1, 0.2, 0.3), (0.5, 0.6, 0.7)), ((0.4,), None), ("sample", "sample"), (None, (0.5,))],
)
def test_a_program_gets_the_rule_that_is_typed(tmp_path: Path, mean: Any, std: Any, free: bool):
    module = small().eval()
    path = program(tmp_path / "raw.pt2", module, free=free)
    net = load(path, mean=mean, std=std, labels=["a", "b", "c", "d"])
    same = Network(module, (3, 9, 9), mean=mean, std=std)
    assert (net.input, net.classes) == (same.input, ("a", "b", "c", "d"))
    x = torch.rand(2, 3, 9, 9)
    assert torch.allclose(net(x), same(x), atol=1e-6)
    assert [(a.name, a.kind) for a in net.layers] == [(a.name, a.kind) for a in same.layers]
    assert net.parameters == same.parameters
    assert (net.dynamic_batch, net.dynamic_space) == (free, free)
    assert not any("mean" in note for note in net.notes)
    again = load(str(net.save(tmp_path / "ours.pt2")), mean=mean, std=std)
    assert again.input == net.input
    assert torch.equal(again(x), net(x))


def test_a_program_is_loaded_for_another_size_where_it_was_exported_for_it(tmp_path: Path):
    module = small().eval()
    fixed = program(tmp_path / "fixed.pt2", module)
    free = program(tmp_path / "free.pt2", module, free=True)
    assert load(free, input=(3, 20, 14)).layers[0].output == (4, 18, 12)
    for path, shape in ((fixed, (3, 20, 14)), (free, (1, 9, 9)), (free, (3, 2, 9)), (free, (3, 9))):
        with pytest.raises(SpecError, match="exported for samples of 3x9x9 and does not take"):
            load(path, input=shape)


def test_the_rule_of_a_saved_network_cannot_be_changed(tmp_path: Path):
    net = Network(small().eval(), (3, 9, 9), mean=(0.5,), labels=["a"])
    path = str(net.save(tmp_path / "net.pt2"))
    assert load(path, mean=(0.5, 0.5, 0.5), labels=["b"]).classes == ("b",)
    with pytest.raises(SpecError, match=r"--mean is 0.5,0.5,0.5 there and cannot become 0.4"):
        load(path, mean=(0.4,))
    with pytest.raises(SpecError, match="--std is none there and cannot become sample"):
        load(path, std="sample")


def test_a_program_in_training_mode_is_put_into_eval_mode(tmp_path: Path):
    module = nn.Sequential(*(parts := list(small())), parts[1])  # one normalisation is used twice
    path = program(tmp_path / "training.pt2", module.train())
    net = load(path)
    module.eval()
    x = torch.rand(2, 3, 9, 9)
    assert torch.allclose(net(x), module(x), atol=1e-6)
    assert [layer.name for layer in net.layers] == ["0", "1", "2", "5"]
    assert any("exported in training mode" in note for note in net.notes)
    same = load(program(tmp_path / "eval.pt2", module))
    assert not any("training mode" in note for note in same.notes)


class Pairs(nn.Module):
    """Writes the size of its batch into its steps."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3 * 9 * 9, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(x.reshape(2, -1))


def test_a_program_for_one_size_of_batch_is_read_per_sample_or_refused(tmp_path: Path):
    net = load(program(tmp_path / "two.pt2", small().eval()))
    assert [layer.output for layer in net.layers] == [(4, 7, 7)] * 3
    assert net.layers[0].macs == 4 * 7 * 7 * 27
    with pytest.raises(SpecError, match="exported for batches of 2 samples and for no other"):
        load(program(tmp_path / "pairs.pt2", Pairs()))


def test_a_normalisation_that_has_no_other_mode_is_no_training(tmp_path: Path):
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)).eval()
    net = load(program(tmp_path / "own.pt2", module))
    assert not any("training mode" in note for note in net.notes)
    x = torch.rand(1, 3, 9, 9)
    assert torch.allclose(net(x), module(x), atol=1e-6)


def test_a_program_decomposed_in_training_mode_is_refused(tmp_path: Path):
    path = tmp_path / "core.pt2"
    made = torch.export.export(small().train(), (torch.zeros(2, 3, 9, 9),))
    with quiet():
        torch.export.save(made.run_decompositions(), path)
    with pytest.raises(SpecError, match=r"model\.eval"):
        load(str(path))
