"""Networks in ``.pt2`` files: written whole or not at all, and read without running what they hold."""

import json
import os
import re
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.export import ExportedProgram

from convscope.errors import SpecError, WorkError
from convscope.network.export import from_program
from convscope.network.inputs import InputRule, checked_rule

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


def load_saved(path: Path, rule: InputRule | None = None) -> "Network":
    """Read a network from a ``.pt2`` file written by convscope or by ``torch.export.save``.

    Args:
        path: the file.
        rule: the input rule to use where the file has none of convscope's.

    Raises:
        SpecError: no such file, damaged, or holding code or pickled objects.
    """
    from convscope.network.graph import Network

    _refuse_code(path)
    extra = {_RULE: ""}
    program = _read(path, extra)
    # Conditions on sizes are stored as Python text that torch would run.
    program._guards_code = []
    known: dict[str, Any] = json.loads(extra[_RULE]) if extra[_RULE] else {}
    fields = known.get("input")
    if rule and not fields and (rule.mean or rule.std):
        note = "The saved program had no input rule; --mean and --std were put before it, its module names are lost."
        return Network(
            program.module(check_guards=False),
            rule.shape,
            mean=rule.mean,
            std=rule.std,
            spec=str(path),
            notes=[note],
        )
    stored = (
        checked_rule(fields["shape"], fields["mean"], fields["std"])
        if fields
        else rule or _rule_of(program)
    )
    return Network.from_exported(
        from_program(program, stored),
        stored,
        spec=known.get("spec") or str(path),
        labels=known.get("classes"),
    )


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


def _rule_of(program: ExportedProgram) -> InputRule:
    inputs = [
        spec.arg.name
        for spec in program.graph_signature.input_specs
        if spec.kind.name == "USER_INPUT"
    ]
    values = [node.meta["val"] for node in program.graph.nodes if node.name in inputs]
    if len(values) != 1:
        raise SpecError(
            f"The saved program takes {len(values)} inputs; convscope looks at networks of one tensor."
        )
    hint = [getattr(getattr(size, "node", None), "hint", size) for size in values[0].shape]
    return InputRule(tuple(int(size) for size in hint[1:]))
