"""What the units of whole networks respond to: one page out of atlases that `convscope look` made.

    python benchmarks/features.py ATLAS [ATLAS ...]

For each network: the mix of labels by depth, the hierarchy score beside that of its untrained control, the
precision of the labels on the half of the data that they were not chosen on, the share of units that stay
unknown, and what became of every picture that was made. Results: ``results/features.md``.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results" / "features.md"
EARLY = 1 / 3
"""Share of the layers, from the input on, that count as early."""


def main() -> None:
    """Read the atlases and write the page."""
    networks = [Summary(Path(given)) for given in sys.argv[1:]]
    if not networks:
        sys.exit(str(__doc__))
    lines = [
        "# Features",
        "",
        "Written by `benchmarks/features.py` from atlases that `convscope look` made with its usual settings. Labels "
        "are chosen on one half of the samples and graded on the other; `unknown` is a unit whose best label is not "
        "above the shuffled null. The control is the same network untrained, looked at in the same way.",
        "",
        "| network | samples | units | hierarchy score | untrained | precision of labels | unknown | dead | "
        "early layers labelled | pictures without status | median of natural maximum |",
        "| --- |" + " --- |" * 10,
        *(network.row() for network in networks),
        "",
        "The last column: the middle of the largest values that positive pictures reach, as a share of the largest "
        f"in the data, in pictures whose status is ok. Early: the first {EARLY:.0%} of the layers looked at.",
    ]
    for network in networks:
        lines += ["", *network.layers()]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


class Summary:
    """What one atlas says."""

    def __init__(self, atlas: Path):
        documents = atlas / "documents"
        self._whole = json.loads((documents / "features.json").read_text(encoding="utf-8"))
        self._parts = [
            json.loads((atlas / row["document"]).read_text(encoding="utf-8"))
            for row in self._whole["layers"]
        ]
        self._name = self._whole["network"]["spec"].rpartition(":")[2]

    def row(self) -> str:
        """Return the network's row in the table of all."""
        whole, parts = self._whole, self._parts
        score, precision = whole["hierarchy"], whole["precision"]
        units = sum(part["measured"] for part in parts)
        early = parts[: max(1, round(EARLY * len(parts)))]
        named = sum(part["measured"] - part["unknown"] - part["dead"] for part in early)
        alive = sum(part["measured"] - part["dead"] for part in early)
        pictures = [one for part in parts for unit in part["detail"] for one in unit["synthesis"]]
        cells = (
            self._name,
            whole["protocol"]["samples"],
            units,
            _score(score["rho"], score["interval"], score["labelled"]),
            _score(score["control_rho"], score["control_interval"], score["control_labelled"]),
            f"{precision['mean']:.2f} ({precision['labelled']} units)",
            f"{sum(part['unknown'] for part in parts) / units:.0%}",
            sum(part["dead"] for part in parts),
            f"{named / alive:.0%} ({named} of {alive})",
            f"{sum(not one['status'] for one in pictures)} of {len(pictures)}",
            _median(parts),
        )
        return f"| {' | '.join(map(str, cells))} |"

    def layers(self) -> list[str]:
        """Return the table of its layers."""
        lines = [
            f"## {self._name}",
            "",
            "| layer | field | units | level 1 | 2 | 3 | 4 | unknown | dead | most frequent labels | drawn stimuli "
            "that most units prefer | pictures | median | two-alternative score | of an untrained network |",
            "| --- |" + " --- |" * 14,
        ]
        for part in self._parts:
            families = Counter(part["families"]).most_common(4)
            statuses = Counter(
                one["status"] or "none" for unit in part["detail"] for one in unit["synthesis"]
            )
            trust = part["trust"] or {}
            cells = (
                part["layer"],
                "x".join(map(str, part["field"])),
                part["measured"],
                *(part["levels"][level] for level in "1234"),
                part["unknown"],
                part["dead"],
                ", ".join(f"{one['name']} {one['units']}" for one in part["labels"][:4]),
                ", ".join(f"{name} {count}" for name, count in families),
                ", ".join(f"{status} {count}" for status, count in statuses.items()),
                _median([part]),
                _share(trust.get("exemplars")),
                _share(trust.get("untrained")),
            )
            lines.append(f"| {' | '.join(map(str, cells))} |")
        return lines


def _median(parts: list[dict[str, Any]]) -> str:
    """Return the middle of what positive pictures reach, per cent of the natural maximum."""
    reached = [
        one["percent_of_natural"]
        for part in parts
        for unit in part["detail"]
        for one in unit["synthesis"]
        if one["kind"] == "positive" and one["status"] == "ok" and one["percent_of_natural"]
    ]
    return f"{median(reached):.0f} %" if reached else ""


def _score(rho: float | None, interval: list[float] | None, labelled: int) -> str:
    if rho is None or interval is None:
        return f"none ({labelled} labelled)"
    return f"{rho:.2f} ({interval[0]:.2f} to {interval[1]:.2f}; {labelled} labelled)"


def _share(trust: dict[str, Any] | None) -> str:
    if not trust:
        return ""
    return f"{trust['mean']:.0%} ({trust['interval'][0]:.0%} to {trust['interval'][1]:.0%})"


if __name__ == "__main__":
    main()
