"""The commands by name. Each imports what it needs when it runs, so that ``--help`` costs nothing."""

from typing import Annotated

import typer

import convscope
from convscope.cli import measure, show

app = typer.Typer(
    name="convscope",
    help="A microscope and test bench for convolutional networks: why does my network work, and "
    "where does it not? Start with `convscope demo`.",
    epilog="MODEL is demo, torchvision:NAME, timm:NAME, FILE.py:CALLABLE, package.module:CALLABLE "
    "or FILE.pt2. DATA is parts[:N[:SEED]], digits, a folder of pictures or WAV files, FILE.npz, "
    "IDX files, a folder of CIFAR batches, or torchvision:NAME:ROOT. Every command explains itself "
    "with --help, and prints one JSON document instead of tables with --json.",
    no_args_is_help=True,
    # Plain help is what keeps `convscope --help` fast, and reads the same in a log or aloud.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _everywhere(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)
    ] = False,
) -> None:
    if version:
        typer.echo(f"convscope {convscope.__version__}")
        raise typer.Exit


app.command("demo")(show.demo)
app.command("look")(show.look)
app.command("serve")(show.serve)
app.command("report")(show.report)
app.command("sharing")(measure.sharing)
