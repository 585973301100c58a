"""What twins cost, against convscope's own count of an exported network and against the mapping between layers."""

import pytest

import convscope as cs
from convscope.learning.twins import costs, twins

SHAPES = [(1, 40), (3, 16, 16), (1, 8, 8, 8)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_of_a_convolution_is_what_the_sharing_room_counts(shape: tuple[int, ...]) -> None:
    for name in ("conv+pool", "conv", "dense"):
        twin = twins(shape, 5, names=[name])[name]
        counted = cs.sharing(cs.Network(twin.build(0).eval(), shape))
        cost = costs(twin)
        assert cost["parameters"] == sum(row.parameters for row in counted.layers)
        assert cost["macs"] == sum(row.macs or 0 for row in counted.layers)


@pytest.mark.parametrize("shape", SHAPES)
def test_local_layers_do_the_work_of_convolutions_with_a_kernel_for_each_place(
    shape: tuple[int, ...],
) -> None:
    made = {name: costs(twin) for name, twin in twins(shape, 5).items()}
    for pooling in ("", "+pool"):
        local, shared = made[f"local{pooling}"], made[f"conv{pooling}"]
        assert (local["macs"], local["units"]) == (shared["macs"], shared["units"])
        assert local["parameters"] > shared["parameters"]
    assert made["dense"]["units"] == made["conv"]["units"] < made["conv+pool"]["units"]
    assert made["dense"]["parameters"] == made["dense"]["macs"] + made["dense"]["units"] + 5
