"""The coverage benchmark's results as a page of Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from coverage_oracle import KnownField, Oracle

Row = dict[str, Any]
GROUPS = {
    "timm": "timm, the smallest network of each module",
    "classification": "torchvision, classification",
    "segmentation": "torchvision, segmentation",
    "video": "torchvision, video",
}
TOLERANCE = 1e-3


def report(results: dict[str, Any], oracle: Oracle | None) -> str:
    """Return the page.

    Args:
        results: what ``coverage.json`` holds.
        oracle: the figures to compare with, if there are any.
    """
    rows: list[Row] = list(results["rows"].values())
    networks = [row for row in rows if row["group"] in GROUPS]
    parts: list[Iterable[str]] = [
        ("# Coverage", "", _made_on(results), ""),
        _handled(networks),
        _parameters(networks),
    ]
    if oracle is not None:
        parts += [_costs(rows, oracle), _fields(networks, oracle), _vnet(rows, oracle)]
    parts += [_dependence(rows), _every(networks)]
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _made_on(results: dict[str, Any]) -> str:
    machine = results["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    return (
        f"`python benchmarks/coverage.py`, one network at a time on {machine['threads']} thread of {machine['cores']} "
        f"cores, {machine['memory_gb']} GB, {machine['system']}; {versions}. At most {results['limit_s']:.0f} s for "
        "each network. Weights are random: shapes, counts and dependence need no trained ones. Seconds are processor "
        "seconds."
    )


def _handled(networks: Sequence[Row]) -> Iterator[str]:
    yield from ("## Handled", "", "Loads; gives layers, sharing and receptive fields.", "")
    lines = []
    for title, tried in (
        *(
            (title, [row for row in networks if row["group"] == group])
            for group, title in GROUPS.items()
        ),
        ("all", networks),
    ):
        done = [row for row in tried if _is_handled(row)]
        complete = [row for row in done if not row["unknown_macs"]]
        ruled = [
            row for row in done if not row["fields"]["unsupported"] and not row["fields"]["without"]
        ]
        lines.append((title, f"{len(done)} / {len(tried)}", len(complete), len(ruled)))
    yield from _table(
        ("", "handled / tried", "every multiply-add known", "every layer's field by a rule"), lines
    )
    failed = [row for row in networks if "failed" in row]
    yield from ("### Failures", "")
    if failed:
        yield from _table(
            ("network", "at", "reason"),
            [(row["spec"], row["failed"]["stage"], row["failed"]["reason"]) for row in failed],
        )
    else:
        yield from ("None.", "")
    partial = [
        row
        for row in networks
        if row.get("unknown_macs") or row.get("fields", {}).get("unsupported")
    ]
    if partial:
        yield from ("### In part", "")
        yield from _table(
            ("network", "multiply-adds not known", "field taken as the whole input"),
            [
                (
                    row["spec"],
                    ", ".join(row["unknown_macs"]),
                    ", ".join(row["fields"]["unsupported"]),
                )
                for row in partial
            ],
        )


def _is_handled(row: Row) -> bool:
    return "fields" in row and row.get("failed", {}).get("stage") in (None, "nan")


def _parameters(networks: Sequence[Row]) -> Iterator[str]:
    counted = [row for row in networks if "sharing_parameters" in row]
    wrong = [
        row
        for row in counted
        if not row["parameters"] == row["parameters_of_module"] == row["sharing_parameters"]
    ]
    yield from ("## Parameters", "")
    yield (
        f"Equal to `sum(p.numel())` of the module, built apart, for {len(counted) - len(wrong)} of {len(counted)}, by "
        "the network and by the sum of its sharing table's rows."
    )
    yield ""
    if wrong:
        yield from _table(
            ("network", "network", "sharing", "module"),
            [
                (
                    row["spec"],
                    row["parameters"],
                    row["sharing_parameters"],
                    row["parameters_of_module"],
                )
                for row in wrong
            ],
        )


def _costs(rows: Sequence[Row], oracle: Oracle) -> Iterator[str]:
    found = {(row["name"], tuple(row["input"])): row for row in rows if "macs" in row}
    lines, worst, right = [], 0.0, 0
    for name, known in oracle.costs.items():
        row = found.get((name, known.input))
        if row is None:
            lines.append((name, _by(known.input), "not counted", f"{known.macs:,}", ""))
            continue
        error = abs(row["macs"] - known.macs) / known.macs
        if error <= TOLERANCE and row["parameters"] == known.parameters:
            right, worst = right + 1, max(worst, error)
        else:
            lines.append(
                (name, _by(known.input), f"{row['macs']:,}", f"{known.macs:,}", f"{error:.3%}")
            )
    yield from ("## Multiply-adds and parameters against known figures", "")
    yield (
        f"{right} of {len(oracle.costs)} torchvision networks: parameters equal, multiply-adds within 0.1 % (largest "
        f"difference {worst:.1e})."
    )
    yield ""
    if lines:
        yield from _table(("network", "input", "counted", "known", "difference"), lines)


def _fields(networks: Sequence[Row], oracle: Oracle) -> Iterator[str]:
    by_name = {row["name"]: row for row in networks if row["group"] != "timm"}
    lines, right = [], 0
    for name, known in oracle.fields.items():
        found = by_name.get(name, {}).get("fields", {}).get("asked", {}).get("last")
        equal = found is not None and _equal(found, known)
        right += equal
        if found is not None:
            size, stride, center = (_by(found[key]) for key in ("size", "stride", "center"))
            lines.append(
                (name, found["layer"], size, stride, center, "yes" if equal else f"no: {known}")
            )
        else:
            lines.append((name, "", "", "", "", "not found"))
    yield from ("## Receptive fields against known figures", "")
    yield f"{right} of {len(oracle.fields)} exactly equal in size, stride, centre and phases."
    yield ""
    yield from _table(("network", "layer", "size", "stride", "centre of unit 0", "equal"), lines)


def _equal(found: dict[str, Any], known: KnownField) -> bool:
    return (
        tuple(found["size"]) == known.size
        and tuple(found["stride"]) == known.stride
        and tuple(found["center"]) == known.center
        and found["phases"] == known.phases
    )


def _vnet(rows: Sequence[Row], oracle: Oracle) -> Iterator[str]:
    asked = next(
        (row["fields"]["asked"] for row in rows if row["group"] == "vnet" and "fields" in row), {}
    )
    lines = [
        (stage, _by(asked[stage]["size"]), size)
        for stage, size in oracle.vnet.items()
        if stage in asked
    ]
    right = sum(
        set(asked[stage]["size"]) == {size} for stage, size in oracle.vnet.items() if stage in asked
    )
    yield from ("### V-Net", "", f"{right} of {len(oracle.vnet)} stages exactly equal.", "")
    yield from _table(("stage", "size", "known"), lines)


def _dependence(rows: Sequence[Row]) -> Iterator[str]:
    tested = [row for row in rows if "elements" in row.get("nan", {})]
    networks = [row for row in tested if row["group"] not in ("random", "every column")]
    columns = [row for row in tested if row["group"] == "every column"]
    graphs = [row for row in tested if row["group"] == "random"]
    yield from ("## The NaN test", "")
    yield (
        "A NaN in one column of the input marks every element that depends on it; the prediction is compared at every "
        "position of every node. *Unsound*: marked, not predicted. *Loose*: predicted, not marked."
    )
    yield ""
    yield from _table(
        ("", "tested", "nodes", "elements compared", "unsound", "loose", "with a loose node"),
        [
            (
                title,
                sum(row["nan"].get("graphs", 1) for row in some),
                f"{sum(row['nan']['nodes'] for row in some):,}",
                f"{sum(row['nan']['elements'] for row in some):,}",
                sum(sum(row["nan"]["unsound"].values()) for row in some),
                f"{sum(sum(row['nan']['loose'].values()) for row in some):,}",
                sum(bool(row["nan"]["loose"]) for row in some),
            )
            for title, some in (
                ("networks, 3 columns per axis", networks),
                ("networks on inputs of 64×64, every column", columns),
                ("random graphs, every column", graphs),
            )
        ],
    )
    wrong = [row for row in tested if row["nan"]["unsound"] or row["nan"]["loose"]]
    if wrong:
        yield from _table(
            ("network", "unsound", "loose", "first nodes"),
            [
                (
                    row["spec"] or row["name"],
                    sum(row["nan"]["unsound"].values()),
                    sum(row["nan"]["loose"].values()),
                    ", ".join([*row["nan"]["unsound"], *row["nan"]["loose"]][:4]),
                )
                for row in wrong
            ],
        )
    left = [
        row
        for row in rows
        if "left_out" in row.get("nan", {}) or row.get("failed", {}).get("stage") == "nan"
    ]
    if left:
        yield from ("Not tested:", "")
        yield from _table(
            ("network", "reason"),
            [
                (
                    row["spec"] or row["name"],
                    row.get("nan", {}).get("left_out") or row["failed"]["reason"],
                )
                for row in left
            ],
        )


def _every(networks: Sequence[Row]) -> Iterator[str]:
    yield from ("## Every network", "")
    lines = []
    for row in networks:
        if "fields" not in row:
            lines.append((row["name"], row["spec"], *[""] * 8))
            continue
        last = row["fields"]["last_local"] or {"size": (), "layer": ""}
        seconds = row["cpu_s"]
        lines.append(
            (
                row["name"],
                row["spec"].partition(":")[2],
                _by(row["input"]),
                f"{row['parameters']:,}",
                f"{row['macs'] / 1e6:,.1f}",
                row["layers"],
                _by(last["size"]),
                seconds["load"],
                round(seconds["layers"] + seconds["sharing"], 2),
                round(seconds["receptive"], 2),
            )
        )
    yield from _table(
        (
            "module or name", "network", "input", "parameters", "M multiply-adds", "layers", "last local field",
            "load, s", "layers and sharing, s", "receptive, s",
        ),
        lines,
    )  # fmt: skip


def _table(heads: Sequence[str], lines: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + " --- |" * len(heads)
    for line in lines:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |"
    yield ""


def _by(values: Sequence[object]) -> str:
    return " × ".join(map(str, values))
