"""`shift` and `repair`: tables, one document, a saved network, the atlas, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.atlas import Atlas

Run = Callable[..., Any]

WORDS = ("model.py:net", "--data", "digits.npz", "--samples", "4")


def test_the_document_has_the_fields_of_the_contract(desk: Path, convscope: Run) -> None:
    result = convscope("shift", *WORDS, "--json", "-q")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    names = {
        "name",
        "total_stride",
        "aligned_error",
        "unaligned_error",
        "alias_fraction",
        "subpixel_error",
        "floor",
    }
    assert all(names <= row.keys() for row in found["layers"])
    assert {"invariance", "consistency", "worst_case_accuracy", "flip_1px", "interval"} <= found[
        "output"
    ].keys()
    assert {"uneven", "halo", "tile"} <= found["boundary"].keys()
    assert found["testable"] is True
    assert found["protocol"]["samples"] == 4


def test_class_names_tell_which_answers_are_right(desk: Path, convscope: Run) -> None:
    names = list("abcdefghij")
    Path("names.txt").write_text("\n".join(names))
    with np.load("digits.npz") as stored:
        images = stored["images"]
    net = cs.load("model.py:net", input=(1, 16, 16))
    with torch.no_grad():
        given = net(torch.from_numpy(images)[:, None]).argmax(1).numpy()
    # The data call each sample by the name of the answer it gets, in an order of their own.
    known = [names[answer] for answer in sorted(set(given.tolist()), reverse=True)]
    labels = [known.index(names[answer]) for answer in given]
    np.savez("named.npz", images=images, labels=labels, classes=[*known, "other"])
    words = ("shift", "model.py:net", "--data", "named.npz", "--samples", 4, "--json", "-q")
    assert json.loads(convscope(*words).stdout)["output"]["accuracy"] is None
    graded = convscope(*words, "--labels", "names.txt")
    assert json.loads(graded.stdout)["output"]["accuracy"] == 1
    np.savez("named.npz", images=images, labels=labels, classes=["other", *known])
    wrong = convscope(*words, "--labels", "names.txt")
    assert json.loads(wrong.stdout)["output"]["accuracy"] < 1


@pytest.mark.parametrize(
    ("model", "data"), [("sound", "sound.npz"), ("volume", "volume.npz"), ("free", "digits.npz")]
)
def test_a_table_is_printed_for_any_number_of_axes(
    desk: Path, convscope: Run, model: str, data: str
) -> None:
    result = convscope("shift", f"model.py:{model}", "--data", data, "--samples", 3)
    assert result.exit_code == 0, result.stderr
    assert "its own strides" in result.stdout


def test_what_cannot_be_tested_exactly_says_what_could(desk: Path, convscope: Run) -> None:
    result = convscope("shift", *WORDS, "--input", "1x17x17", "--json", "-q")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["causes"] is None
    assert found["testable"]["reason"]
    assert [n % 2 for n in found["testable"]["nearest_input"][1:]] == [0, 0]


def test_a_repaired_network_is_saved_and_measured_again(desk: Path, convscope: Run) -> None:
    result = convscope(
        "repair", *WORDS, "--with", "circular,blur", "-o", "fixed.pt2", "--json", "-q"
    )
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["steps"] == ["circular", "blur"]
    assert found["changes"]
    assert found["before"]["protocol"]["id"] == found["after"]["protocol"]["id"]
    again = convscope("shift", "fixed.pt2", *WORDS[1:], "--json", "-q")
    assert again.exit_code == 0, again.stderr
    rows = [json.loads(again.stdout), found["after"]]
    first, second = (
        [row["aligned_error"] for row in one["layers"] if row["total_stride"]] for one in rows
    )
    assert first == pytest.approx(second, abs=1e-6)


def test_a_repair_is_kept_in_the_atlas_of_its_network(desk: Path, convscope: Run) -> None:
    made = convscope("look", *WORDS[:3], "-o", "atlas", "--only", "sharing", "-q")
    assert made.exit_code == 0, made.stderr
    result = convscope("repair", *WORDS, "-o", "fixed.pt2", "--atlas", "atlas", "-q")
    assert result.exit_code == 0, result.stderr
    assert "multiply-adds" in result.stdout
    assert Atlas.open("atlas").document("repair")["steps"] == ["blur"]
    assert "repair" in json.loads(Path("atlas/data/site.json").read_text())["documents"]
    other = convscope("repair", "model.py:free", *WORDS[1:], "-o", "x.pt2", "--atlas", "atlas")
    assert other.exit_code == 2
    assert "about another network" in other.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shift", "model.py:net"), "--data"),
        (("repair", *WORDS, "-o", "fixed.pt"), "fixed.pt2"),
        (("repair", *WORDS, "-o", "a.pt2", "--steps", "5"), "--finetune"),
        (("repair", *WORDS, "-o", "a.pt2", "--finetune", "digits.npz"), "the same samples"),
        (("repair", *WORDS, "-o", "a.pt2", "--with", "glue"), "no repair called"),
    ],
)
def test_wrong_words_end_with_2(
    desk: Path, convscope: Run, words: tuple[str, ...], said: str
) -> None:
    result = convscope(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not Path("a.pt2").exists()
