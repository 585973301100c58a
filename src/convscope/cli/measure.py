"""The commands that measure one idea and print it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.cli import options as o
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError

if TYPE_CHECKING:
    from convscope.finding import Finding


def sharing(
    model: Annotated[
        str | None,
        typer.Argument(metavar="MODEL", help="The network; `convscope --help` lists the forms."),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="LAYER", help='One layer described by hand: "conv 3x224x224 64 3x3 s1 p1".'
        ),
    ] = None,
    lesson: Annotated[bool, typer.Option("--lesson", help="The lesson's own example.")] = False,
    weights: o.Weights = None,
    input: o.Input = None,
    mean: o.Mean = None,
    std: o.Std = None,
    tied_biases: Annotated[
        bool,
        typer.Option(
            "--tied-biases",
            help="Count one bias per channel in the dense and local forms, not one per output.",
        ),
    ] = False,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Idea 1: what layers would cost dense, or unshared.

    Give a MODEL, or --layer, or --lesson.
    """
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        asked = [what for what in (model, layer, lesson or None) if what is not None]
        if len(asked) != 1:
            raise SpecError(
                "`convscope sharing` counts one thing at a time: type a MODEL "
                "(`convscope sharing torchvision:resnet18`), a layer "
                '(`convscope sharing --layer "conv 3x224x224 64 3x3 s1 p1"`), '
                "or `convscope sharing --lesson`."
            )
        words = {"--weights": weights, "--input": input, "--mean": mean, "--std": std}
        given = [name for name, value in words.items() if value is not None]
        if model is None and given:
            raise SpecError(f"{given[0]} belongs to a MODEL, and none is given: leave it out.")
        from convscope.cli import tables
        from convscope.sharing import described
        from convscope.sharing import lesson as the_lesson
        from convscope.sharing import sharing as counted

        if lesson:
            found: Finding = the_lesson()
        elif layer is not None:
            found = described(layer, tied_biases=tied_biases)
        else:
            from convscope.cli.loading import ModelWords, load_network

            asked_for = ModelWords(model or "", weights, input, mean, std)
            found = counted(load_network(asked_for, terminal), tied_biases=tied_biases)
        terminal.answer(
            found.document,
            lambda: tables.lesson(found) if lesson else tables.sharing(found, every=verbose),
        )


def receptive(
    model: o.Model,
    weights: o.Weights = None,
    input: o.Input = None,
    mean: o.Mean = None,
    std: o.Std = None,
    effective: Annotated[
        bool, typer.Option("--effective", help="Measure on DATA what units do see; needs --data.")
    ] = False,
    data: o.Data = None,
    layers: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Effective fields of these, joined by commas; else of up to 8."
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option(min=2, metavar="N", help="Samples for effective fields.")
    ] = 32,
    device: o.Where = o.Device.auto,
    batch: o.Batch = 8,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Idea 2: what a unit of each layer can see, and does see."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        if effective != (data is not None) or (layers and not effective):
            raise SpecError(
                "Effective fields are measured on data: type --effective and --data DATA together "
                "(for instance --effective --data parts), or leave --data and --layers out."
            )
        from convscope.cli import tables
        from convscope.cli.loading import ModelWords, device_name, load_network, open_data

        where = device_name(device) if effective else "cpu"
        source = None if data is None else open_data(data, terminal)
        network = load_network(ModelWords(model, weights, input, mean, std), terminal, source)
        from convscope.receptive import advice
        from convscope.receptive import effective as used
        from convscope.receptive import receptive as measured

        found = measured(network)
        if source is not None:
            names = None if layers is None else [name.strip() for name in layers.split(",")]
            seen = used(
                network.to(where),
                source,
                names,
                samples=samples,
                batch=batch,
                seed=seed,
                found=found,
                progress=terminal.progress,
            )
            found = replace(found.with_effective(seen), advice=advice(found, source))
        terminal.answer(found.document, lambda: tables.receptive(found, every=verbose))
