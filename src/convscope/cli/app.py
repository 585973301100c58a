"""The commands by name. Each imports what it needs when it runs, so that ``--help`` costs nothing."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import convscope
from convscope.cli import features, learn, measure, shift, show, train

# Whatever is wrong about a command's words is of this kind; the class itself is not public.
_WrongWords: type[typer.BadParameter] = typer.BadParameter.__bases__[0]


class _Commands(TyperGroup):
    """The commands; what is wrong about their words is said in one paragraph."""

    def make_context(self, *words: Any, **settings: Any) -> Any:
        try:
            return super().make_context(*words, **settings)
        except _WrongWords as error:
            raise _refused(error) from error

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except _WrongWords as error:
            raise _refused(error) from error


def _refused(error: typer.BadParameter) -> typer.Exit:
    command = error.ctx.command_path if error.ctx else "convscope"
    fault = error.format_message().rstrip(".")
    typer.echo(f"Error: {fault}. `{command} --help` lists what there is.", err=True)
    return typer.Exit(2)


app = typer.Typer(
    name="convscope",
    cls=_Commands,
    help="A microscope and test bench for convolutional networks: why does my network work, and "
    "where does it not? Start with `convscope demo`.",
    epilog="MODEL is demo, demo:sound, demo:volume, torchvision:NAME, timm:NAME, FILE.py:CALLABLE, "
    "package.module:CALLABLE or FILE.pt2. DATA is parts[:N[:SEED]], digits, a folder of pictures or "
    "WAV files, FILE.npz, IDX files, a folder of CIFAR batches, or torchvision:NAME:ROOT. Every "
    "command explains itself with --help, and prints one JSON document instead of tables with --json.",
    # Plain help is what keeps `convscope --help` fast, and reads the same in a log or aloud.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"convscope {convscope.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _without_command(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("demo")(show.demo)
app.command("look")(show.look)
app.command("serve")(show.serve)
app.command("report")(show.report)
app.command("sharing")(measure.sharing)
app.command("receptive")(measure.receptive)
app.command("features")(features.features)
app.command("compare")(features.compare)
app.command("shift")(shift.shift)
app.command("repair")(shift.repair)
app.command("learn")(learn.learn)
app.command("prior")(learn.prior)
app.command("train-demo")(train.train_demo)
