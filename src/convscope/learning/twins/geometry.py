"""The shape of a small network, from which all its twins are made; and what is taken where none is given."""

from dataclasses import dataclass

from convscope.errors import SpecError
from convscope.learning.twins.positions import Edge, per_axis


@dataclass(frozen=True)
class Stage:
    """One layer and what comes after it.

    Args:
        channels: out.
        kernel: taps along every axis, or one number per axis.
        stride: likewise.
        padding: likewise.
        pool: side of the max-pooling that follows; twins without pooling take it as more stride.
    """

    channels: int
    kernel: int | tuple[int, ...]
    stride: int | tuple[int, ...] = 1
    padding: int | tuple[int, ...] = 0
    pool: int = 1


@dataclass(frozen=True)
class Geometry:
    """What all twins of a family have in common.

    Args:
        shape: ``(C, *S)`` of a sample.
        classes: how many.
        stages: the layers, each followed by a rectifier.
        norm: whether each map is brought to mean 0 and variance 1 over all its channels and
            positions before the rectifier. It has no weights, so it is the same function in every
            twin.
        edge: what the padding holds.
    """

    shape: tuple[int, ...]
    classes: int
    stages: tuple[Stage, ...]
    norm: bool = False
    edge: Edge = "zeros"

    @property
    def axes(self) -> int:
        """How many axes a sample has besides channels."""
        return len(self.shape) - 1

    def described(self) -> str:
        """Return everything there is to say of it, in one line."""
        stages = ", ".join(
            f"{s.channels} channels of {_times(s.kernel, self.axes)}"
            + (f" stride {_times(s.stride, self.axes)}" if s.stride != 1 else "")
            + (f" padding {_times(s.padding, self.axes)}" if s.padding else "")
            + (f" then pool {s.pool}" if s.pool > 1 else "")
            for s in self.stages
        )
        norm = "normalised without weights" if self.norm else "no normalisation"
        return f"{stages}; {norm}; {self.edge} at the borders"


def reference(
    shape: tuple[int, ...], classes: int, *, width: int | None = None, last: int = 4
) -> Geometry:
    """Return the geometry that is taken for samples of a shape where none is given.

    Layers of 3 taps per axis and pooling by 2 follow each other, at least two of them, each with twice the
    channels up to 64, until a map is at most ``last`` wide. At 4 the last units see most of the sample, and
    what moves by a quarter of it is answered alike; at 2 they see all of it, and only moves by half of it are
    answered alike. Long axes are first cut down by a wider first layer with a stride. Borders hold the other
    end of the axis: with zeros a deep network learns from the borders where things are, and pooling would not
    be a prior.

    Args:
        shape: ``(C, *S)``.
        classes: how many.
        width: channels of the first layer; None takes 16, and 8 for pictures above 16 and for volumes.
        last: the map is pooled until no axis is wider.

    Raises:
        SpecError: an axis is shorter than 4, or so long that the dense twin would not fit.
    """
    size = shape[1:]
    if min(size) < 4 or max(size) > (4096 if len(size) == 1 else 64 if len(size) == 2 else 32):
        raise SpecError(
            f"No small network is known for samples of {'×'.join(map(str, shape))}. Axes of 4 to "
            "4,096 (one of them), 64 (two) or 32 (three) are served; fit the data to such a size."
        )
    small = len(size) == 1 or (len(size) == 2 and max(size) <= 16)
    width = width or (16 if small else 8)
    largest = 64 if len(size) == 1 else 32 if len(size) == 2 else 16
    stride = 1
    while -(-max(size) // stride) > largest:
        stride *= 2
    stages = []
    now = size
    if stride > 1:
        kernel = 2 * stride - 1 + stride % 2
        stages.append(Stage(width, kernel, stride, kernel // 2))
        now = tuple((n + 2 * (kernel // 2) - kernel) // stride + 1 for n in now)
    while max(now) > last or len(stages) < 2:
        stages.append(Stage(min(width * 2 ** len(stages), 64), 3, 1, 1, 2))
        now = tuple((n - 1) // 2 + 1 for n in now)
    return Geometry(shape, classes, tuple(stages), norm=len(size) > 1, edge="circular")


def _times(value: int | tuple[int, ...], axes: int) -> str:
    return "×".join(map(str, per_axis(value, axes)))
