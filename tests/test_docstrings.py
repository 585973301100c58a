"""Every public name explains itself; what the rooms offer says its arguments, results and errors."""

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "convscope"
ROOMS = [path.parent.name for path in sorted(PACKAGE.glob("*/__init__.py"))]


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield the public functions and classes of a module with their names, and the methods of the classes."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def silent(path: Path) -> list[str]:
    """Return the public names of a module that have no docstring; overriding methods inherit theirs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    missing = [] if ast.get_docstring(tree) else ["the module"]
    for name, node in public(tree.body):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        small = "." in name and _overrides(tree, name)
        if not small and not ast.get_docstring(node):
            missing.append(name)
    return missing


def _overrides(tree: ast.Module, name: str) -> bool:
    owner = name.split(".")[0]
    return any(
        isinstance(node, ast.ClassDef) and node.name == owner and node.bases for node in tree.body
    )


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_public_names_have_docstrings(path: Path) -> None:
    assert not silent(path)


def offered() -> list[tuple[str, str]]:
    """Return every name that a room exports, with its room."""
    found = []
    for room in ROOMS:
        module = importlib.import_module(f"convscope.{room}")
        found += [(room, name) for name in getattr(module, "__all__", [])]
    return found


def faults(thing: object, name: str) -> list[str]:
    """Return what the docstrings of a function, or of a class and its methods, leave out."""
    if inspect.isclass(thing):
        wrong = []
        for own, member in vars(thing).items():
            if not own.startswith("_") and inspect.isfunction(member):
                wrong += faults(member, f"{name}.{own}")
        return wrong
    if not inspect.isfunction(thing):
        return []
    text = inspect.getdoc(thing) or ""
    signature = inspect.signature(thing)
    wanted = [parameter for parameter in signature.parameters if parameter not in ("self", "cls")]
    raises, returns = _does(thing)
    said = []
    named = all(re.search(rf"``[^`]*\b{one}\b[^`]*``", text) for one in wanted)
    if (
        len(wanted) > 1 and "Args:" not in text and not named
    ):  # one argument is told in the first line
        said.append(f"{name}: no Args for {', '.join(wanted)}")
    if "Args:" in text:
        said += [f"{name}: Args leave out {one}" for one in wanted if f"    {one}:" not in text]
    if (
        returns
        and "eturn" not in text
        and "Yields:" not in text
        and not text.startswith(("Return", "Yield", "Tell"))
    ):
        said.append(f"{name}: nothing about what it returns")
    said += [
        f"{name}: Raises leave out {error}" for error in sorted(raises) if f"{error}:" not in text
    ]
    return said


def _does(function: FunctionType) -> tuple[set[str], bool]:
    """Return the errors that a function's own lines raise on purpose, and whether it returns something."""
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    raised = {
        inner.exc.func.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Raise)
        and isinstance(inner.exc, ast.Call)
        and isinstance(inner.exc.func, ast.Name)
        and inner.exc.func.id.endswith("Error")
    }
    gives = node.returns is not None and ast.unparse(node.returns) not in ("None", "'None'")
    return raised, gives


@pytest.mark.parametrize(("room", "name"), offered())
def test_what_a_room_offers_is_described_in_full(room: str, name: str) -> None:
    thing = getattr(importlib.import_module(f"convscope.{room}"), name)
    assert not faults(thing, name)


def test_faults_are_found() -> None:
    def bare(size: int, most: int) -> int:
        """Do something."""
        if size > most:
            raise ValueError("too large")
        return size

    assert faults(bare, "bare") == [
        "bare: no Args for size, most",
        "bare: nothing about what it returns",
        "bare: Raises leave out ValueError",
    ]
