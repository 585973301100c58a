import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.shift.conftest import small
from torch import nn

from convscope.data import Source, open_source
from convscope.errors import SpecError
from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.shift import shift
from convscope.shift.answers import at_once
from convscope.shift.causes import CAUSES
from convscope.shift.finding import Shift
from convscope.shift.graded import right_answers
from convscope.shift.repairing import repair


@pytest.fixture(scope="module")
def found(noise: Source) -> Shift:
    torch.manual_seed(0)
    return shift(small(), noise, samples=8)


def test_every_layer_that_has_place_has_errors(found: Shift):
    rows = {row.name: row for row in found.layers}
    assert list(rows) == ["0", "1", "2", "3", "4", "5", "7"]
    assert [float(rows[name].total_stride[0]) for name in "01234"] == [1, 1, 2, 4, 4]
    for name in "01234":
        row = rows[name]
        assert row.aligned_error is not None
        assert row.aligned_error > 0.01  # zeros at the border
        assert row.floor is not None
        assert row.floor < 1e-12
        assert row.subpixel_error is not None
    for name in "01":
        assert rows[name].unaligned_error is None
        assert rows[name].alias_fraction == 0
    for name in "234":
        assert (rows[name].unaligned_error or 0) > (rows[name].circular_error or 1) > 0
        assert 0 < (rows[name].alias_fraction or 0) < 1
    assert not rows["5"].total_stride
    assert (rows["7"].invariance or 9) < (rows["0"].invariance or 0)


def test_causes_sum_to_the_whole_and_a_border_is_not_a_stride(found: Shift):
    assert found.testable is None
    assert found.causes is not None
    assert found.causes.layer == "4"
    assert sum(found.causes.parts.values()) == pytest.approx(found.causes.total, abs=1e-9)
    cells = found.causes.cells
    assert (cells.circular_aligned or 0) < 1e-12
    assert (cells.native_aligned or 0) > 0
    first = found["0"].causes
    assert first is not None
    # A convolution on the input itself errs by its border alone.
    assert first.parts["padding"] == pytest.approx(first.total, rel=1e-6)
    assert found["3"].causes is not None
    assert found["3"].causes.parts["stride"] > 0


def test_the_few_samples_of_the_split_are_not_all_of_the_first_class(tmp_path: Path):
    flat = np.zeros((8, 3, 16, 16), np.float32)  # nothing that a stride could miss
    noisy = np.random.default_rng(0).random((8, 3, 16, 16), np.float32)
    np.savez(tmp_path / "sorted.npz", images=np.concatenate([flat, noisy]))
    found = shift(small(), open_source(tmp_path / "sorted.npz"), samples=16)
    assert found.causes is not None
    assert found.causes.samples == found.document()["causes"]["samples"] == 8
    assert found.causes.parts["stride"] > 0.01


def test_circular_padding_leaves_nothing_to_padding(noise: Source):
    found = shift(circular(small()), noise, samples=8)
    assert found.causes is not None
    assert found.causes.parts["padding"] == pytest.approx(0, abs=1e-9)
    assert (found["4"].aligned_error or 0) < 1e-12


def test_answers_and_crops(found: Shift):
    assert found.output is not None
    assert found.crops is not None
    assert found.output.protocol == "roll/drawn24/16x16/wrap"
    assert found.crops.protocol == "crop/all/18x18-16x16"
    for answers in (found.output, found.crops):
        assert answers.held.consistency is not None
        assert 0 < answers.held.consistency <= 1
        assert answers.held.accuracy is not None
        assert (answers.held.worst_case_accuracy or 0) <= answers.held.accuracy
        low, high = answers.intervals["consistency"]
        assert low <= answers.held.consistency <= high


