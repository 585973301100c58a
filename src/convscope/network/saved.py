"""Networks in ``.pt2`` files: written whole or not at all, and read without running what they hold."""

import json
import os
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.export import ExportedProgram

from convscope.errors import SpecError, WorkError
from convscope.network.evaluation import in_eval_mode
from convscope.network.export import from_program
from convscope.network.inputs import AS_THEY_ARE, InputRule, checked_rule
from convscope.network.ruled import accepts, own_shape, put_rule_in_front

if TYPE_CHECKING:
    from convscope.network.graph import Network

_RULE = "convscope.json"
# A .pt2 archive may carry compiled code and pickled objects beside tensors; none of them is opened.
_CODE = re.compile(r"/aotinductor/|/custom_obj_|/opaque_obj_|\.so$|\.pkl$")
# Symbolic sizes are stored as text that torch hands to sympy, which evaluates it.
_EXPRESSION = re.compile(r'"expr_str":\s*"((?:[^"\\]|\\.)*)"')
_SYMBOL = r"[suz]\w?\d+"
_NAMES = {
    "Mod", "PythonMod", "FloorDiv", "CleanDiv", "CeilDiv", "Max", "Min", "Eq", "Ne", "Gt", "Ge", "Lt", "Le", "And",
    "Or", "Not", "Where", "ModularIndexing", "IntTrueDiv", "FloatTrueDiv", "TruncToInt", "FloorToInt", "CeilToInt",
    "RoundToInt", "ToFloat", "PowByNatural", "FloatPow", "Identity", "True", "False", "oo", "int_oo",
    "StrictGreaterThan", "GreaterThan", "StrictLessThan", "LessThan", "Equality", "Unequality", "Integer", "Symbol",
    "Rational", "Add", "Mul", "Pow", "integer", "positive", "nonnegative",
}  # fmt: skip


def save(network: "Network", path: Path) -> Path:
    """Write a network to ``path``, through a temporary file beside it.

    Raises:
        SpecError: the name does not end in ``.pt2``.
        WorkError: the file cannot be written.
    """
    if path.suffix != ".pt2":
        raise SpecError(
            f"A network is saved as a .pt2 file; {path.name} is not one. Type {path.stem}.pt2 instead."
        )
    rule = json.dumps(
        {"spec": network.spec, "classes": network.classes, "input": asdict(network.input)}
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=".pt2"
        )
        os.close(handle)
        try:
            torch.export.save(network.program, temporary, extra_files={_RULE: rule})
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise WorkError(
            f"{path} was not written: {error}. Give a folder that you can write to."
        ) from error
    return path


def load_saved(
    path: Path,
    shape: tuple[int, ...] | None = None,
    mean: Sequence[float] | str | None = None,
    std: Sequence[float] | str | None = None,
    labels: Sequence[str] | None = None,
) -> "Network":
    """Read a network from a ``.pt2`` file written by convscope or by ``torch.export.save``.

    Args:
        path: the file.
        shape: the shape of one sample; by default that with which it was exported.
        mean: put in front of a program that has no input rule; see ``InputRule``.
        std: the same.
        labels: the names of its classes; by default those in the file.

    Raises:
        SpecError: no such file, damaged, or holding code or pickled objects; or a rule that it cannot be given.
    """
    from convscope.network.graph import Network

    _refuse_code(path)
    extra = {_RULE: ""}
    program = _read(path, extra)
    # Conditions on sizes are stored as Python text that torch would run.
    program._guards_code = []
    known: dict[str, Any] = json.loads(extra[_RULE]) if extra[_RULE] else {}
    fields = known.get("input")
    own = tuple(fields["shape"]) if fields else own_shape(program)
    if shape is not None and not accepts(program, shape):
        raise SpecError(
            f"{path} was exported for samples of {_by(own)} and does not take {_by(shape)}. Leave out --input, or "
            "export the model for other sizes (torch.export.export with dynamic_shapes)."
        )
    shape = shape or own
    notes: tuple[str, ...] = ()
    if fields:
        rule = _unchanged(path, checked_rule(shape, fields["mean"], fields["std"]), mean, std)
    else:
        rule = checked_rule(shape, mean, std)
        notes = in_eval_mode(program)
        put_rule_in_front(program, rule)
        if mean is None and std is None:
            notes += (AS_THEY_ARE,)
    return Network.from_exported(
        from_program(program, rule),
        rule,
        spec=known.get("spec") or str(path),
        labels=labels or known.get("classes"),
        notes=notes,
    )


def _unchanged(
    path: Path,
    stored: InputRule,
    mean: Sequence[float] | str | None,
    std: Sequence[float] | str | None,
) -> InputRule:
    """Return the rule that a file holds; it is a part of the program, so no other can be asked for."""
    asked = checked_rule(stored.shape, mean, std)
    for word, wanted, held in (("mean", asked.mean, stored.mean), ("std", asked.std, stored.std)):
        if wanted not in (None, held):
            raise SpecError(
                f"{path} was saved by convscope with its input rule inside: --{word} is "
                f"{_said(held)} there and cannot become {_said(wanted)}. Leave out --{word}, or load the model "
                "that was saved, with this rule."
            )
    return stored


def _said(values: tuple[float, ...] | str | None) -> str:
    return (
        "none"
        if values is None
        else values
        if isinstance(values, str)
        else ",".join(f"{v:g}" for v in values)
    )


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _read(path: Path, extra: dict[str, str]) -> ExportedProgram:
    before = os.environ.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD")
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    try:
        return torch.export.load(str(path), extra_files=extra)
    except Exception as error:  # torch raises many kinds for a bad file
        raise SpecError(
            f"{path} is not a program that this torch ({torch.__version__}) can read: "
            f"{str(error).splitlines()[0][:200]}. "
            "Save it again with torch.export.save, with the same torch."
        ) from error
    finally:
        if before is None:
            del os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"]
        else:
            os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = before


def _refuse_code(path: Path) -> None:
    if not path.is_file():
        raise SpecError(
            f"There is no file {path}. Give the path of a .pt2 file saved by torch.export.save."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            texts = [
                archive.read(name).decode(errors="replace")
                for name in names
                if name.endswith(".json")
            ]
    except (zipfile.BadZipFile, OSError) as error:
        raise SpecError(
            f"{path} is not a .pt2 archive ({error}). Save the program again with torch.export.save."
        ) from error
    code = [name for name in names if _CODE.search(name)]
    if code or not any("/models/" in name for name in names):
        what = (
            f"holds compiled code or pickled objects ({code[0]})"
            if code
            else "has no exported program in it"
        )
        raise SpecError(
            f"{path} {what}; convscope does not open such a file. Save the plain program with torch.export.save."
        )
    for expression in (match for text in texts for match in _EXPRESSION.findall(text)):
        expression = re.sub(rf"'{_SYMBOL}'", "s0", expression)
        words = re.findall(r"[A-Za-z_]\w*", expression)
        strange = [word for word in words if word not in _NAMES and not re.fullmatch(_SYMBOL, word)]
        if strange or not re.fullmatch(r"[\w\s+\-*/(),<>=!&|~%.]*", expression):
            raise SpecError(
                f"{path} has a size that is not arithmetic ({expression[:80]!r}); the file is damaged or hostile."
            )
