"""The lesson's own example: a dense layer on a picture against one convolution.

The lesson compares 512 dense neurons with 64 filters of 3×3, and counts a filter as nine weights: one
input channel. With all three colour channels a filter has 27. Both readings are right and both are
given. The two layers do not compute as many numbers, though, so the fair comparison is given as well:
the same maps from a dense layer.
"""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.finding import Finding, NetworkId, Protocol
from convscope.sharing.cost import LayerCost, number
from convscope.sharing.finding import short
from convscope.sharing.grammar import described

if TYPE_CHECKING:
    import pyarrow as pa


# What the lesson says of 133,802.67 and 44,600.89: it cuts the one and rounds the other.
_STATED = {"one_channel": 133_802, "all_channels": 44_601}


@dataclass(frozen=True)
class Lesson(Finding):
    """A dense layer on an image against a convolution, in both readings.

    Args:
        image: shape of the image, ``(C, H, W)``.
        neurons: outputs of the dense layer.
        one_channel: the convolution on one channel of the image.
        all_channels: the convolution on the whole image.
    """

    idea: ClassVar[str] = "sharing"
    image: tuple[int, ...]
    neurons: int
    one_channel: LayerCost
    all_channels: LayerCost

    @property
    def dense_weights(self) -> int:
        """Return the dense layer's weights: every neuron reads every value of the image."""
        return prod(self.image) * self.neurons

    def body(self) -> dict[str, Any]:
        """Return the fields of ``sharing --lesson``: weights, and how many times fewer they are."""
        rows = {"one_channel": self.one_channel, "all_channels": self.all_channels}
        return {
            "image": list(self.image),
            "neurons": self.neurons,
            "dense_weights": self.dense_weights,
            "convolution": {
                reading: {
                    "weights": row.weights,
                    "factor": self.dense_weights / row.weights,
                    "stated": _STATED[reading],
                }
                for reading, row in rows.items()
            },
            "same_outputs": {
                "dense_weights": self.all_channels.dense_weights,
                "locality_factor": number(self.all_channels.locality),
                "sharing_factor": self.all_channels.sharing,
                "factor": number(self.all_channels.factor),
            },
        }

    def table(self) -> "pa.Table":
        """Return one row per reading."""
        import pyarrow as pa

        rows = [
            {"reading": reading, "dense_weights": self.dense_weights, **values}
            for reading, values in self.body()["convolution"].items()
        ]
        return pa.Table.from_pylist(rows)

    def summary(self) -> str:
        """Return the comparison in plain words."""
        one, every = self.one_channel, self.all_channels
        return (
            f"A {_by(self.image[1:])} image with {self.image[0]} channels into {self.neurons} dense neurons "
            f"takes {self.dense_weights:,} weights. {every.output[0]} filters of {_by(every.kernel)} take "
            f"{one.weights:,} on one channel ({_STATED['one_channel']:,} times fewer) and {every.weights:,} "
            f"on all channels ({_STATED['all_channels']:,} times fewer). The outputs differ in number: for "
            f"the same {every.output[0]} maps a dense layer needs {every.dense_weights:,} weights, "
            f"×{short(float(every.locality or 1))} from locality times ×{every.sharing:,} from sharing. "
            "Locality saves memory and arithmetic; sharing saves memory only."
        )


def _by(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))


def lesson() -> Lesson:
    """Return the lesson's example: 3×224×224 into 512 neurons, against 64 filters of 3×3.

    >>> lesson().dense_weights
    77070336
    """
    return Lesson(
        network=NetworkId("lesson", "lesson"),
        protocol=Protocol(id="sharing/lesson", dtype="exact", floor=0.0),
        image=(3, 224, 224),
        neurons=512,
        one_channel=described("conv 1x224x224 64 3x3 p1 nobias").layers[0],
        all_channels=described("conv 3x224x224 64 3x3 p1 nobias").layers[0],
    )