def test_all_moves_of_a_circular_network_agree_with_its_phases(noise: Source):
    """With circular padding and an average, answers repeat after the total stride: 16 of 256 moves say it all."""
    found = shift(circular(small()), noise, samples=4, quick=False)
    assert found.output is not None
    tops = found.output.votes.tops.reshape(4, 16, 16)
    assert (tops == np.tile(tops[:, :4, :4], (1, 4, 4))).all()
    # The alias fraction of full mode is that of the dense map; the mean error of random pairs is twice that.
    row = found["4"]
    assert row.alias_fraction is not None
    assert row.unaligned_error is not None
    mean = row.unaligned_error * 15 / 16
    assert mean == pytest.approx(2 * row.alias_fraction, rel=0.3)
    assert sorted(row.heat)[0] == (0, 0)
    assert len(row.heat) == 16
    assert row.heat[(0, 0)] < 1e-12
    assert min(value for move, value in row.heat.items() if any(move)) > 1e-3


def test_a_repeat_gives_the_same_numbers(found: Shift, noise: Source):
    torch.manual_seed(0)
    again = shift(small(), noise, samples=8)
    assert json.dumps(again.document()) == json.dumps(found.document())


def test_no_number_depends_on_the_batch(found: Shift, noise: Source):
    torch.manual_seed(0)
    other = shift(small(), noise, samples=8, batch=3, layers=["4"])
    assert other.output is not None
    assert found.output is not None
    assert (other.output.votes.tops == found.output.votes.tops).all()
    assert other["4"].errors() == pytest.approx(found["4"].errors(), rel=1e-6)


def test_document_table_and_summary(found: Shift):
    document = json.loads(json.dumps(found.document()))
    assert {"layers", "output", "causes", "boundary", "testable", "protocol"} <= document.keys()
    assert document["testable"] is True
    assert set(document["causes"]["cells"]) >= {"native_aligned", "circular_unaligned"}
    assert document["output"]["crop_consistency"] == document["crops"]["consistency"]
    assert document["boundary"]["tile"] == [4, 4]
    table = found.table()
    assert table.num_rows == len(found.layers)
    assert set(CAUSES) <= set(table.column_names)
    assert "last layer with place" in found.summary()
    assert "<table>" in found._repr_html_()
    with pytest.raises(SpecError, match="was not measured"):
        found["6"]


def test_comparison_says_what_is_within_the_interval(found: Shift, noise: Source):
    torch.manual_seed(0)
    same = found.compare(found)
    assert {row.verdict for rows in same.answers.values() for row in rows} == {
        "within the interval"
    }
    torch.manual_seed(0)
    change = shift(circular(small()), noise, samples=8).compare(found)
    invariance = next(row for row in change.answers["moved round"] if row.what == "invariance")
    assert invariance.after is not None
    assert invariance.before is not None
    assert invariance.after < invariance.before
    assert "moved round, invariance" in str(change)
    assert json.dumps(change.document())
    with pytest.raises(SpecError, match="measured differently"):
        shift(small(), noise, samples=8, seed=1, layers=["4"]).compare(found)


def test_size_that_does_not_fit_is_said_with_the_nearest_that_does(noise: Source):
    found = shift(small(size=14), noise, samples=4)
    assert found.testable is not None
    assert found.testable.nearest_input == (3, 16, 16) or found.testable.nearest_input == (
        3,
        12,
        12,
    )
    assert found.causes is None
    assert found.document()["testable"]["reason"]
    assert found["4"].aligned_error is not None
    assert found["4"].floor is None
    assert "cannot be split exactly" in found.summary()


def test_mirror_has_no_seam(noise: Source):
    torch.manual_seed(0)
    net = small()
    assert net.dynamic_space
    mirrored = shift(net, noise, samples=4, torus="mirror", layers=["0", "4"])
    assert mirrored["4"].total_stride == (4, 4)
    assert mirrored.protocol.id.startswith("mirror/")
    # Mirrored, a circular convolution at the input sees no edge that the picture does not have.
    assert (mirrored["0"].subpixel_error or 9) < (
        shift(net, noise, samples=4, layers=["0", "4"])["0"].subpixel_error or 0
    )
    with pytest.raises(SpecError, match="no torus called"):
        shift(net, noise, torus="cylinder")  # type: ignore[arg-type]
    flat = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.Flatten(), nn.Linear(2 * 256, 2))
    with pytest.raises(SpecError, match="one size only"):
        shift(Network(flat.eval(), input=(3, 16, 16)), noise, torus="mirror")


