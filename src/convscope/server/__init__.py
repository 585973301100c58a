"""The pages of an atlas, served on this machine only."""

from convscope.server.running import serve

__all__ = ["serve"]
