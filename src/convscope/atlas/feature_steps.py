"""The steps of idea 3: an entry for each layer, then one for all of them.

What one pass over the data gives is worked out once, when the first step asks for it, and the pass is
kept in the atlas's folder until every layer is there, so that an interrupted look goes on inside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from convscope.atlas.feature_pictures import MAP, Samples, layer_pictures, picks
from convscope.atlas.files import make_folder
from convscope.atlas.reader import Atlas
from convscope.atlas.result import Result, Step, Unmeasured, first_line
from convscope.atlas.schema import fingerprint
from convscope.atlas.shown import shown
from convscope.data import Source, spread
from convscope.errors import ConvscopeError
from convscope.features import Features, Settings
from convscope.features.chosen import chosen
from convscope.features.exemplars import activation_maps
from convscope.features.finding import brief
from convscope.features.study import colours_of, drawn, survey
from convscope.network import Network
from convscope.progress import Progress

KEPT = 500
"""Samples on which every unit's response is kept, so that two networks can be compared."""
WORK = "work"
"""A folder for what is not finished; removed when it is."""


def feature_steps(
    network: Network,
    data: Source,
    data_fingerprint: str | None,
    folder: Path,
    *,
    layers: tuple[str, ...] | None,
    settings: Settings,
    batch: int,
) -> Iterator[Step]:
    """Yield a step for each layer, and the one that puts them together.

    Args:
        network: the network, on the device where it is measured.
        data: what it looks at.
        data_fingerprint: of the data.
        folder: the atlas.
        layers: names of layers; None takes the usual ones.
        settings: how features are measured.
        batch: samples that pass through the network at once.
    """
    names = chosen(network, layers)
    study = _Study(network, data, folder, names, settings, batch)
    key = partial(
        fingerprint,
        idea="features",
        network=network.fingerprint,
        data=data_fingerprint,
        layers=names,
        settings=asdict(settings),
    )
    for name in names:
        measure = partial(study.layer, name)
        yield Step("features", f"features of {name}", key(layer=name), measure, study.entry(name))
    yield Step("features", "features", key(), partial(study.whole, key=key), gathers=True)


class _Study:
    """What the steps share."""

    def __init__(
        self,
        network: Network,
        data: Source,
        folder: Path,
        names: list[str],
        settings: Settings,
        batch: int,
    ):
        self.network, self.data, self.folder = network, data, folder
        self.names, self.settings, self.batch = names, settings, batch
        self._samples = Samples(data, network.input.shape)
        self._index = {layer.name: i for i, layer in enumerate(network.layers)}
        self._found: Features | None = None
        self._maps: dict[str, np.ndarray] = {}

    def entry(self, name: str) -> str:
        """Return the name of a layer's entry."""
        return f"features-{self._index[name]:04d}"

    def layer(self, name: str, progress: Progress) -> Result:
        """Measure one layer: what is known of its units, and pictures made for them."""
        found = self._survey(progress)
        colours = colours_of(self.network, self.data, self.settings)
        row = found[name]
        notes = []
        try:
            row = drawn(self.network, row, colours, row.numbers, self.settings, progress=progress)
        except (
            ConvscopeError,
            RuntimeError,
        ) as error:  # an operation without a gradient, no memory
            notes = [f"No pictures could be made ({first_line(error)})."]
        alone = replace(found, layers=(row,))
        document: dict[str, Any] = {
            **{key: value for key, value in alone.document().items() if key in _HEAD},
            **alone.details(row),
            "index": self._index[name],
            "notes": notes,
            "kinds": list(
                dict.fromkeys(one.kind for made in row.syntheses.values() for one in made)
            ),
        }
        files = layer_pictures(self.entry(name), row, document, self._samples, self._maps.get(name))
        kept = spread(len(row.harvest.kept), KEPT)
        document["kept"] = row.harvest.kept[kept]
        responses = pa.array(
            row.harvest.responses[kept][:, list(row.numbers)].T.tolist(), pa.list_(pa.float32())
        )
        return Result(alone, document, files, alone.table().append_column("responses", responses))

    def whole(self, progress: Progress, *, key: Callable[..., str]) -> Result:
        """Put the layers together, from what was kept of each; those that are missing are left out.

        Args:
            progress: told what is being done.
            key: makes the fingerprint of what the result depends on.
        """
        kept = Atlas.open(self.folder)
        names = [name for name in self.names if self.entry(name) in kept]
        if not names:
            raise Unmeasured("No layer was finished.")
        found = self._survey(progress)
        document = found.document()
        rows, units, seen = [], [], set()
        for row in document["layers"]:
            if row["name"] not in names:
                continue
            entry = self.entry(row["name"])
            layer = kept.document(entry)
            mine = {key: layer[key] for key in row if key in layer}
            place = {"index": self._index[row["name"]], "document": f"documents/{entry}.json"}
            rows.append(row | mine | place)
            units += [_contract(row["name"], unit) for unit in layer["detail"]]
            seen |= {one["sample"] for unit in layer["detail"] for one in _shown(unit)}
        samples, files = shown(self.data, self.network.input.shape, seen)
        document |= {"layers": rows, "units": units, "samples": samples}
        tables = [kept.table(self.entry(name)) for name in names]
        table = pa.concat_tables([one.drop_columns("responses") for one in tables])
        if names == self.names:
            return Result(found, document, files, table, finished=self._tidy)
        return Result(found, document, files, table, fingerprint=key(only=names))

    def _survey(self, progress: Progress) -> Features:
        if self._found is None:
            make_folder(self.folder / WORK)
            self._found = survey(
                self.network,
                self.data,
                self.names,
                settings=self.settings,
                batch=self.batch,
                checkpoint=self._checkpoint,
                progress=progress,
            )
            wanted = {row.name: picks(row) for row in self._found.layers if row.harvest.space}
            self._maps = activation_maps(
                self.network, self.data, wanted, side=MAP, progress=progress
            )
        return self._found

    @property
    def _checkpoint(self) -> Path:
        return self.folder / WORK / "exemplars.safetensors"

    def _tidy(self) -> None:
        for kept in (self.folder / WORK).glob(f"{self._checkpoint.stem}*"):
            kept.unlink()
        if (self.folder / WORK).is_dir() and not any((self.folder / WORK).iterdir()):
            (self.folder / WORK).rmdir()


_HEAD = ("convscope", "schema", "network", "protocol")


def _contract(layer: str, unit: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a unit that the document of all layers lists."""
    found = brief(unit)
    found["layer"] = layer
    found["synthesis"] = next(iter(unit["synthesis"]), None)
    if found["tuning"]:
        extra = ("curves", "best_by_family", "baseline")
        found["tuning"] = {k: v for k, v in found["tuning"].items() if k not in extra}
    left_out = (
        "deciles",
        "lows",
        "histogram",
        "mean",
        "deviation",
        "natural_min",
        "group",
        "trust",
    )
    return {key: value for key, value in found.items() if key not in left_out}


def _shown(unit: dict[str, Any]) -> list[dict[str, Any]]:
    return [*unit["exemplars"], *unit["deciles"], *unit["lows"]]
