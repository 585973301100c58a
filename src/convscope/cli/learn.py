"""The commands about learning: the study with twins, and the audit that needs no training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.cli import options as o
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from rich.console import RenderableType

    from convscope.learning.finding import Learning

TaskData = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="DATA",
        help="What is learned: labelled data, or a task such as planted:1; `convscope --help` lists the forms.",
    ),
]  # fmt: skip


def learn(
    data: TaskData = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Three nets, up to three sizes, five seeds: minutes.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FOLDER",
            help="Keep finished runs here and resume; an atlas there gets the page.",
        ),
    ] = None,
    nets: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Some of conv+pool,conv,local+pool,local,dense, joined by commas."
        ),
    ] = None,
    sizes: Annotated[
        str | None, typer.Option(metavar="N,N", help="Training samples, joined by commas.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, metavar="N", help="Runs of each net, size and condition.")
    ] = None,
    conditions: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Some of intact,permuted,block-permuted:B,shifted:D, joined by commas.",
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Optimiser steps of each run.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes; else one per core.")
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            metavar="TRACKER", help="Hand every run to tensorboard:FOLDER or mlflow:URI in the end."
        ),
    ] = None,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:  # fmt: skip
    """Idea 5: do the priors of convolution help on these data? Trains twins."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        from convscope.cli import learn_tables as tables
        from convscope.learning.learn import learn as studied
        from convscope.learning.tasks import open_task

        spec = _given(data, "learn", "--data digits --quick")
        asked = {"nets": _words(nets), "conditions": _words(conditions), "sizes": _numbers(sizes)}
        runs, keep = _places(out)
        task = open_task(spec, quick=quick, progress=terminal.progress)
        found = studied(
            task,
            quick=quick,
            seeds=seeds,
            steps=steps,
            out=runs,
            workers=workers,
            seed=seed,
            log=log,
            progress=terminal.progress,
            **asked,  # type: ignore[arg-type]
        )
        terminal.notes(found.notes)
        keep(found)
        terminal.answer(
            found.document, lambda: _with_place(tables.learn(found, every=verbose), out)
        )


def prior(
    data: TaskData = None,
    samples: Annotated[
        int, typer.Option(min=40, metavar="N", help="Samples to look at, spread over the data.")
    ] = 1000,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Idea 5: does this data fit a convolution? Nothing is trained."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        from convscope.cli import learn_tables as tables
        from convscope.learning.prior import prior as audited
        from convscope.learning.tasks import open_whole

        spec = _given(data, "prior", "--data parts")
        opened = open_whole(spec, progress=terminal.progress)
        terminal.notes(opened.notes)
        found = audited(
            opened,
            samples=samples,
            seed=seed,
            progress=terminal.progress,
        )
        terminal.answer(found.document, lambda: tables.prior(found))


def _given(data: str | None, command: str, example: str) -> str:
    if data is None:
        raise SpecError(
            f"`convscope {command}` is about data: type for example `convscope {command} {example}`."
        )
    return data


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",")]


def _numbers(text: str | None) -> list[int] | None:
    try:
        return None if text is None else [int(word) for word in text.split(",")]
    except ValueError:
        raise SpecError(
            f"{text!r} is no list of training sizes. Type whole numbers joined by commas: --sizes 32,128,512."
        ) from None


def _places(out: Path | None) -> "tuple[Path | None, Callable[[Learning], Any]]":
    """Return where runs are kept, and what keeps the finding: an atlas's folder gets an entry and its page."""
    if out is None:
        return None, lambda found: None
    from convscope.atlas.files import as_json, make_folder, write
    from convscope.atlas.schema import MANIFEST

    if (out / MANIFEST).is_file():
        from convscope.atlas.learning_step import RUNS, keep_learning
        from convscope.site import build

        def keep(found: "Learning") -> None:
            keep_learning(out, found)
            build(out)

        return out / RUNS, keep
    make_folder(out)
    return out, lambda found: write(out / "learn.json", as_json(found.document()).encode())


def _with_place(parts: "Iterator[RenderableType]", out: Path | None) -> "Iterator[RenderableType]":
    yield from parts
    if out is not None:
        yield f"Runs are kept in {out}; the same command goes on where it stopped."
