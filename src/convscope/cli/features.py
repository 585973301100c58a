"""The commands about what units respond to: one network's, or two side by side."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli import options as o
from convscope.cli.show import AtlasFolder
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convscope.features import Features
    from convscope.network import Network


class Style(o.StrEnum):
    """How pictures are made for units."""

    fourier = "fourier"
    maco = "maco"


def features(
    model: o.Model,
    data: o.Data = None,
    layers: o.Layers = None,
    units: o.Units = None,
    unit: Annotated[
        str | None,
        typer.Option(metavar="LAYER:U", help="One unit, with everything that is known of it."),
    ] = None,
    samples: Annotated[
        int, typer.Option(min=8, metavar="N", help="Samples to look at, spread over the data.")
    ] = 2000,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Begin no more pictures after 45s, 10m or 1h30m."),
    ] = None,
    pictures: Annotated[
        bool,
        typer.Option("--pictures/--no-pictures", help="Make a picture for each unit."),
    ] = True,
    style: Annotated[
        Style, typer.Option(help="How: fourier, or maco (phase only, for deep layers).")
    ] = Style.fourier,
    weights: o.Weights = None,
    input: o.Input = None,
    mean: o.Mean = None,
    std: o.Std = None,
    device: o.Where = o.Device.auto,
    batch: o.Batch = 16,
    seed: o.Seed = 0,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Idea 3: what each unit responds to, from edges to wholes."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        if data is None:
            raise SpecError(
                "What units respond to is measured on data: type --data DATA, for instance --data parts."
            )
        from convscope.cli import feature_tables as tables
        from convscope.cli.loading import (
            ModelWords,
            device_name,
            load_network,
            open_data,
            say_skipped,
        )
        from convscope.cli.numbers import duration

        if unit is not None and units is not None:
            raise SpecError(
                "--unit asks about one unit, --units about several of each layer: type one of them."
            )
        budget_s = None if budget is None else duration(budget)
        where = device_name(device)
        source = open_data(data, terminal)
        network = load_network(ModelWords(model, weights, input, mean, std), terminal, source)
        names = None if layers is None else [name.strip() for name in layers.split(",")]
        one = None if unit is None else _unit(unit, network)
        from convscope.features import Settings
        from convscope.features import features as measured

        found = measured(
            network.to(where),
            source,
            [one[0]] if one and names is None else names,
            units=None if one is None else {one[0]: [one[1]]},
            settings=Settings(samples=samples, units=units, style=style.value, seed=seed),
            pictures=pictures,
            budget_s=budget_s,
            batch=batch,
            progress=terminal.progress,
        )
        say_skipped(source, terminal)
        late = [row.name for row in found.layers if not row.syntheses]
        if pictures and budget_s is not None and late:
            terminal.note(f"The budget of {budget} ran out: no pictures for {', '.join(late)}.")
        if one is None:
            terminal.answer(found.document, lambda: tables.features(found, every=verbose))
        else:
            terminal.answer(lambda: _alone(found, *one), lambda: tables.unit(found.unit(*one)))


def compare(
    atlas: AtlasFolder,
    other: Annotated[o.Path, typer.Argument(metavar="ATLAS", help="Another, of the same data.")],
    out: Annotated[
        o.Path | None,
        typer.Option("-o", "--out", metavar="FILE.html", help="A page of it, with pictures."),
    ] = None,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Two networks, or two checkpoints of one: which units are the same, and what changed."""
    with Terminal(json=json, quiet=quiet, verbose=verbose) as terminal:
        if out is not None and out.suffix.lower() not in (".html", ".htm"):
            raise SpecError(f"{out} is no name for a web page: type -o {out.stem}.html.")
        from convscope.atlas import Atlas
        from convscope.atlas.comparing import side
        from convscope.cli import feature_tables as tables
        from convscope.features.comparing import compared

        first, second = Atlas.open(atlas), Atlas.open(other)
        found = compared(side(first), side(second))
        if out is not None:
            from convscope.site.comparing import comparison

            terminal.note(f"{comparison(found, first, second, out)} shows it with pictures.")
        terminal.answer(found.document, lambda: tables.comparison(found, every=verbose))


def _unit(words: str, network: "Network") -> tuple[str, int]:
    """Return the layer's name and the unit's number.

    Raises:
        SpecError: there is no such layer or unit.
    """
    name, colon, number = words.rpartition(":")
    if not colon or not number.isdigit():
        raise SpecError(
            f"{words!r} names no unit: type the layer and the unit's number, such as --unit {network.layers[0].name}:5."
        )
    layer = network.layer(name)
    if int(number) >= layer.output[0]:
        raise SpecError(
            f"{layer.name} has {layer.output[0]} units, from 0; there is no unit {number}. "
            f"Type a number below {layer.output[0]}."
        )
    return layer.name, int(number)


def _alone(found: "Features", layer: str, number: int) -> "Mapping[str, Any]":
    document = found.document()
    head = {key: document[key] for key in ("convscope", "schema", "network", "protocol")}
    return {**head, "unit": found.unit(layer, number).details()}
