"""The commands about moves: what follows the input, what holds still, and the repair."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.cli import options as o
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError

if TYPE_CHECKING:
    from convscope.network import Network
    from convscope.shift.repairing import Repair

Quick = Annotated[
    bool,
    typer.Option(
        "--quick/--full",
        help="Some moves, drawn at random, of 16 samples; or all of them, of 64.",
    ),
]
Samples = Annotated[
    int | None, typer.Option(min=2, metavar="N", help="Samples to look at, spread over the data.")
]


class Torus(o.StrEnum):
    """What goes round."""

    wrap = "wrap"
    mirror = "mirror"


def shift(
    model: o.Model,
    data: o.Data = None,
    quick: Quick = True,
    samples: Samples = None,
    layers: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Only these layers, joined by commas.")
    ] = None,
    torus: Annotated[
        Torus, typer.Option(help="What goes round: the sample, or it beside its mirror image.")
    ] = Torus.wrap,
    weights: o.Weights = None,
    input: o.Input = None,
    mean: o.Mean = None,
    std: o.Std = None,
    labels: o.Labels = None,
    device: o.Where = o.Device.auto,
    batch: o.Batch = 8,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Idea 4: what moves with the input, what holds still, and why not."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        spec = _given(data, "shift")
        from convscope.cli import shift_tables as tables
        from convscope.cli.loading import (
            ModelWords,
            device_name,
            load_network,
            open_data,
            say_skipped,
        )

        where = device_name(device)
        source = open_data(spec, terminal)
        words = ModelWords(model, weights, input, mean, std, labels)
        network = load_network(words, terminal, source)
        from convscope.shift import shift as measured

        found = measured(
            network.to(where),
            source,
            samples=samples,
            quick=quick,
            layers=None if layers is None else [name.strip() for name in layers.split(",")],
            torus=torus.value,
            seed=seed,
            batch=batch,
            progress=terminal.progress,
        )
        say_skipped(source, terminal)
        terminal.answer(found.document, lambda: tables.shift(found, every=verbose))


def repair(
    model: o.Model,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE.pt2", help="The repaired network.")
    ],
    data: o.Data = None,
    steps: Annotated[
        str,
        typer.Option(
            "--with",
            metavar="NAMES",
            help="Some of size,circular,mirror,blur,polyphase,average, joined by commas.",
        ),
    ] = "blur",
    finetune: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Train it on these labelled samples for a little, after the repair.",
        ),
    ] = None,
    steps_of_training: Annotated[
        int | None,
        typer.Option(
            "--steps", min=1, metavar="N", help="Optimiser steps of --finetune; else 300."
        ),
    ] = None,
    atlas: Annotated[
        Path | None,
        typer.Option(
            metavar="ATLAS", help="Keep what was found in the network's atlas, for its pages."
        ),
    ] = None,
    quick: Quick = True,
    samples: Samples = None,
    weights: o.Weights = None,
    input: o.Input = None,
    mean: o.Mean = None,
    std: o.Std = None,
    labels: o.Labels = None,
    device: o.Where = o.Device.auto,
    batch: o.Batch = 8,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Idea 4: rewrite a network to move less, and measure it again."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        spec = _given(data, "repair")
        if out.suffix != ".pt2":
            raise SpecError(f"{out} is no name for a saved program: type -o {out.stem}.pt2.")
        if steps_of_training is not None and finetune is None:
            raise SpecError(
                "--steps are those of a training: type --finetune DATA too, or leave it out."
            )
        from convscope.cli import shift_tables as tables
        from convscope.cli.loading import (
            ModelWords,
            device_name,
            load_network,
            open_data,
            say_skipped,
        )

        where = device_name(device)
        source = open_data(spec, terminal)
        training = None if finetune is None else open_data(finetune, terminal)
        if training is not None and training.fingerprint == source.fingerprint:
            raise SpecError(
                f"--data and --finetune name the same samples ({spec}): a network that was trained on what it is "
                "measured on says nothing. Name others with one of the two."
            )
        words = ModelWords(model, weights, input, mean, std, labels)
        network = load_network(words, terminal, source)
        if atlas is not None:
            _is_about(atlas, network)
        from convscope.shift.repairing import Budget, measured

        budget = (
            Budget(seed=seed)
            if steps_of_training is None
            else Budget(steps=steps_of_training, seed=seed)
        )
        found, fixed = measured(
            network.to(where),
            source,
            [name.strip() for name in steps.split(",")],
            training=training,
            budget=budget,
            samples=samples,
            quick=quick,
            seed=seed,
            batch=batch,
            progress=terminal.progress,
        )
        say_skipped(source, terminal)
        fixed.to("cpu").save(out)
        if atlas is not None:
            _keep(atlas, found)
        terminal.answer(found.document, lambda: tables.repair(found, out, every=verbose))


def _given(data: str | None, command: str) -> str:
    if data is None:
        raise SpecError(
            f"How a network answers to moves is measured on data: type `convscope {command} MODEL --data DATA`, "
            "for instance --data parts."
        )
    return data


def _is_about(atlas: Path, network: "Network") -> None:
    """Refuse an atlas of another network, before anything takes time."""
    from convscope.atlas import Atlas

    about = Atlas.open(atlas).manifest.network
    if about["fingerprint"] != network.fingerprint:
        raise SpecError(
            f"The atlas {atlas} is about another network: {about['spec']} ({about['fingerprint'][:12]}), and this is "
            f"{network.spec} ({network.fingerprint[:12]}). Name the atlas that `convscope look {network.spec}` made."
        )


def _keep(atlas: Path, found: "Repair") -> None:
    from convscope.atlas.schema import fingerprint
    from convscope.atlas.shift_steps import keep_repair
    from convscope.site import build

    keep_repair(
        atlas, found, fingerprint(idea="repair", protocol=found.protocol, network=found.network)
    )
    build(atlas)
