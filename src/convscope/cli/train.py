"""The command that retrains the built-in network."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli import options as o
from convscope.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from convscope.learning import DemoTraining
    from convscope.learning.demo import Judge
    from convscope.network import Network


def train_demo(
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FOLDER",
            help="Keep the weights, their record and the filters' timeline here; resumes.",
        ),
    ] = None,
    kind: o.Kind = o.DemoKind.image,
    samples: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Fewer training samples, to try.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Fewer epochs, to try.")
    ] = None,
    unseen: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Samples to test it on.")
    ] = None,
    hierarchy: Annotated[
        bool,
        typer.Option(
            "--hierarchy", help="Measure the hierarchy score at each moment too: minutes more."
        ),
    ] = False,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:  # fmt: skip
    """Retrain a built-in network, and compare it with the shipped one."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        from convscope.atlas.files import make_folder
        from convscope.learning import train_demo as trained
        from convscope.learning.run import RECIPES

        asked = {"samples": samples, "epochs": epochs, "unseen": unseen}
        given: dict[str, int] = {name: n for name, n in asked.items() if n is not None}
        recipe = replace(RECIPES[kind.value], seed=seed, **given)
        if out is not None:
            make_folder(out)
        judge = _judge(recipe.design.data) if hierarchy else None
        training = trained(recipe, out=out, judge=judge, progress=terminal.progress)
        terminal.answer(lambda: _document(training), lambda: _readable(training, out))


def _judge(data: str) -> "Judge":
    """Return what scores a network on the data that the built-in networks are shown."""
    from convscope.cli.demo import SHOWN
    from convscope.data import open_source
    from convscope.features.climb import climb
    from convscope.learning import Climb

    source = open_source(f"{data}:{SHOWN}")

    def judge(network: "Network") -> Climb:
        found = climb(network, source)
        return Climb(found.rho, found.interval, found.labelled)

    return judge


def _document(training: "DemoTraining") -> "Mapping[str, Any]":
    from convscope.cli.loading import envelope
    from convscope.network import Network

    design = training.recipe.design
    network = Network(
        training.network,
        design.input,
        mean=design.mean,
        std=design.std,
        spec=f"{design.spec}, retrained",
    )
    record = training.record()
    return envelope(
        network=asdict(network.id),
        protocol={
            "id": "train-demo",
            "dtype": "float32",
            "seed": training.recipe.seed,
            "samples": training.unseen,
            "settings": record["recipe"],
        },
        record=record,
        shipped=training.shipped,
        agrees=training.agrees,
    )


def _readable(training: "DemoTraining", out: Path | None) -> "Iterator[RenderableType]":
    from convscope.cli.tables import empty

    classes = empty("class", "*right")
    for name, share in training.by_class.items():
        classes.add_row(name, f"{share:.1%}")
    yield classes
    yield training.summary()
    if out is not None:
        yield f"Weights, record and timeline are in {out}."
