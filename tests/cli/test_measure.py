"""`sharing` and `receptive`: the numbers, the table, the JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
HEAD = ["convscope", "schema", "network", "protocol"]


def document(result: Any) -> dict[str, Any]:
    """Return the one JSON document that a command printed, and nothing else."""
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") == 1
    assert result.stdout.isascii()
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert list(found)[:4] == HEAD
    assert found["schema"] == 1
    return found


def test_the_lesson_in_json(desk: Path, convscope: Run) -> None:
    found = document(convscope("sharing", "--lesson", "--json"))
    assert found["dense_weights"] == 77_070_336
    one, every = found["convolution"]["one_channel"], found["convolution"]["all_channels"]
    assert (one["weights"], int(one["factor"])) == (576, 133_802)
    assert (every["weights"], round(every["factor"])) == (1728, 44_601)


def test_the_lesson_in_words(desk: Path, convscope: Run) -> None:
    shown = convscope("sharing", "--lesson").stdout
    for number in ("77,070,336", "576", "133,802", "1,728", "44,601"):
        assert number in shown


def test_a_layer_by_hand(desk: Path, convscope: Run) -> None:
    found = document(convscope("sharing", "--layer", "conv 3x224x224 64 3x3 s1 p1", "--json"))
    (row,) = found["layers"]
    assert row["dense_weights"] == 3 * 224**2 * 64 * 224**2
    assert row["weights"] == 1728
    assert row["locality_factor"] * row["sharing_factor"] == pytest.approx(row["factor"])


def test_a_network_is_counted(desk: Path, convscope: Run) -> None:
    found = document(convscope("sharing", "model.py:net", "--input", "1x16x16", "--json"))
    assert found["network"]["spec"] == "model.py:net"
    # conv 4·1·9+4, conv 8·4·9+8, linear 10·8+10
    assert found["totals"]["parameters"] == 40 + 296 + 90
    # 4·1·9·16² + 8·4·9·6² + 80
    assert found["totals"]["macs"] == 9216 + 10368 + 80


def test_the_users_file_may_print_and_stdout_stays_clean(desk: Path, convscope: Run) -> None:
    result = convscope("sharing", "model.py:net", "--input", "1x16x16", "--json")
    document(result)
    assert "a user's file may print" in result.stderr


def test_tables_have_totals_and_units(desk: Path, convscope: Run) -> None:
    result = convscope("sharing", "--layer", "conv 3x224x224 64 3x3 s1 p1")
    assert "total" in result.stdout
    assert "483G" in result.stdout
    assert "86.7M" in result.stdout
    assert result.stderr == ""


def test_tied_biases_change_the_twins(desk: Path, convscope: Run) -> None:
    words = ("sharing", "--layer", "conv 3x8x8 4 3x3 p1", "--json")
    assert document(convscope(*words)) != document(convscope(*words, "--tied-biases"))


def test_receptive_fields_in_json(desk: Path, convscope: Run) -> None:
    found = document(convscope("receptive", "model.py:net", "--input", "1x16x16", "--json"))
    sizes = {row["name"]: row["size"] for row in found["layers"]}
    assert sizes["0"] == [3, 3]
    assert sizes["2"] == [4, 4]
    assert sizes["3"] == [8, 8]
    assert all(row["effective"] is None for row in found["layers"])


def test_effective_fields_in_json(desk: Path, convscope: Run) -> None:
    words = ("receptive", "model.py:net", "--effective", "--data", "digits.npz", "--samples", "6")
    found = document(convscope(*words, "--json"))
    seen = {row["name"]: row["effective"] for row in found["layers"] if row["effective"]}
    assert set(seen) == {"0", "3"}
    for row in seen.values():
        assert {"sigma", "box95", "area_ratio"} <= row.keys()
        assert 0 < row["area_ratio"] <= 1
    one = document(convscope(*words, "--layers", "3", "--json"))
    assert [row["name"] for row in one["layers"] if row["effective"]] == ["3"]
    assert "effective 95 %" in convscope(*words).stdout


@pytest.mark.parametrize(
    ("model", "shape", "axes"),
    [("sound", "1x64", 1), ("net", "1x16x16", 2), ("volume", "1x8x8x8", 3)],
)
def test_one_to_three_axes(desk: Path, convscope: Run, model: str, shape: str, axes: int) -> None:
    words = ("receptive", f"model.py:{model}", "--input", shape)
    found = document(convscope(*words, "--json"))
    assert all(len(row["size"]) == axes for row in found["layers"])
    assert "field" in convscope(*words).stdout


def test_the_table_shows_where_the_field_changes(desk: Path, convscope: Run) -> None:
    words = ("receptive", "model.py:net", "--input", "1x16x16")
    short, long = convscope(*words).stdout, convscope(*words, "-v").stdout
    assert "activation" not in short
    assert "are not listed; -v lists them" in short
    assert long.count("activation") == 2


def test_notes_go_to_stderr_and_quiet_stops_them(desk: Path, convscope: Run) -> None:
    words = ("sharing", "model.py:net", "--input", "1x16x16")
    assert "untrained" in convscope(*words).stderr
    assert "untrained" not in convscope(*words).stdout
    assert "Note" not in convscope(*words, "-q").stderr


def test_one_thing_is_said_in_the_singular(desk: Path, convscope: Run) -> None:
    Path("one.py").write_text(
        "from torch import nn\n"
        "def conv():\n    return nn.Conv2d(3, 4, 3)\n"
        "def two():\n    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n"
    )
    alone = convscope("sharing", "one.py:conv", "--input", "3x8x8").stdout
    assert "1 row " in alone
    assert "its 1 convolution:" in alone
    seen = convscope("receptive", "one.py:two", "--input", "3x8x8").stdout
    assert "1 layer that sees what the one above it sees is not listed" in seen


def test_a_convolution_that_is_used_again_is_listed_again(desk: Path, convscope: Run) -> None:
    Path("again.py").write_text(
        "from torch import nn\nconv = nn.Conv2d(3, 3, 3)\n"
        "def build():\n    return nn.Sequential(conv, nn.ReLU(), conv)\n"
    )
    shown = convscope("sharing", "again.py:build", "--input", "3x8x8").stdout
    assert [line.split()[0] for line in shown.splitlines() if " conv " in line] == ["0", "2"]
