"""Names in weights files, with and without what training scripts put before them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from convscope.errors import SpecError
from convscope.network.weights import load_weights


def test_module_before_every_name_is_kept_where_the_network_has_it(tmp_path: Path):
    module = nn.DataParallel(nn.Conv2d(3, 4, 3))
    tensors = {name: tensor.clone() + 1 for name, tensor in module.state_dict().items()}
    path = tmp_path / "w.safetensors"
    save_file(tensors, path)
    load_weights(module, path)
    assert torch.equal(module.module.weight, tensors["module.weight"])
    twice = {f"module.module.{name}": tensor + 1 for name, tensor in tensors.items()}
    save_file(twice, path)
    load_weights(module, path)
    assert torch.equal(module.module.weight, tensors["module.weight"] + 1)
    save_file({**tensors, "module.weird": torch.zeros(1)}, path)
    with pytest.raises(SpecError, match=r"none missing, 1 .module.weird. not wanted"):
        load_weights(module, path)


@pytest.mark.parametrize("key", ["model_state_dict", "state_dict", "net"])
@pytest.mark.parametrize("prefix", ["_orig_mod.", "module._orig_mod.", ""])
def test_what_training_scripts_wrap_round_a_state_dict_is_taken_off(
    tmp_path: Path, key: str, prefix: str
):
    module = nn.Conv2d(3, 4, 3)
    tensors = {f"{prefix}{name}": tensor + 1 for name, tensor in module.state_dict().items()}
    torch.save({"epoch": 3, key: tensors}, tmp_path / "w.pt")
    load_weights(module, tmp_path / "w.pt")
    assert torch.equal(module.weight, tensors[f"{prefix}weight"])


def test_a_file_without_a_state_dict_says_what_it_holds(tmp_path: Path):
    torch.save({"epoch": 3, "ema": {"0.weight": torch.zeros(1)}}, tmp_path / "w.pt")
    with pytest.raises(SpecError, match=r"holds as 2 \('epoch', 'ema'\).*model_state_dict"):
        load_weights(nn.Conv2d(3, 4, 3), tmp_path / "w.pt")
