"""Rewrites: a network becomes another network of the same weights, with a property that is known exactly."""

from convscope.network.rewriting.circular import circular

__all__ = ["circular"]
