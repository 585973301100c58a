"""Trust: whether the pictures of a unit tell what it does, in a test with two alternatives."""

from convscope.features.trust.score import KINDS, Score, Trust, trust

__all__ = ["KINDS", "Score", "Trust", "trust"]