@pytest.mark.parametrize(("spec", "dims"), [("parts1d:6", 1), ("parts3d:6", 3)])
def test_sounds_and_volumes(spec: str, dims: int):
    data = open_source(spec)
    conv, pool = ((nn.Conv1d, nn.MaxPool1d), (nn.Conv2d, nn.MaxPool2d), (nn.Conv3d, nn.MaxPool3d))[
        dims - 1
    ]
    size = (64,) if dims == 1 else (8, 8, 8)
    mean = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[dims - 1](1)
    parts = [
        conv(1, 4, 3, padding=1),
        nn.ReLU(),
        pool(2),
        conv(4, 4, 3, padding=1),
        mean,
        nn.Flatten(),
    ]
    found = shift(Network(nn.Sequential(*parts).eval(), input=(1, *size)), data, samples=4)
    assert found["3"].total_stride == (2,) * dims
    assert (found["3"].floor or 0) < 1e-12
    assert found.output is not None
    assert found.crops is not None
    assert found.boundary.tile == (2,) * dims


def test_maps_out_have_layers_and_no_votes(noise: Source):
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 3, padding=1))
    found = shift(Network(module.eval(), input=(3, 16, 16)), noise, samples=4)
    assert found.output is None
    assert found.crops is None
    assert found["2"].aligned_error is not None
    assert found.boundary.halo == ((2, 2), (2, 2))
    assert found.boundary.tile == (1, 1)


def test_answers_that_are_not_numbers_are_refused(noise: Source):
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (self.conv(x).mean((2, 3)) * 0).log() * 0

    with pytest.raises(Exception, match="not finite"):
        shift(Network(Broken().eval(), input=(3, 16, 16)), noise, samples=2)


@pytest.mark.parametrize(("outputs", "graded"), [(8, True), (100, False), (4, False)])
def test_labels_are_graded_only_where_they_can_be_the_networks_classes(outputs: int, graded: bool):
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, outputs),
    )
    net = Network(module.eval(), input=(3, 16, 16))
    found = shift(net, open_source("parts:4"), samples=4)
    for answers in (found.output, found.crops):
        assert answers is not None
        assert (answers.held.accuracy is not None) == graded
        assert (answers.held.worst_case_accuracy is not None) == graded
        assert answers.held.consistency is not None


def test_labels_are_found_by_name_where_the_names_of_the_answers_are_known(tmp_path: Path):
    values = np.repeat([0.05, 0.5, 0.95], 4).astype(np.float32)
    images = np.broadcast_to(values[:, None, None, None], (12, 1, 8, 8))
    names = np.array(["Low", "high", "middle"])  # in another order than the network's
    labels = np.repeat([0, 2, 1], 4)
    np.savez(tmp_path / "three.npz", images=images, labels=labels, classes=names)
    data = open_source(tmp_path / "three.npz")
    linear = nn.Linear(1, 3)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[-1.0], [0.0], [1.0]]))
        linear.bias.copy_(torch.tensor([0.0, -0.25, -1.0]))
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear).eval()
    for known, right, accuracy in (
        (["low", "middle", "high"], [0, 2, 1], 1),
        (None, [0, 1, 2], 1 / 3),
    ):
        net = Network(module, input=(1, 8, 8), labels=known)
        answers = right_answers(net, data)
        assert answers is not None
        assert answers.tolist() == right
        found = shift(net, data, samples=12)
        assert found.output is not None
        assert found.output.held.accuracy == pytest.approx(accuracy)
        assert found.protocol.settings["labels"] == ("by name" if known else "by number")


def test_a_network_with_large_maps_takes_fewer_samples_at_once():
    net = small()
    dense = repair(net, ["average"])
    assert at_once(net, 64) == 64
    wide = Network(nn.Conv2d(3, 128, 3, padding=1).eval(), input=(3, 256, 256))  # 8 M values
    assert at_once(wide, 64) == 8
    assert at_once(dense, 64) == 64
    huge = Network(nn.Conv2d(1, 600, 3, padding=1).eval(), input=(1, 512, 512))
    assert at_once(huge, 64) == 1
