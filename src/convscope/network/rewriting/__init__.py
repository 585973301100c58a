"""Rewrites: a network becomes another network of the same weights, with a property that is known exactly."""

from convscope.network.rewriting.blurred import blurred
from convscope.network.rewriting.circular import circular
from convscope.network.rewriting.dense import dense
from convscope.network.rewriting.ideal import ideal, upsampled
from convscope.network.rewriting.phases import all_phases, space_to_batch
from convscope.network.rewriting.polyphase import polyphase
from convscope.network.rewriting.precision import in_double, with_own_weights
from convscope.network.rewriting.sizes import resized
from convscope.network.rewriting.strides import testability, total_stride, total_strides

__all__ = [
    "all_phases",
    "blurred",
    "circular",
    "dense",
    "ideal",
    "in_double",
    "polyphase",
    "resized",
    "space_to_batch",
    "testability",
    "total_stride",
    "total_strides",
    "upsampled",
    "with_own_weights",
]
