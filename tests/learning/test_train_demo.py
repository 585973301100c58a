"""Training the built-in networks, in miniature; and the networks that are shipped."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from safetensors import safe_open

from convscope.data import open_source
from convscope.errors import SpecError
from convscope.learning import RECIPES, Climb, Recipe, demo_timeline, train_demo
from convscope.learning.checkpoint import load_checkpoint, save_checkpoint, write_atomically
from convscope.learning.demo import CHECKPOINT
from convscope.network import Network, load
from convscope.network.demo import (
    DESIGNS,
    IMAGE,
    SOUND,
    VOLUME,
    DemoNetwork,
    Design,
    demo_module,
    demo_record,
)

TINY = Recipe(samples=64, unseen=40, epochs=3, batch=16)
MOST_BYTES = {"image": 500_000, "sound": 300_000, "volume": 300_000}
LEAST = {"image": 0.95, "sound": 0.99, "volume": 0.9}


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
    assert np.array_equal(whole.timeline.filters, resumed.timeline.filters)
    assert whole.timeline == resumed.timeline
    assert whole.timeline.steps == (0, 64, 128, 192)
    assert {path.name for path in tmp_path.iterdir()} == {
        IMAGE.weights.name,
        IMAGE.record.name,
        IMAGE.timeline.name,
    }
    assert json.loads((tmp_path / IMAGE.record.name).read_text()) == json.loads(
        json.dumps(resumed.record())
    )
    with safe_open(tmp_path / IMAGE.weights.name, framework="pt") as file:
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
    for what in (
        "drawing training samples",
        "training",
        "drawing unseen samples",
        "looking back at the training",
    ):
        steps = [(done, total) for w, done, total in told if w == what]
        assert steps[-1][0] == steps[-1][1]
        assert steps == sorted(steps)


def test_the_record_says_what_was_done(whole):
    record = whole.record()
    assert record["recipe"] == asdict(TINY)
    assert (record["train_data"], record["test_data"]) == ("parts:64:1", "parts:40:0")
    assert record["interval"][0] <= record["accuracy"] <= record["interval"][1]
    assert record["correct"] == round(record["accuracy"] * 40)
    assert set(record["by_class"]) == set(IMAGE.classes)
    assert "unseen images" in whole.summary()


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


@pytest.mark.parametrize("kind", ["sound", "volume"])
def test_sounds_and_volumes_are_trained_by_the_same_code(kind):
    judged: list[str] = []

    def judge(network: Network) -> Climb:
        judged.append(network.spec)
        return Climb(len(judged) / 10, (0.0, 0.5), len(judged))

    recipe = replace(RECIPES[kind], samples=32, unseen=16, epochs=2, batch=16)
    training = train_demo(recipe, judge=judge)
    design = DESIGNS[kind]
    assert judged == [design.spec] * 3
    assert training.timeline.steps == (0, 32, 64)
    first = (design.widths[0], design.input[0], *(design.kernels[0],) * design.dims)
    assert training.timeline.filters.shape == (3, *first)
    assert np.abs(training.timeline.filters[-1] - training.timeline.filters[0]).max() > 1e-3
    record = training.record()
    assert record["train_data"] == f"{design.data}:32:1"
    assert [row["rho"] for row in record["timeline"]["hierarchy"]] == [0.1, 0.2, 0.3]
    rows = training.timeline.table().to_pylist()
    assert [row["labelled"] for row in rows] == [1, 2, 3]
    assert rows[-1]["accuracy"] == training.accuracy  # tested on the same samples, as they are few
    assert f"unseen {kind}s" in training.summary()


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_a_design_fits_its_data(design: Design):
    source = open_source(f"{design.data}:16")
    assert source.classes == design.classes
    assert source.shape == design.input
    array = source[0].array * design.levels
    assert np.array_equal(array, np.rint(array))


@pytest.mark.parametrize(("design", "parameters"), [(SOUND, 53_040), (VOLUME, 63_048)])
def test_sounds_and_volumes_have_networks_as_plain(design: Design, parameters: int):
    network = DemoNetwork(design)
    channels, by_hand = design.input[0], 0
    for width, kernel in zip(design.widths, design.kernels, strict=True):
        by_hand += (channels * kernel**design.dims + 1) * width
        channels = width
    assert (
        sum(p.numel() for p in network.parameters()) == by_hand + (channels + 1) * 8 == parameters
    )
    assert network(torch.zeros(2, *design.input)).shape == (2, 8)


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_the_shipped_network_does_what_its_record_says(design: Design):
    record = demo_record(design)
    assert design.weights.stat().st_size <= MOST_BYTES[design.kind]
    assert record["unseen"] == 5000
    assert record["accuracy"] >= LEAST[design.kind]
    assert record["recipe"] == asdict(RECIPES[design.kind])
    assert record["cpu_s"] < 600  # so less than ten minutes on one core, whatever else runs there
    network = load(design.spec)
    assert network.classes == design.classes
    source, right, tried = open_source(record["test_data"]), 0, 0
    for batch in source.batches(200, limit=400):
        assert batch.labels is not None
        with torch.no_grad():
            scores = network(torch.from_numpy(batch.arrays))
        right += int((scores.argmax(1).numpy() == batch.labels).sum())
        tried += len(batch.indices)
    # Four standard deviations of a sample of 400: the record's accuracy, and not another's.
    spread = 4 * (record["accuracy"] * (1 - record["accuracy"]) / tried) ** 0.5
    assert right / tried == pytest.approx(record["accuracy"], abs=spread + 0.003)


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_the_timeline_ends_with_the_shipped_filters(design: Design):
    found, record = demo_timeline(design.kind), demo_record(design)
    assert found.filters.shape[:2] == (len(found.steps), design.widths[0])
    assert found.steps[0] == 0
    assert (np.diff(found.steps) > 0).all()
    assert found.steps[-1] == record["recipe"]["samples"] * record["recipe"]["epochs"]
    final = demo_module(design).get_parameter("conv1.weight").detach().numpy()
    assert np.array_equal(found.filters[-1], final)
    assert np.abs(found.filters[0] - final).max() > 0.1


@pytest.mark.parametrize("kind", DESIGNS)
def test_over_training_accuracy_and_hierarchy_rise(kind: str):
    found = demo_timeline(kind)
    assert found.accuracy[0] < 0.3
    assert found.accuracy[-1] == pytest.approx(demo_record(DESIGNS[kind])["accuracy"], abs=0.03)
    assert found.hierarchy is not None
    last = found.hierarchy[-1]
    assert last.interval is not None
    assert last.interval[0] > 0
    rows = found.table().to_pylist()
    assert [row["samples"] for row in rows] == list(found.steps)
    assert all(row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"] for row in rows)


def test_other_kinds_are_refused():
    with pytest.raises(SpecError, match="image, sound, volume"):
        load("demo:smell")


def _plain_share(filters: np.ndarray) -> np.ndarray:
    """Return how much of each filter's energy is a colour blob (a constant) or an edge (a ramp).

    Random filters have a third of it there: three of nine directions.
    """
    y, x = np.mgrid[-1:2, -1:2] / 6**0.5
    basis = np.stack([np.full((3, 3), 1 / 3), y, x]).reshape(3, 9)
    flat = filters.reshape(16, 3, 9)
    return np.square(flat @ basis.T).sum((1, 2)) / np.square(flat).sum((1, 2))


def test_the_first_layer_learned_edges_and_colour_blobs():
    filters = demo_timeline().filters
    assert np.mean(_plain_share(filters[0])) == pytest.approx(1 / 3, abs=0.08)
    assert np.mean(_plain_share(filters[-1])) > 0.6
