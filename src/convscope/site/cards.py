"""The five ideas of the lesson as cards: what is said, what was measured, whether it holds here.

A verdict is only worth what its threshold is: both are printed, with the floor, which is what the
same code gives where the true answer is known to be zero.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from convscope.site import charts
from convscope.site.card import Card
from convscope.site.features.card import measured as features
from convscope.site.learning.card import measured as learning
from convscope.site.numbers import shape, times
from convscope.site.shift.card import measured as shift

Document = Mapping[str, Any]

FEWER = 10.0
"""Idea 1 is supported from this factor on: a tenfold saving by sharing, over the whole network."""

LOCAL = 0.5
"""Idea 2 is supported where more than this share of windowed layers sees less than the input."""


IDEAS = (
    Card(
        "sharing",
        "One detector, used everywhere",
        "What is worth finding in one place is worth finding in any other, so one small set of "
        "weights serves every position.",
        "#/sharing",
        "convscope sharing MODEL",
        True,
    ),
    Card(
        "receptive",
        "A unit sees a patch, no more",
        "What belongs together lies close together, so a unit looks at a small patch and cannot "
        "see outside it; deeper layers see further.",
        "#/receptive",
        "convscope receptive MODEL",
        True,
    ),
    Card(
        "features",
        "Simple first, then composed",
        "Complex things are made of simple ones: edges become corners, corners become shapes, "
        "shapes become wholes, and training finds the stages by itself.",
        "#/layers",
        "convscope features MODEL --data DATA",
        True,
    ),
    Card(
        "shift",
        "Move the picture, the maps move",
        "Shift the input and a convolution’s answer shifts with it; pooling then forgets the exact "
        "place.",
        "#/shift",
        "convscope shift MODEL --data DATA",
        True,
    ),
    Card(
        "learn",
        "The right priors need less data",
        "Where the assumptions fit the data there is less left to learn, and the network "
        "generalises from fewer examples; where they do not fit, it does not.",
        "#/learning",
        "convscope learn --data DATA -o ATLAS",
        True,
    ),
)


def cards(documents: Mapping[str, Document]) -> tuple[Card, ...]:
    """Return the five cards, measured where ``documents`` holds the idea's document."""
    what = {2: "sound", 4: "volume"}.get(len(documents.get("network", {}).get("input", ())))
    ideas = (
        replace(card, title=card.title.replace("picture", what)) if what else card for card in IDEAS
    )
    return tuple(
        _MEASURED[card.idea](card, documents[card.idea], documents["network"])
        if card.idea in documents and card.idea in _MEASURED and "network" in documents
        else card
        for card in ideas
    )


def _sharing(card: Card, document: Document, network: Document) -> Card:
    totals = document["totals"]
    convolutions = totals["by_kind"].get("conv")
    if not convolutions:
        return replace(card, text="This network has no convolution, so nothing is shared.")
    weights, dense = convolutions["weights"], convolutions["dense_weights"]
    saved = convolutions["local_weights"] / weights
    grouped = convolutions["grouping_factor"] or 1
    patch = times(dense / weights / saved / grouped)
    groups = f", {times(grouped)} because it reads a group of channels" if grouped > 1 else ""
    text = (
        f"fewer weights because they are shared; another {patch} because each looks at a "
        f"patch{groups}. The {weights:,} weights of the convolutions do the work of {dense:,}."
    )
    if totals["status"] != "complete":
        text += " Some operations are unknown, so this is a part of the whole."
    return replace(
        card,
        number=times(saved),
        text=text,
        verdict="supported" if saved >= FEWER else "not supported",
        threshold=f"at least {times(FEWER)} by sharing alone",
        floor="0, whole numbers counted exactly",
        chart=charts.small(charts.sharing_whole(convolutions)),
        caption=f"Of {dense:,} weights, what locality, groups and sharing save, and what is left",
    )


def _receptive(card: Card, document: Document, network: Document) -> Card:
    side = network["input"][1:]
    local = charts.local_layers(document)
    windowed = [row for row in local if row["kind"] in ("conv", "pool")]
    seen = [tuple(row.get("local_size") or row["size"]) for row in windowed]
    if not seen:
        return replace(card, text="No layer of this network looks through a window.")
    past = sum(all(n >= whole for n, whole in zip(sizes, side, strict=False)) for sizes in seen)
    many = f"{past} of the {len(seen)} see" if past != 1 else f"One of the {len(seen)} sees"
    return replace(
        card,
        number=f"{_side(seen[0])} → {_side(max(seen, key=max))}",
        text=f"{_unit(side)} seen by the first and by the widest layer with a window, in an input "
        f"of {shape(side)}. "
        + (f"{many} all of it." if past else "None sees all of it.")
        + _used(windowed),
        verdict="supported" if past / len(seen) < 1 - LOCAL else "not supported",
        threshold="more than half of the layers with a window see less than the input",
        floor="0, exact integer geometry",
        chart=charts.small(charts.receptive_line(document, network["input"])),
        caption="How far a unit sees, from the first layer to the last; dashed: the input’s side",
    )


_MEASURED: dict[str, Callable[[Card, Document, Document], Card]] = {
    "sharing": _sharing,
    "receptive": _receptive,
    "features": features,
    "shift": shift,
    "learn": learning,
}


def _used(rows: list[Document]) -> str:
    """Return how much of its field the deepest measured layer uses; nothing if none was measured."""
    measured = [row for row in rows if row.get("effective")]
    if not measured:
        return ""
    used = measured[-1]["effective"]
    share = used["area_ratio"]
    low, high = used["interval"]["area_ratio"]
    return (
        f" {measured[-1]['name']} finds 95 % of what moves it in {100 * share:.0f} % of its field "
        f"({100 * low:.0f} to {100 * high:.0f} %, {used['samples']:,} samples)."
    )


def _side(sizes: tuple[int, ...]) -> str:
    return f"{sizes[0]:,}" if len(set(sizes)) == 1 else shape(sizes).replace(" ", "")


def _unit(side: list[int]) -> str:
    return {1: "samples", 2: "pixels across", 3: "voxels across"}.get(len(side), "inputs across")
