"""Activation maps: what the network itself gives, for the units and samples that were asked for."""

import numpy as np
import torch

from convscope.data import open_source
from convscope.features.exemplars import activation_maps
from convscope.network import load


def test_maps_are_what_the_network_gives():
    net, source = load("demo"), open_source("parts:6")
    picks = {"relu2": [(3, 5), (0, 1), (3, 5)], "relu4": [(7, 2)], "classifier": [(1, 4)]}
    found = activation_maps(net, source, picks, batch=4)
    for layer, pairs in picks.items():
        for (unit, sample), got in zip(pairs, found[layer], strict=True):
            with torch.no_grad():
                whole = net.taps([layer])(torch.from_numpy(source[sample].array)[None])[layer]
            assert np.allclose(got, whole[0, unit], atol=1e-5)


def test_large_maps_keep_the_maxima_of_their_cells():
    net, source = load("demo"), open_source("parts:2")
    whole = activation_maps(net, source, {"relu1": [(4, 1)]})["relu1"][0]
    small = activation_maps(net, source, {"relu1": [(4, 1)]}, side=16)["relu1"][0]
    assert np.array_equal(small, whole.reshape(16, 4, 16, 4).max((1, 3)))
