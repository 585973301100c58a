"""The pages of an atlas, served on this machine only."""

from convscope.server.serve import serve

__all__ = ["serve"]
