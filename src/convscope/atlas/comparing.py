"""Two atlases side by side: what is needed of each to match the units of their networks."""

from dataclasses import dataclass

import numpy as np

from convscope.atlas.reader import Atlas
from convscope.errors import SpecError
from convscope.features.comparing import Side
from convscope.finding import NetworkId


@dataclass(frozen=True, eq=False)
class Kept:
    """What an atlas keeps of a layer's responses.

    Args:
        responses: float32 ``(R, U)``, on the kept samples.
        maximum: ``(U,)``.
        density: ``(U,)``.
    """

    responses: np.ndarray
    maximum: np.ndarray
    density: np.ndarray


def side(atlas: Atlas) -> Side:
    """Return what an atlas knows of its network's units.

    Raises:
        SpecError: it holds no features.
        WorkError: it is damaged.
    """
    if "features" not in atlas:
        raise SpecError(
            f"{atlas.path} holds no features to compare. Measure them: type `convscope look MODEL "
            f"--data DATA -o {atlas.path}` again, with the network and the data that it is of."
        )
    layers: dict[str, Kept] = {}
    labels: dict[str, list[str | None]] = {}
    units: dict[str, list[int]] = {}
    kept = np.array([], np.int64)
    for row in atlas.document("features")["layers"]:
        entry = f"features-{row['index']:04d}"
        table = atlas.table(entry)
        kept = np.array(atlas.document(entry)["kept"], np.int64)
        layers[row["name"]] = Kept(
            np.array(table["responses"].to_pylist(), np.float32).T,
            table["natural_max"].to_numpy(),
            table["density"].to_numpy(),
        )
        labels[row["name"]] = table["label"].to_pylist()
        units[row["name"]] = table["unit"].to_pylist()
    facts, data = atlas.manifest.network, atlas.manifest.data or {}
    network = NetworkId(facts["spec"], facts["fingerprint"])
    return Side(network, kept, layers, data.get("fingerprint", ""), labels, units, atlas.path.name)
