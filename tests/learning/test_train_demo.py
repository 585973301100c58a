"""Training the built-in network, in miniature; and the network that is shipped."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from safetensors import safe_open

from convscope.data.parts import Parts
from convscope.errors import SpecError
from convscope.learning import Recipe, train_demo
from convscope.learning.checkpoint import load_checkpoint, save_checkpoint, write_atomically
from convscope.learning.demo import CHECKPOINT
from convscope.network.demo import (
    DEMO_CLASSES,
    DEMO_MEAN,
    DEMO_STD,
    RECORD,
    TIMELINE,
    WEIGHTS,
    DemoNetwork,
    demo_module,
    demo_record,
    demo_timeline,
)

TINY = Recipe(pictures=64, unseen=40, epochs=3, batch=16)


@pytest.fixture(scope="module")
def whole():
    """Return what an uninterrupted training gives."""
    return train_demo(TINY)


def _weights(training):
    return torch.cat([p.detach().flatten() for p in training.network.parameters()])


def test_training_repeats_to_the_last_bit(whole):
    assert torch.equal(_weights(whole), _weights(train_demo(TINY)))
    assert not torch.equal(_weights(whole), _weights(train_demo(replace(TINY, seed=1))))


def test_a_stopped_training_ends_as_one_that_was_not(whole, tmp_path):
    stops = iter((3, 9))
    for at in stops:

        def stop(what, done, total, at=at):
            if what == "training" and done == at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train_demo(TINY, out=tmp_path, progress=stop)
        assert {path.name for path in tmp_path.iterdir()} <= {CHECKPOINT}
    resumed = train_demo(TINY, out=tmp_path)
    assert torch.equal(_weights(whole), _weights(resumed))
    assert np.array_equal(whole.filters, resumed.filters)
    assert whole.pictures_seen.tolist() == resumed.pictures_seen.tolist() == [0, 64, 128, 192]
    assert {path.name for path in tmp_path.iterdir()} == {
        WEIGHTS.name,
        RECORD.name,
        TIMELINE.name,
    }
    assert json.loads((tmp_path / RECORD.name).read_text()) == json.loads(
        json.dumps(resumed.record())
    )
    with safe_open(tmp_path / WEIGHTS.name, framework="pt") as file:
        assert torch.equal(
            file.get_tensor("conv1.weight"), resumed.network.get_parameter("conv1.weight")
        )


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path):
    def stop(what, done, total):
        if what == "training" and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_demo(TINY, out=tmp_path, progress=stop)
    with pytest.raises(SpecError, match="other settings"):
        train_demo(replace(TINY, seed=5), out=tmp_path)
    (tmp_path / CHECKPOINT).write_bytes(b"broken")
    with pytest.raises(SpecError, match="Remove it"):
        train_demo(TINY, out=tmp_path)


def test_progress_is_told_to_the_end(whole):
    told = []
    again = train_demo(TINY, progress=lambda *step: told.append(step))
    assert torch.equal(_weights(whole), _weights(again))
    for what in ("drawing training pictures", "training", "testing on unseen pictures"):
        steps = [(done, total) for w, done, total in told if w == what]
        assert steps[-1][0] == steps[-1][1]
        assert steps == sorted(steps)


def test_the_record_says_what_was_done(whole):
    record = whole.record()
    assert record["recipe"] == asdict(TINY)
    assert (record["train_data"], record["test_data"]) == ("parts:64:1", "parts:40:0")
    assert record["interval"][0] <= record["accuracy"] <= record["interval"][1]
    assert record["correct"] == round(record["accuracy"] * 40)
    assert set(record["by_class"]) == set(DEMO_CLASSES)
    assert "unseen pictures" in whole.summary()


def test_whether_intervals_overlap(whole):
    same = replace(whole, shipped={"accuracy": 0.1, "interval": list(whole.interval)})
    apart = replace(whole, shipped={"accuracy": 1.0, "interval": [whole.interval[1] + 0.01, 1.0]})
    assert same.agrees is True
    assert "overlap." in same.summary()
    assert apart.agrees is False
    assert "do not overlap" in apart.summary()
    assert replace(whole, shipped=None).agrees is None


def test_checkpoints_hold_what_was_put_into_them(tmp_path):
    path = tmp_path / "deep" / "a.safetensors"
    save_checkpoint(path, {"x": torch.arange(6.0).reshape(2, 3).T}, {"epoch": 3, "seen": [1, 2]})
    tensors, facts = load_checkpoint(path)
    assert torch.equal(tensors["x"], torch.arange(6.0).reshape(2, 3).T)
    assert facts == {"epoch": 3, "seen": [1, 2]}
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["a.safetensors"]


def test_the_network_is_as_plain_as_it_says():
    network = DemoNetwork()
    names = [name for name, _ in network.named_children()]
    stages = [f"{kind}{k}" for k in (1, 2, 3, 4) for kind in ("conv", "relu", "pool")]
    assert names == [*stages, "average", "flatten", "classifier"]
    by_hand = [
        (3 * 9 + 1) * 16,
        (16 * 9 + 1) * 32,
        (32 * 9 + 1) * 64,
        (64 * 9 + 1) * 96,
        (96 + 1) * 8,
    ]
    assert sum(p.numel() for p in network.parameters()) == sum(by_hand) == 79_752
    assert network(torch.zeros(2, 3, 80, 48)).shape == (2, 8)


def test_the_classes_are_those_of_the_data():
    assert Parts(8).classes == DEMO_CLASSES


def test_the_shipped_network_does_what_its_record_says():
    record = demo_record()
    assert WEIGHTS.stat().st_size <= 500_000
    assert record["unseen"] == 5000
    assert record["accuracy"] >= 0.95
    assert record["recipe"] == asdict(Recipe())
    assert record["cpu_s"] < 600  # so less than ten minutes on one core, whatever else runs there
    network = demo_module()
    assert not network.training
    source, right, tried = Parts(5000, 0), 0, 0
    mean, std = (torch.tensor(x).reshape(1, 3, 1, 1) for x in (DEMO_MEAN, DEMO_STD))
    for batch in source.batches(200, limit=800):
        assert batch.labels is not None
        with torch.no_grad():
            scores = network((torch.from_numpy(batch.arrays) - mean) / std)
        right += int((scores.argmax(1).numpy() == batch.labels).sum())
        tried += len(batch.indices)
    # Four standard deviations of a sample of 800: the record's accuracy, and not another's.
    spread = 4 * (record["accuracy"] * (1 - record["accuracy"]) / tried) ** 0.5
    assert right / tried == pytest.approx(record["accuracy"], abs=spread + 0.002)


def test_the_timeline_ends_with_the_shipped_filters():
    seen, filters = demo_timeline()
    assert filters.shape == (len(seen), 16, 3, 3, 3)
    assert seen[0] == 0
    assert (np.diff(seen) > 0).all()
    assert seen[-1] == demo_record()["recipe"]["pictures"] * demo_record()["recipe"]["epochs"]
    final = demo_module().get_parameter("conv1.weight").detach().numpy()
    assert np.array_equal(filters[-1], final)
    assert np.abs(filters[0] - final).max() > 0.1


def _plain_share(filters: np.ndarray) -> np.ndarray:
    """Return how much of each filter's energy is a colour blob (a constant) or an edge (a ramp).

    Random filters have a third of it there: three of nine directions.
    """
    y, x = np.mgrid[-1:2, -1:2] / 6**0.5
    basis = np.stack([np.full((3, 3), 1 / 3), y, x]).reshape(3, 9)
    flat = filters.reshape(16, 3, 9)
    return np.square(flat @ basis.T).sum((1, 2)) / np.square(flat).sum((1, 2))


def test_the_first_layer_learned_edges_and_colour_blobs():
    _, filters = demo_timeline()
    assert np.mean(_plain_share(filters[0])) == pytest.approx(1 / 3, abs=0.08)
    assert np.mean(_plain_share(filters[-1])) > 0.6
