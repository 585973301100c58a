"""The commands that keep what was found, and show it."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli import options as o
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from convscope.atlas import Atlas
    from convscope.data import Source
    from convscope.network import Network

AtlasFolder = Annotated[
    Path, typer.Argument(metavar="ATLAS", help="A folder that `convscope look` made.")
]


def look(
    model: o.Model,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="ATLAS", help="The folder; an atlas there goes on."),
    ],
    data: o.Data = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="IDEAS",
            help="Only these, joined by commas: sharing,receptive,features,shift; or learn.",
        ),
    ] = None,
    layers: o.Layers = None,
    units: o.Units = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Stop measuring after 45s, 10m or 1h30m; run again to go on."
        ),
    ] = None,
    weights: o.Weights = None,
    input: o.Input = None,
    mean: o.Mean = None,
    std: o.Std = None,
    labels: o.Labels = None,
    device: o.Where = o.Device.auto,
    batch: o.Batch = 16,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Measure everything into an atlas with pages; resumes where it stopped."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        from convscope.atlas.looking import checked_ideas
        from convscope.atlas.looking import look as measured
        from convscope.atlas.writer import check_place
        from convscope.cli.loading import (
            ModelWords,
            device_name,
            load_network,
            open_data,
            say_skipped,
        )
        from convscope.cli.numbers import duration

        # Everything that can be wrong about the words is found before anything takes time.
        budget_s = None if budget is None else duration(budget)
        ideas = checked_ideas(None if only is None else [w.strip() for w in only.split(",")])
        check_place(out)
        where = device_name(device)
        source = None if data is None else open_data(data, terminal)
        words = ModelWords(model, weights, input, mean, std, labels)
        network = load_network(words, terminal, source)
        atlas = measured(
            network,
            source,
            out=out,
            only=ideas,
            layers=None if layers is None else [name.strip() for name in layers.split(",")],
            units=units,
            budget_s=budget_s,
            seed=seed,
            batch=batch,
            device=where,
            command=shlex.join(["convscope", *sys.argv[1:]]),
            progress=terminal.progress,
        )
        if source is not None:
            say_skipped(source, terminal)
        from convscope.site import build

        terminal.progress("making the pages", 0, None)
        build(out)
        terminal.answer(lambda: _document(atlas), lambda: _readable(atlas))


def serve(
    atlas: AtlasFolder,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="Its network, to run behind the pages; built-in ones do so anyway.",
        ),
    ] = None,
    weights: o.Weights = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="What it looks at, where that is not where it was."),
    ] = None,
    port: o.Port = None,
    browser: o.Open = True,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Show an atlas's pages on this machine until Ctrl-C."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        if model is None and (weights or data):
            raise SpecError(
                "--weights and --data are for the network behind the pages: name it after the atlas, "
                f"`convscope serve {shlex.quote(str(atlas))} MODEL`."
            )
        from convscope.cli.loading import load_again, open_data

        network = None if model is None else load_again(model, weights, atlas, terminal)
        source = None if data is None else open_data(data, terminal)
        _serve(atlas, port, browser, terminal, network, source)


def report(
    atlas: AtlasFolder,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE.html", help="The file to write.")
    ],
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Write an atlas into one self-contained HTML file."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        if out.suffix.lower() not in (".html", ".htm"):
            raise SpecError(f"{out} is no name for a web page: type -o {out.stem}.html.")
        from convscope.cli.loading import envelope
        from convscope.site import report as written

        place = written(atlas, out)
        size = place.stat().st_size
        terminal.answer(
            lambda: envelope(report=place, bytes=size),
            lambda: [f"{place} ({size / 1e6:.1f} MB): open it in any browser."],
        )


def demo(
    kind: o.Kind = o.DemoKind.image,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="ATLAS", help="Its folder; by default, one is kept for you."
        ),
    ] = None,
    port: o.Port = None,
    browser: o.Open = True,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Look at a built-in network, and show its pages."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        from convscope.cli.demo import demo_atlas

        _serve(demo_atlas(kind, out, terminal), port, browser, terminal)


def _serve(
    atlas: Path,
    port: int | None,
    browser: bool,
    terminal: Terminal,
    network: "Network | None" = None,
    data: "Source | None" = None,
) -> None:
    from convscope.cli.loading import envelope
    from convscope.server import serve as served

    def say(url: str) -> None:
        terminal.answer(
            lambda: envelope(atlas=atlas, url=url), lambda: [f"{atlas} is at {url} until Ctrl-C."]
        )

    served(atlas, network=network, data=data, port=port, browser=browser, ready=say)


def _document(atlas: "Atlas") -> "Mapping[str, Any]":
    from convscope.cli.loading import envelope

    found = atlas.manifest
    return envelope(
        network=found.network,
        data=found.data,
        protocol={"id": "look"},
        atlas=atlas.path,
        pages=atlas.path / "index.html",
        entries={
            entry.name: {
                "summary": entry.summary,
                "seconds": entry.seconds,
                "document": entry.document,
            }
            for entry in atlas
        },
        left=found.left,
    )


def _readable(atlas: "Atlas") -> "Iterator[RenderableType]":
    for entry in atlas:
        yield f"{entry.name}: {entry.summary}"
    for idea, reason in atlas.manifest.left.items():
        yield f"{idea}: not measured. {reason} Run the same command again to go on."
    yield f"{atlas.path} is ready: `convscope serve {shlex.quote(str(atlas.path))}` shows it."
