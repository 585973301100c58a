"""One feature in several orientations or hues is found as a family; other features are left out."""

import numpy as np

from convscope.features.concepts import families
from convscope.features.tuning import NONE, Tuning


def turned(
    angle: float,
    *,
    by: str = "orientation",
    family: str = "grating",
    width: float = 20,
    percent: float = 90,
    **other: float,
) -> Tuning:
    """Return a unit tuned to an angle, with a curve of that width."""
    period = 180 if by == "orientation" else 360
    values = np.arange(0, period, 15.0)
    apart = (values - angle + period / 2) % period - period / 2
    responses = np.exp(-0.5 * (apart / width) ** 2)
    preferred = {by: angle % period, **other}
    return Tuning(
        family, preferred, 0.8, 1.5, percent, {by: (values, responses)}, {}, 0.0, (NONE, 0.0)
    )


def test_eight_rotated_gabors_are_one_family() -> None:
    units = [turned(k * 22.5, frequency=0.1) for k in range(8)]
    units += [turned(45, frequency=0.25), turned(0, by="polarity", family="edge")]
    found = families("conv", units)
    assert len(found) == 1
    assert found[0].units == (0, 1, 2, 3, 4, 5, 6, 7)
    assert found[0].by == "orientation"
    assert found[0].values == tuple(k * 22.5 for k in range(8))
    assert found[0].document()["layer"] == "conv"


def test_what_differs_in_more_than_its_angle_is_another_family() -> None:
    fine = [turned(k * 30, frequency=0.25) for k in range(4)]
    coarse = [turned(k * 30, frequency=0.05) for k in range(4)]
    broad = [turned(k * 30, frequency=0.25, width=60) for k in range(3)]
    bright = [turned(k * 40, by="direction", family="corner", contrast=1) for k in range(3)]
    dark = [turned(k * 40, by="direction", family="corner", contrast=-1) for k in range(3)]
    found = families("conv", fine + coarse + broad + bright + dark)
    groups = {family.units for family in found}
    assert groups == {(0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10), (11, 12, 13), (14, 15, 16)}


def test_hues_make_a_family_too() -> None:
    units = [turned(k * 60, by="hue", family="colour spot", radius=3) for k in range(6)]
    found = families("conv", units)
    assert [(family.by, len(family.units)) for family in found] == [("hue", 6)]


def test_copies_pairs_and_units_that_hardly_respond_are_no_family() -> None:
    copies = [turned(45, frequency=0.1) for _ in range(5)]
    assert families("conv", copies) == []
    pair = [turned(0, frequency=0.1), turned(90, frequency=0.1)]
    assert families("conv", pair) == []
    faint = [turned(k * 30, frequency=0.1, percent=5) for k in range(5)]
    assert families("conv", faint) == []
    unknown = [turned(k * 30, frequency=0.1, percent=float("nan")) for k in range(5)]
    assert len(families("conv", unknown)) == 1
    dead = [Tuning(NONE, {}, 0, 0, 0, {}, {}, 0.0, (NONE, 0.0))] * 4
    assert families("conv", dead) == []
