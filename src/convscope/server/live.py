"""What the pages may ask of a network that runs behind them, and what is refused.

A page asks for one sample, moved by any offset, and gets maps and class scores back. Anything that can be
typed into an address arrives here, so every word is checked before any work is done, and work is one pass
through the network at a time: who comes meanwhile is told that it is busy, and no queue can grow.

A network is run only if the person who started the server named it, or if it comes with convscope: an atlas
is data, it may come from anybody, and a name in it must not run a program.
"""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from convscope.atlas import Atlas
from convscope.errors import ConvscopeError, SpecError

if TYPE_CHECKING:
    from convscope.data import Source
    from convscope.network import Network
    from convscope.server.bench import Bench

Way = Literal["native", "circular"]
BUILT_IN = {"demo": "parts", "demo:sound": "parts1d", "demo:volume": "parts3d"}
"""The networks that come with convscope, and the worlds that they look at."""

_LONGEST = 200  # letters of one word of a request


class Refused(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        reason: one sentence for a person.
    """

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Asked:
    """One request, checked.

    Args:
        sample: its index in the data.
        move: input positions per axis.
        way: the network as it is, or with circular padding.
        layers: whose maps; None for all that are shown.
    """

    sample: int
    move: tuple[float, ...]
    way: Way
    layers: tuple[str, ...] | None


class Live:
    """The network behind an atlas's pages.

    Args:
        atlas: the atlas, with its samples and with what was found of moves.
        opened: gives the network and the data; called once, when the first page asks.
    """

    def __init__(self, atlas: Atlas, opened: "Callable[[], tuple[Network, Source]]"):
        self._space = tuple(atlas.manifest.network["input"][1:])
        self._samples = tuple(row["index"] for row in atlas.document("data")["samples"])
        self._atlas = atlas
        self._opened = opened
        self._bench: Bench | Refused | None = None
        self._working = threading.Lock()

    def about(self) -> dict[str, Any]:
        """Return what may be asked for: samples, layers with their units, ways, the farthest moves.

        Raises:
            Refused: the network is at work, or cannot be run.
        """
        with self._alone() as bench:
            return {"samples": self._samples, "most": self._space, **bench.about()}

    def maps(self, words: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Return the maps and class scores that a request asks for.

        Args:
            words: names and values, as they stand in the address.

        Raises:
            Refused: it cannot be understood, the network is at work, or cannot be run.
        """
        asked = self.checked(words)
        with self._alone() as bench:
            if asked.way not in bench.ways:
                raise Refused(400, f"{asked.way!r} cannot be shown of this network.")
            known = bench.names(asked.way)
            unknown = [name for name in asked.layers or () if name not in known]
            if unknown:
                raise Refused(400, f"There is no layer {unknown[0]!r} among those that are shown.")
            return bench.maps(asked.sample, asked.move, asked.way, asked.layers)

    def checked(self, words: Sequence[tuple[str, str]]) -> Asked:
        """Return a request, if it asks for something there is.

        Raises:
            Refused: with status 400.
        """
        known = dict(words)
        strange = [name for name in known if name not in ("sample", "move", "way", "layers")]
        if strange or len(known) != len(words) or any(len(one) > _LONGEST for _, one in words):
            raise Refused(400, "Ask with sample, move, way and layers, each once and short.")
        way = known.get("way", "native")
        if way not in ("native", "circular"):
            raise Refused(400, "way is native or circular.")
        layers = known.get("layers")
        return Asked(
            self._sample(known.get("sample", "")),
            self._move(known.get("move", "")),
            way,
            None if layers is None else tuple(dict.fromkeys(layers.split(","))),
        )

    def _sample(self, text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) not in self._samples:
            raise Refused(400, f"sample is one of {', '.join(map(str, self._samples))}.")
        return int(text)

    def _move(self, text: str) -> tuple[float, ...]:
        try:
            move = tuple(float(part) for part in text.split(","))
        except ValueError:
            move = ()
        if len(move) != len(self._space) or not all(map(math.isfinite, move)):
            raise Refused(400, f"move is {len(self._space)} numbers joined by commas.")
        if any(abs(far) > size for far, size in zip(move, self._space, strict=True)):
            raise Refused(400, f"move is at most once round: {','.join(map(str, self._space))}.")
        return move

    @contextmanager
    def _alone(self) -> "Iterator[Bench]":
        """Hold the network for one piece of work; load it if this is the first."""
        if not self._working.acquire(blocking=False):
            raise Refused(503, "The network is at work for another page; ask again.")
        try:
            if self._bench is None:
                self._bench = self._load()
            if isinstance(self._bench, Refused):
                raise Refused(self._bench.status, str(self._bench))
            yield self._bench
        except (ConvscopeError, RuntimeError) as error:  # a sample that is gone, no memory
            raise Refused(409, str(error).strip().partition("\n")[0]) from error
        finally:
            self._working.release()

    def _load(self) -> "Bench | Refused":
        from convscope.server.bench import Bench

        try:
            network, data = self._opened()
            check_same(self._atlas, network, data)
            return Bench(self._atlas, network, data, self._samples)
        except (ConvscopeError, RuntimeError) as error:
            return Refused(409, str(error).strip().partition("\n")[0])


def live_of(
    atlas: Atlas, network: "Network | None" = None, data: "Source | None" = None
) -> Live | None:
    """Return what runs behind an atlas's pages; None where nothing may, or nothing was measured to be moved.

    Args:
        atlas: the atlas.
        network: the network, where somebody named it; else only those that come with convscope are run.
        data: what it looks at; None opens what the atlas says.

    Raises:
        SpecError: the network or the data are not those of the atlas, or there are no such data.
    """
    manifest = atlas.manifest
    if "shift" not in atlas or "data" not in atlas or manifest.data is None:
        return None
    spec = str(manifest.data["spec"])
    if network is not None:
        from convscope.data import open_source

        source = open_source(spec) if data is None else data
        named = network
        check_same(atlas, named, source)
        return Live(atlas, lambda: (named, source))
    own = str(manifest.network["spec"])
    if BUILT_IN.get(own) != spec.partition(":")[0]:
        return None

    def opened() -> "tuple[Network, Source]":
        from convscope.data import open_source
        from convscope.network import load

        return load(own), open_source(spec)

    return Live(atlas, opened)


def check_same(atlas: Atlas, network: "Network", data: "Source") -> None:
    """Check that a network and data are those that an atlas is about.

    Raises:
        SpecError: they are others.
    """
    manifest = atlas.manifest
    if network.fingerprint != manifest.network["fingerprint"]:
        raise SpecError(
            f"{network.spec} is not the network of {atlas.path}: its weights, its graph or its input differ. "
            "Name the one that `convscope look` measured, with its --weights; `look` may be run again."
        )
    if data.fingerprint != (manifest.data or {}).get("fingerprint"):
        raise SpecError(
            f"{data.spec} are not the data of {atlas.path}, or they changed since. Name with --data those that "
            "`convscope look` measured; `look` may be run again."
        )
