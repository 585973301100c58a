"""The public API, pinned: a name is added or taken away on purpose, here, in the docs and in the changelog."""

import ast
import re
import subprocess
import sys
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import convscope

ROOT = Path(__file__).resolve().parents[1]
NAMES = [
    "Atlas", "Layer", "Network", "compare", "data", "features", "learn", "load", "look", "prior", "receptive", "repair",
    "sharing", "shift",
]  # fmt: skip


def test_the_names_are_these() -> None:
    assert sorted(convscope.__all__) == NAMES
    assert len(convscope.__all__) <= 25


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there_and_explains_itself(name: str) -> None:
    thing = getattr(convscope, name)
    assert callable(thing)
    assert thing.__doc__


@pytest.mark.parametrize("name", ["data", "features", "receptive", "sharing", "shift"])
def test_a_room_is_callable_whichever_way_it_was_imported(name: str) -> None:
    program = f"import convscope.{name} as room, convscope; assert callable(room) and convscope.{name} is room"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "src" / "convscope" / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname or alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(NAMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'reseptive'"):
        convscope.__getattr__("reseptive")


def test_dir_lists_them() -> None:
    assert set(NAMES) <= set(dir(convscope))


def test_one_version_everywhere() -> None:
    assert version("convscope") == convscope.__version__
    assert f"version: {convscope.__version__}\n" in (ROOT / "CITATION.cff").read_text(
        encoding="utf-8"
    )
    assert f"## {convscope.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_constraints_pin_every_dependency_and_name_no_registry() -> None:
    pins = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert all(line.count("==") == 1 and "/" not in line and "@" not in line for line in pins)
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + [
        one for extra in project["optional-dependencies"].values() for one in extra
    ]
    names = {one.partition(">")[0].partition("[")[0].lower() for one in asked} - {"convscope"}
    assert names <= pinned, names - pinned


def test_whatever_is_pinned_runs_on_the_oldest_python_that_is_promised() -> None:
    """A pin that wants 3.11.5 leaves those with the Python of Debian 12 without an installation."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=") + ".0"
    pins = re.findall(
        r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    wanted = {}
    for name in pins:
        with suppress(PackageNotFoundError):  # of another platform, or of an extra that is not here
            wanted[name] = str(metadata(name).json.get("requires_python", ""))
    assert len(wanted) > 50
    assert not {name: rule for name, rule in wanted.items() if oldest not in SpecifierSet(rule)}
