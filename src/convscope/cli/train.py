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


def train_demo(
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FOLDER",
            help="Keep the weights, their record and the filters' timeline here; resumes.",
        ),
    ] = None,
    pictures: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Fewer training pictures, to try.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Fewer epochs, to try.")
    ] = None,
    unseen: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Pictures to test it on.")
    ] = None,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:  # fmt: skip
    """Retrain the built-in network, and compare it with the shipped one."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        from convscope.atlas.files import make_folder
        from convscope.learning import train_demo as trained
        from convscope.learning.demo import Recipe

        asked = {"pictures": pictures, "epochs": epochs, "unseen": unseen}
        given: dict[str, int] = {name: n for name, n in asked.items() if n is not None}
        recipe = replace(Recipe(), seed=seed, **given)
        if out is not None:
            make_folder(out)
        training = trained(recipe, out=out, progress=terminal.progress)
        terminal.answer(lambda: _document(training), lambda: _readable(training, out))


def _document(training: "DemoTraining") -> "Mapping[str, Any]":
    from convscope.cli.loading import envelope
    from convscope.network import Network
    from convscope.network.demo import DEMO_INPUT, DEMO_MEAN, DEMO_STD

    network = Network(
        training.network, DEMO_INPUT, mean=DEMO_MEAN, std=DEMO_STD, spec="demo, retrained"
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
