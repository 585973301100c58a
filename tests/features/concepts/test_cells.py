"""Units are where their receptive fields are; a concept is at a unit if it is in its cell."""

from fractions import Fraction

import numpy as np
import torch
from torch import nn

from convscope.features.concepts.cells import Axis, Grid
from convscope.network import Network
from convscope.receptive import receptive


def grid_of(module: nn.Module, shape: tuple[int, ...]) -> tuple[Grid, tuple[int, ...]]:
    net = Network(module.eval(), shape)
    layer = net.layers[-1]
    return Grid.of(receptive(net)[layer.name], layer.output[1:]), layer.output[1:]


def test_at_stride_one_cells_are_pixels() -> None:
    grid, space = grid_of(nn.Conv2d(1, 2, 3, padding=1), (1, 12, 10))
    mask = torch.rand(1, 1, *space)
    assert torch.equal(grid.strongest(mask, 1), mask.flatten(2))
    assert torch.equal(grid.values(mask), mask.flatten(2))


def test_cells_of_a_strided_map_tile_the_input_around_the_units_centres() -> None:
    """A lone pixel is found at the unit whose field's centre is nearest."""
    for module in (
        nn.Conv2d(1, 1, 3, stride=2, padding=1),
        nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.MaxPool2d(2)),
        nn.Conv2d(1, 1, 5, stride=3),
        nn.Sequential(nn.Conv2d(1, 1, 3, 2, 1), nn.Conv2d(1, 1, 3, 2, 1)),
    ):
        grid, space = grid_of(module, (1, 16, 16))
        axis = grid.axes[0]
        centres = np.array([float(axis.first + u * axis.step) for u in range(space[0])])
        for pixel in range(int(centres[0]), int(centres[-1]) + 1):
            picture = torch.zeros(1, 1, 16, 16)
            picture[..., pixel, :] = 1
            rows = grid.strongest(picture, 1).reshape(space).amax(1).numpy()
            distance = np.abs(centres - pixel)
            assert rows.sum() == 1
            assert distance[rows.argmax()] <= distance.min() + 0.5


def test_coarser_operators_reach_the_same_places() -> None:
    grid = Grid((Axis(8, Fraction(0), Fraction(1)),))
    coarse = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]])  # two positions to an element
    assert grid.strongest(coarse, 2)[0, 0].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    pooled = Grid((Axis(2, Fraction(3, 2), Fraction(4)),))
    assert pooled.strongest(coarse, 2)[0, 0].tolist() == [2, 4]


def test_a_layer_without_a_local_field_is_spread_over_the_input() -> None:
    class Upside(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3), keepdim=True) + nn.functional.avg_pool2d(x, 4)

    grid, _ = grid_of(Upside(), (1, 16, 16))
    assert [(axis.length, float(axis.step)) for axis in grid.axes] == [(4, 4.0), (4, 4.0)]


def test_large_maps_are_looked_at_on_one_lattice() -> None:
    grid = Grid((Axis(224, Fraction(0), Fraction(1)), Axis(100, Fraction(0), Fraction(2))))
    rows, columns = grid.lattice()
    assert len(rows) == len(columns) == 16
    assert grid.places() == 256
    assert ((rows >= np.arange(16) * 14) & (rows < np.arange(1, 17) * 14)).all()
    assert len(set(np.diff(columns))) > 1  # no period of its own
    x = torch.arange(224 * 100).reshape(1, 1, 224, 100)
    assert grid.values(x)[0, 0, 17] == rows[1] * 100 + columns[1]


def test_cells_have_as_many_axes_as_the_input() -> None:
    for dims, conv in ((1, nn.Conv1d), (3, nn.Conv3d)):
        grid, space = grid_of(conv(1, 2, 3, stride=2, padding=1), (1, *(8,) * dims))
        volume = torch.rand(2, 1, *(8,) * dims)
        assert grid.strongest(volume, 1).shape == (2, 1, 4**dims)
        assert space == (4,) * dims
