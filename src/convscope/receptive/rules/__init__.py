"""What each ATen operation reads, by family."""

from convscope.receptive.rules import (  # noqa: F401
    attending,
    dependent,
    elementwise,
    mixing,
    moving,
    normalising,
    padding,
    resizing,
    viewing,
    windows,
)
