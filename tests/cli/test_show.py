"""`look`, `report`, `demo`, `serve`: kept, resumed, left out, shown."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import convscope as cs
from convscope.atlas import Atlas

Run = Callable[..., Any]
UNITS = {"features", "features-0001", "features-0004", "features-0006"}
LOOK = ("look", "model.py:net", "--data", "digits.npz", "-o", "atlas")


def written(folder: Path) -> dict[str, str]:
    """Return when each entry was written."""
    return {entry.name: entry.written for entry in Atlas.open(folder)}


def test_look_keeps_every_idea_and_makes_pages(desk: Path, convscope: Run) -> None:
    result = convscope(*LOOK)
    assert result.exit_code == 0, result.stderr
    assert "convscope serve atlas" in result.stdout
    atlas = Atlas.open(desk / "atlas")
    assert set(atlas.names) == {"network", "data", "sharing", "receptive", "shift"} | UNITS
    assert (desk / "atlas" / "index.html").is_file()
    assert atlas.manifest.left == {}
    network = atlas.document("network")
    assert network["parameters"] == 426
    assert [layer["kind"] for layer in network["layers"]][:3] == ["conv", "activation", "pool"]
    assert network["filters"]["shape"] == [4, 1, 3, 3]
    assert atlas.table("sharing").num_rows == 3


def test_look_answers_in_json(desk: Path, convscope: Run) -> None:
    result = convscope(*LOOK, "--json")
    found = json.loads(result.stdout)
    assert found["atlas"] == "atlas"
    assert found["network"]["spec"] == "model.py:net"
    assert set(found["entries"]) == {"network", "data", "sharing", "receptive", "shift"} | UNITS
    assert found["left"] == {}


def test_look_resumes(desk: Path, convscope: Run) -> None:
    convscope(*LOOK, "--only", "sharing")
    first = written(desk / "atlas")
    assert set(first) == {"network", "data", "sharing"}
    convscope(*LOOK)
    second = written(desk / "atlas")
    assert second["sharing"] == first["sharing"]
    assert second["data"] == first["data"]
    assert "receptive" in second
    convscope(*LOOK)
    assert {**written(desk / "atlas"), "network": ""} == {**second, "network": ""}


def test_what_changed_is_measured_again(desk: Path, convscope: Run) -> None:
    convscope(*LOOK)
    document = desk / "atlas" / "documents" / "sharing.json"
    document.unlink()
    convscope(*LOOK)
    assert document.is_file()


def test_a_spent_budget_names_what_is_left(desk: Path, convscope: Run) -> None:
    result = convscope(*LOOK, "--budget", "0.000001s")
    assert result.exit_code == 0
    assert "sharing: not measured. The budget" in result.stdout
    left = {"sharing", "receptive", "effective fields", "features", "shift"}
    left |= {f"features of {name}" for name in "147"}
    assert set(Atlas.open(desk / "atlas").manifest.left) == left
    assert convscope(*LOOK).exit_code == 0
    assert Atlas.open(desk / "atlas").manifest.left == {}
    assert "receptive" in Atlas.open(desk / "atlas")


def test_effective_fields_are_measured_on_the_data_and_drawn(desk: Path, convscope: Run) -> None:
    convscope(*LOOK)
    rows = {row["name"]: row for row in Atlas.open(desk / "atlas").document("receptive")["layers"]}
    seen = rows["3"]["effective"]
    assert all(0 < box <= 8 for box in seen["box95"])
    with Image.open(desk / "atlas" / seen["picture"]) as picture:
        assert picture.size == tuple(reversed(seen["shape"]))
        assert picture.convert("L").getextrema()[1] == 255
    assert rows["1"]["effective"] is None


def test_what_was_measured_with_data_is_kept_without(desk: Path, convscope: Run) -> None:
    convscope(*LOOK)
    before = written(desk / "atlas")["receptive"]
    convscope("look", "model.py:net", "--input", "1x16x16", "-o", "atlas")
    assert written(desk / "atlas")["receptive"] == before


def test_an_interruption_keeps_what_was_finished(
    desk: Path, convscope: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope.atlas import steps

    def stop(*words: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(steps, "effective", stop)
        result = convscope(*LOOK)
    assert result.exit_code == 130
    assert result.stderr.endswith("Stopped. What was finished is kept.\n")
    assert set(written(desk / "atlas")) == {"network", "data", "sharing", "receptive"}
    assert convscope(*LOOK).exit_code == 0
    rows = Atlas.open(desk / "atlas").document("receptive")["layers"]
    assert any(row["effective"] for row in rows)


def test_a_network_without_gradients_is_still_looked_at(
    desk: Path, convscope: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope.atlas import steps

    def fail(*words: Any, **named: Any) -> None:
        raise RuntimeError("derivative for aten::x is not implemented\nand a long trace")

    monkeypatch.setattr(steps, "effective", fail)
    result = convscope(*LOOK)
    assert result.exit_code == 0
    assert "effective fields: not measured. Gradients could not be measured (deriv" in result.stdout
    assert "receptive" in Atlas.open(desk / "atlas")
    assert (desk / "atlas" / "index.html").is_file()


def test_without_data(desk: Path, convscope: Run) -> None:
    result = convscope("look", "model.py:net", "--input", "1x16x16", "-o", "atlas")
    assert result.exit_code == 0, result.stderr
    assert set(Atlas.open(desk / "atlas").names) == {"network", "sharing", "receptive"}
    assert convscope(*LOOK).exit_code == 0
    assert "data" in Atlas.open(desk / "atlas")


def test_samples_of_pictures_are_what_the_network_sees(desk: Path, convscope: Run) -> None:
    convscope(*LOOK)
    atlas = Atlas.open(desk / "atlas")
    samples = atlas.document("data")["samples"]
    images = np.load(desk / "digits.npz")["images"]
    assert len(samples) == 6
    for sample in samples:
        assert sample["shape"] == [1, 16, 16]
        with Image.open(desk / "atlas" / sample["picture"]) as picture:
            shown = np.asarray(picture.convert("L"), np.float32) / 255
        assert np.abs(shown - images[sample["index"]]).max() <= 0.5 / 255 + 1e-6
    assert [sample["label"] for sample in samples] == ["0", "1", "2", "0", "1", "2"]


def test_samples_of_sound_can_be_drawn_and_played(desk: Path, convscope: Run) -> None:
    import soundfile

    result = convscope("look", "model.py:sound", "--data", "sound.npz", "-o", "atlas")
    assert result.exit_code == 0, result.stderr
    waves = np.load(desk / "sound.npz")["waveforms"]
    for sample in Atlas.open(desk / "atlas").document("data")["samples"]:
        drawn = np.fromfile(desk / "atlas" / sample["waveform"], "<f4")
        assert np.array_equal(drawn, waves[sample["index"]])
        played, _ = soundfile.read(desk / "atlas" / sample["sound"])
        assert np.abs(played - drawn).max() < 1e-4
        assert sample["picture"] is None


def test_samples_of_volumes_are_slices_stacked(desk: Path, convscope: Run) -> None:
    result = convscope("look", "model.py:volume", "--data", "volume.npz", "-o", "atlas")
    assert result.exit_code == 0, result.stderr
    (sample, *_) = Atlas.open(desk / "atlas").document("data")["samples"]
    with Image.open(desk / "atlas" / sample["picture"]) as picture:
        assert picture.size == (8, 64)


def test_data_of_another_size_are_fitted(desk: Path, convscope: Run) -> None:
    words = ("look", "model.py:free", "--data", "digits.npz", "--input", "1x24x24", "-o", "atlas")
    assert convscope(*words).exit_code == 0
    (sample, *_) = Atlas.open(desk / "atlas").document("data")["samples"]
    assert sample["shape"] == [1, 24, 24]


def test_skipped_files_are_counted_and_named(desk: Path, convscope: Run) -> None:
    folder = desk / "photos"
    folder.mkdir()
    for number in range(3):
        Image.new("L", (20, 20), number * 80).save(folder / f"{number}.png")
    (folder / "torn.png").write_bytes((folder / "0.png").read_bytes()[:40])
    result = convscope("look", "model.py:free", "--data", "photos", "-o", "atlas")
    assert result.exit_code == 0, result.stderr
    assert "torn.png" in result.stderr
    found = Atlas.open(desk / "atlas").document("data")
    assert found["skipped_count"] == 1
    assert found["skipped"][0][0].endswith("torn.png")


def test_report_is_one_file(desk: Path, convscope: Run) -> None:
    convscope(*LOOK)
    result = convscope("report", "atlas", "-o", "out.html", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["report"] == "out.html"
    assert found["bytes"] == (desk / "out.html").stat().st_size
    assert "model.py:net" in (desk / "out.html").read_text(encoding="utf-8")


def test_look_from_python(desk: Path) -> None:
    network = cs.load("model.py:net", input=(1, 16, 16))
    atlas = cs.look(network, cs.data("digits.npz"), out=desk / "atlas", only=["sharing"])
    assert isinstance(atlas, cs.Atlas)
    assert atlas.document("sharing")["totals"]["parameters"] == network.parameters


def test_serve_from_python_is_the_servers(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from convscope import server

    asked: list[Any] = []
    monkeypatch.setattr(server, "serve", lambda *words, **named: asked.append((words, named)))
    network = cs.load("model.py:net", input=(1, 16, 16))
    atlas = cs.look(network, out=desk / "atlas")
    atlas.serve(browser=False)
    atlas.serve(network=network, port=9000)
    words = {"network": None, "data": None, "port": None, "browser": False}
    behind = {"network": network, "data": None, "port": 9000, "browser": True}
    assert asked == [((desk / "atlas",), words), ((desk / "atlas",), behind)]


def test_a_network_to_run_behind_the_pages_gets_the_rule_that_the_atlas_keeps(
    desk: Path, convscope: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope import server

    served: list[dict[str, Any]] = []
    monkeypatch.setattr(server, "serve", lambda folder, **named: served.append(named))
    rule = ("--input", "1x16x16", "--mean", "0.25", "--std", "0.5")
    look = ("look", "model.py:free", "--data", "digits.npz", *rule, "--only", "sharing", "-o", "at")
    assert convscope(*look).exit_code == 0
    asked = convscope("serve", "at", "model.py:free", "--data", "digits.npz", "--no-open")
    assert asked.exit_code == 0, asked.stderr
    assert served[0]["network"].fingerprint == Atlas.open("at").manifest.network["fingerprint"]
    assert served[0]["data"].spec == "digits.npz"
    assert convscope("serve", "at", "--no-open").exit_code == 0
    assert (served[1]["network"], served[1]["data"]) == (None, None)


def test_demo_is_made_once_and_kept(
    desk: Path, convscope: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope import server

    served: list[Path] = []

    def serve(folder: Path, *, ready: Callable[[str], None], **named: Any) -> None:
        served.append(folder)
        ready("http://127.0.0.1:8756/")

    monkeypatch.setattr(server, "serve", serve)
    result = convscope("demo", "--no-open")
    assert result.exit_code == 0, result.stderr
    assert "http://127.0.0.1:8756/" in result.stdout
    (folder,) = served
    assert folder.is_relative_to(desk / "cache")
    first = written(folder)
    assert json.loads(convscope("demo", "--no-open", "--json").stdout)["url"].startswith("http")
    assert written(folder) == first


def test_serve_until_ctrl_c(desk: Path, convscope: Run) -> None:
    convscope(*LOOK)
    command = [sys.executable, "-m", "convscope", "serve", "atlas", "--no-open", "--json"]
    with subprocess.Popen(command, cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        url = json.loads(run.stdout.readline())["url"]
        with urllib.request.urlopen(url, timeout=10) as page:
            assert b"<title>" in page.read()
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=20) == 130
        assert run.stderr is not None
        assert b"Traceback" not in run.stderr.read()
