"""What the audit of a data set found: along each axis, whether the assumptions of convolution hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from convscope.finding import Finding
from convscope.learning.prior.locality import Locality
from convscope.learning.prior.place import Place
from convscope.learning.prior.stationarity import Stationarity

if TYPE_CHECKING:
    import pyarrow as pa

ALIKE = 0.5
"""An axis is stationary where at least half of its local structure is common to all positions."""

WHERE = 0.5
"""Position is the answer where at least half of what a coarse map tells of the labels is absolute position."""

NEAR = 0.05
"""An axis is not local where neighbours correlate by no more than this beyond places far apart."""

UNRELATED = 0.01
"""Where any two places correlate by less, nothing goes together, and neighbours are not judged."""

MOSTLY, PART = 0.75, 0.25
"""So it is, too, where most of it is absolute position along all axes together, and part of it along this one."""

Word = Literal["yes", "no", "undecided"]


@dataclass(frozen=True)
class Axis:
    """One axis of a data set.

    Args:
        name: what it is called.
        size: places along it.
        locality: whether near things belong together; None where the axis has no places far apart.
        stationarity: whether local structure is the same everywhere; None where too little of the axis changes.
        place: whether labels are absolute position; None without labels.
    """

    name: str
    size: int
    locality: Locality | None
    stationarity: Stationarity | None
    place: Place | None

    @property
    def local(self) -> Word:
        """Whether neighbours belong together: the interval above the null, or nowhere above it by what counts.

        Not local only where anything goes together at all, and the interval ends below ``NEAR`` or the null: that it
        holds 0 shows nothing.
        """
        found = self.locality
        if found is None:
            return "undecided"
        low, high = found.interval
        if low > found.null99:
            return "yes"
        apart = found.anywhere > UNRELATED and high <= max(found.null99, NEAR)
        return "no" if apart else "undecided"

    @property
    def stationary(self) -> Word:
        """Whether at least half of the local structure is common to all positions, and more than by chance."""
        found = self.stationarity
        if found is None or found.interval is None:
            return "undecided"
        low, high = found.interval
        if low >= max(ALIKE, found.null99):
            return "yes"
        return "no" if high < ALIKE else "undecided"

    @property
    def positioned(self) -> Word:
        """Whether what can be told of the labels is position: half of it here, or most, and part of it here."""
        found = self.place
        if found is None or found.interval is None:
            return "undecided"
        low, high = found.interval
        mostly = found.together is not None and found.together >= MOSTLY
        if (low >= WHERE or (mostly and low >= PART)) and found.lost > found.null99:
            return "yes"
        return "no" if high < WHERE else "undecided"

    @property
    def share(self) -> Word:
        """Whether to share weights along this axis: it is local and stationary."""
        if "no" in (self.local, self.stationary):
            return "no"
        return "yes" if self.local == self.stationary == "yes" else "undecided"

    def document(self) -> dict[str, Any]:
        """Return the axis as JSON."""
        return {
            "axis": self.name,
            "size": self.size,
            "locality": self.locality
            and {
                **asdict(self.locality),
                "profile": [{"distance": d, "score": s} for d, s in self.locality.profile],
            },
            "stationarity": self.stationarity and asdict(self.stationarity),
            "place": self.place and asdict(self.place),
            "local": self.local,
            "stationary": self.stationary,
            "positioned": self.positioned,
            "share": self.share,
        }


@dataclass(frozen=True)
class Prior(Finding):
    """Whether the assumptions of convolution fit a data set, measured without training.

    Args:
        data: facts of the data: spec, fingerprint, shape and counts.
        axes: one for each axis of space.
        overall: locality and stationarity of all axes together.
        advice: what follows, one sentence an axis, in plain words.
        samples_needed: about how many would decide what is undecided; None where nothing is, or no number would.
    """

    idea: ClassVar[str] = "prior"
    data: Mapping[str, Any]
    axes: tuple[Axis, ...]
    overall: Mapping[str, Any]
    advice: tuple[str, ...]
    samples_needed: int | None = None

    @property
    def verdict(self) -> str:
        """``fits``, ``fits in part``, ``does not fit`` or ``undecided``.

        By the axes along which to share: all, some, or none. Where position is the answer, what is shared must not
        be pooled away, so at best the data fit in part. What is open for an axis leaves the whole open, unless
        another is shared along and something else is known to be in the way.
        """
        words = {axis.share for axis in self.axes}
        if words == {"no"}:
            return "does not fit"
        if "yes" not in words:
            return "undecided"
        if self.positioned or "no" in words:
            return "fits in part"
        return "fits" if words == {"yes"} else "undecided"

    @property
    def positioned(self) -> tuple[str, ...]:
        """The axes along which position is the answer."""
        return tuple(axis.name for axis in self.axes if axis.positioned == "yes")

    def __getitem__(self, name: str) -> Axis:
        """Return an axis by its name."""
        return next(axis for axis in self.axes if axis.name == name)

    def table(self) -> "pa.Table":
        """Return one row per axis."""
        import pyarrow as pa

        return pa.Table.from_pylist([_row(axis) for axis in self.axes])

    def summary(self) -> str:
        """Return the verdict and the advice, in one paragraph."""
        said = {
            "fits": "The assumptions of convolution fit these data",
            "fits in part": "The assumptions of convolution fit these data in part",
            "does not fit": "The assumptions of convolution do not fit these data",
            "undecided": "Whether the assumptions of convolution fit these data is undecided",
        }[self.verdict]
        return f"{said} ({self.data['used']:,} of {self.data['samples']:,} samples). {' '.join(self.advice)}"

    def body(self) -> dict[str, Any]:
        """Return the fields of the JSON document."""
        return {
            "data": dict(self.data),
            **self.overall,
            "axes": [axis.document() for axis in self.axes],
            "verdict": self.verdict,
            "advice": list(self.advice),
            "samples_needed": self.samples_needed,
        }


def _row(axis: Axis) -> dict[str, Any]:
    near, alike, where = axis.locality, axis.stationarity, axis.place
    return {
        "axis": axis.name,
        "size": axis.size,
        "locality": near and near.score,
        "locality_low": near and near.interval[0],
        "locality_high": near and near.interval[1],
        "locality_null99": near and near.null99,
        "length": near and near.length,
        "stationarity": alike and alike.score,
        "stationarity_low": alike and alike.interval and alike.interval[0],
        "stationarity_high": alike and alike.interval and alike.interval[1],
        "stationarity_null99": alike and alike.null99,
        "place": where and where.share,
        "place_low": where and where.interval and where.interval[0],
        "place_high": where and where.interval and where.interval[1],
        "local": axis.local,
        "stationary": axis.stationary,
        "positioned": axis.positioned,
        "share": axis.share,
    }
