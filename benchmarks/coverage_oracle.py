"""Independent figures that the coverage benchmark compares with, read from a folder of CSV files."""

import ast
import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class KnownCost:
    """What a network costs at one input.

    Args:
        input: shape of one sample.
        parameters: how many.
        macs: multiply-adds.
    """

    input: tuple[int, ...]
    parameters: int
    macs: int


@dataclass(frozen=True)
class KnownField:
    """The receptive field of a network's last local map, gates removed.

    Args:
        output: shape of that map.
        size: input positions that a unit reads, per axis.
        stride: input positions between units, per axis.
        center: middle of output 0's field, per axis; fractions as ``31/2``.
        phases: after how many units the field repeats.
    """

    output: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[str, ...]
    center: tuple[str, ...]
    phases: int


@dataclass(frozen=True)
class Oracle:
    """All figures.

    Args:
        costs: by torchvision name.
        fields: by torchvision name.
        vnet: size of the field of V-Net's stages, by ``L-Stage1`` and so on.
    """

    costs: dict[str, KnownCost]
    fields: dict[str, KnownField]
    vnet: dict[str, int]


def read_oracle(folder: Path) -> Oracle:
    """Return the figures of a folder."""
    costs = {
        row["model"]: KnownCost(
            tuple(ast.literal_eval(row["input_shape"])[1:]),
            int(row["parameters"]),
            round(float(row["gmacs"]) * 1e9),
        )
        for row in _rows(folder / "torchvision_parameters_macs.csv")
    }
    fields = {
        row["model"].rpartition(".")[2]: KnownField(
            _whole(row["output_shape"])[1:],
            _whole(row["size"]),
            tuple(row["jump"].split("x")),
            tuple(row["center_of_output_0"].split("x")),
            int(row["phases"]),
        )
        for row in _rows(folder / "receptive_fields.csv")
    }
    vnet = {row["stage"]: int(row["exact"]) for row in _rows(folder / "vnet_rf.csv")}
    return Oracle(costs, fields, vnet)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _whole(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))
