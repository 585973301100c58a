"""The documentation is true: complete where it lists, current where it is made, and its code runs."""

import ast
import importlib
import inspect
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from torch import nn

import convscope
from convscope import errors
from convscope.cli.app import app
from convscope.receptive import receptive
from convscope.sharing import lesson, sharing
from convscope.shift import shift

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
RECORD = ROOT / "src" / "convscope" / "network" / "weights" / "demo.json"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Run the small networks of the pages on one thread: more of them wait for each other on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made_by(script: str) -> Any:
    """Import one of the scripts in docs/ by its place."""
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module(script)
    finally:
        sys.path.pop(0)


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced code of one language on a page."""
    fence = re.compile(rf"^```{language}\b[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return fence.findall(page.read_text(encoding="utf-8"))


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_command_reference_is_what_help_prints() -> None:
    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    assert page == made_by("make_cli").page(), "run: python docs/make_cli.py"


def commands() -> dict[str, set[str]]:
    """Return every command with its options."""
    group: Any = typer.main.get_command(app)
    found = {
        name: {option for one in command.params for option in [*one.opts, *one.secondary_opts]}
        | {"--help", "-h"}
        for name, command in group.commands.items()
    }
    return {**found, "": {"--help", "-h", "--version", "--install-completion", "--show-completion"}}


def typed() -> Iterator[tuple[str, list[str]]]:
    """Yield every convscope command of every page, with the page's name."""
    for page in PAGES:
        for code in [*blocks(page, "sh"), *blocks(page, "console")]:
            joined = code.replace("\\\n", " ")
            for found in re.finditer(r"(?<![\w/:-])convscope (?!\d)([^\n|)#]*)", joined):
                for part in re.split(r"&&|;", "convscope " + found.group(1)):
                    words = shlex.split(part)
                    if words[:1] == ["convscope"]:
                        yield name_of(page), words[1:]


def test_every_command_on_every_page_exists() -> None:
    known = commands()
    seen = list(typed())
    assert len(seen) > 20
    wrong = []
    for page, words in seen:
        command = words[0] if words and not words[0].startswith("-") else ""
        options = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        if command not in known:
            wrong.append(f"{page}: convscope {command}")
        elif options - known[command]:
            wrong.append(f"{page}: convscope {command} {options - known[command]}")
    assert not wrong, "\n".join(wrong)


def test_every_make_target_on_every_page_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for page in PAGES:
        for code in blocks(page, "sh"):
            asked = set(re.findall(r"^make ([a-z]+)", code, re.MULTILINE))
            assert asked <= targets, (name_of(page), asked - targets)


def test_every_page_is_in_the_navigation() -> None:
    listed = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    missing = [
        path
        for page in DOCS.rglob("*.md")
        if (path := page.relative_to(DOCS).as_posix()) not in listed
    ]
    assert not missing


@pytest.mark.parametrize("name", sorted(convscope.__all__))
def test_every_public_name_is_in_the_reference(name: str) -> None:
    listed = (DOCS / "reference" / "api" / "index.md").read_text(encoding="utf-8")
    assert f"`cs.{name}`" in listed
    place = re.search(rf"`cs\.{name}`\]\(([\w/]+\.md)#([\w.]+)\)", listed)
    assert place, f"{name} is not linked"
    page = (DOCS / "reference" / "api" / place[1]).read_text(encoding="utf-8")
    assert f"::: {place[2]}\n" in page
    module, _, attribute = place[2].rpartition(".")
    described = getattr(importlib.import_module(module), attribute)
    public = getattr(convscope, name)
    assert described is getattr(public, "__measure__", public) or described is public


def test_every_error_class_is_explained() -> None:
    page = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    classes = [
        name
        for name, thing in vars(errors).items()
        if inspect.isclass(thing) and issubclass(thing, Exception)
    ]
    assert classes
    assert not [name for name in classes if f"`{name}`" not in page]


def fixed_words(node: ast.expr) -> str:
    """Return a message's words, with an ellipsis for what differs."""
    match node:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=parts):
            return "".join(fixed_words(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return fixed_words(left) + fixed_words(right)
    return "…"


def messages() -> Iterator[tuple[str, str]]:
    """Yield the place and the words of every message that the source raises on purpose."""
    for path in sorted((ROOT / "src" / "convscope").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="SpecError" | "WorkError"), args=[message, *_]):
                    words = fixed_words(message)
                    if words.strip("…. "):
                        yield f"{name_of(path)}:{node.lineno}", words.replace("`", "")


def test_every_message_has_its_row_among_the_errors() -> None:
    page = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| ")]
    excerpts = [excerpt for row in rows for excerpt in re.findall(r"`([^`]+)`", row)]
    shapes = [
        re.compile(".*".join(re.escape(part.strip(" ")) for part in excerpt.split("…")), re.DOTALL)
        for excerpt in excerpts
    ]
    raised = list(messages())
    assert len(raised) > 90
    unexplained = [
        f"{place}: {words}"
        for place, words in raised
        if not any(one.search(words) for one in shapes)
    ]
    assert not unexplained, "\n".join(unexplained)


def keys(document: Any) -> set[str]:
    """Return every key of a JSON document, at any depth."""
    if isinstance(document, dict):
        return set(document).union(*(keys(value) for value in document.values()))
    if isinstance(document, list):
        return set().union(*(keys(item) for item in document))
    return set()


@pytest.fixture(scope="module")
def explained() -> set[str]:
    """Return every field that the page on JSON documents names."""
    page = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([\w.]+)`", page))
    return names | {part for name in names for part in name.split(".")}


def test_every_field_of_a_finding_is_explained(explained: set[str]) -> None:
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
    net = convscope.Network(module, input=(1, 8, 8))
    for finding in (sharing(net), receptive(net), lesson()):
        document = json.loads(json.dumps(finding.document()))
        document["protocol"]["settings"] = {}
        by_kind = document.get("totals", {}).get("by_kind", {})
        missing = keys(document) - explained - set(by_kind) - set(document["network"])
        assert not missing, (finding.idea, sorted(missing))


def test_every_field_of_the_shifts_is_explained(explained: set[str]) -> None:
    parts = [nn.Conv2d(3, 4, 3, 2, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    data = convscope.data("parts:4")
    for size in (16, 15):
        net = convscope.Network(nn.Sequential(*parts).eval(), input=(3, size, size))
        found = shift(net, data, samples=4)
        document = json.loads(json.dumps(found.document()))
        document["protocol"]["settings"] = {}
        for answers in (document["output"], document["crops"]):
            answers["interval"] = {}
        if document["causes"]:
            document["causes"]["swaps"] = {}
        missing = keys(document) - explained
        assert not missing, sorted(missing)
        assert not set(found.table().column_names) - explained


def test_every_field_of_an_atlas_is_explained(explained: set[str], tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    net = convscope.Network(module, input=(3, 16, 16))
    atlas = convscope.look(net, convscope.data("parts:4"), out=tmp_path / "atlas", only=["sharing"])
    for name in ("network", "data"):
        document = atlas.document(name)
        missing = keys(document) - explained - set(document.get("versions", {}))
        assert not missing, (name, sorted(missing))


BY_NAME = {"families", "levels", "statuses", "best_by_family", "curves", "preferred", "counts"}
"""Fields whose keys are names of things; each kind of thing has its page."""


def unnamed(document: Any) -> Any:
    """Return a document in which what is listed by name, or by number, is listed without."""
    if isinstance(document, dict):
        kept = {key: unnamed(value) for key, value in document.items()}
        return {
            key: list(value.values()) if key in BY_NAME or all(map(str.isdigit, value)) else value
            for key, value in kept.items()
            if isinstance(value, dict)
        } | {key: value for key, value in kept.items() if not isinstance(value, dict)}
    return [unnamed(item) for item in document] if isinstance(document, list) else document


def test_every_field_of_the_features_is_explained(explained: set[str], tmp_path: Path) -> None:
    net = convscope.Network(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), input=(3, 16, 16))
    data = convscope.data("parts:24")
    atlas = convscope.look(net, data, out=tmp_path / "atlas", only=["features"])
    layer = next(name for name in atlas.names if name.startswith("features-"))
    documents = [atlas.document(name) for name in ("features", layer)]
    documents.append(convscope.compare(net, net, data, layers=["1"]).document())
    for document in documents:
        document["protocol"]["settings"] = {}
        missing = keys(unnamed(json.loads(json.dumps(document)))) - explained
        assert not missing, sorted(missing)
    columns = set(atlas.table(layer).column_names)
    assert not columns - explained


def test_every_field_of_learning_is_explained(explained: set[str]) -> None:
    found = convscope.learn(
        "planted:1", nets=["conv+pool", "dense"], sizes=[32, 64], seeds=2, steps=2, workers=1
    )
    document = json.loads(json.dumps(found.document()))
    document["nets"] = {}
    document["costs"] = list(document["costs"].values())
    for part in (document, document["prior"]):
        part["protocol"]["settings"] = {}
    missing = keys(document) - explained
    assert not missing, sorted(missing)
    assert document["prior"]
    assert document["claims"]


def test_the_record_of_the_built_in_network_is_explained(explained: set[str]) -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert not keys(record) - explained - set(record["versions"]) - set(record["by_class"])


@pytest.mark.parametrize("name", ["demo", "demo-sound", "demo-volume"])
def test_the_docs_give_the_accuracy_of_the_shipped_networks(name: str) -> None:
    record = json.loads(RECORD.with_name(f"{name}.json").read_text(encoding="utf-8"))
    share, low, high = (f"{100 * x:.1f}" for x in (record["accuracy"], *record["interval"]))
    page = (DOCS / "method" / "parts.md").read_text(encoding="utf-8")
    rows = [one for one in page.splitlines() if one.startswith(f"| `{name.replace('-', ':')}`")]
    assert any(f"| {record['unseen']:,} | {share} % ({low} to {high}) |" in row for row in rows)


RUNNABLE = [page for page in PAGES if blocks(page, "python")]


@pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
def test_the_python_on_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    for code in blocks(page, "python"):
        exec(compile(code, name_of(page), "exec"), names)


def test_the_figures_are_what_their_script_draws() -> None:
    script = made_by("make_figures")
    for figure in (script.connections, script.field, script.square, script.ladder):
        drawn = (DOCS / "pictures" / f"{figure.__name__}.svg").read_text(encoding="utf-8")
        assert drawn == figure(), "run: python docs/make_figures.py"


def test_every_skip_is_listed_with_its_reason() -> None:
    """A skip lives in a function (a fixture or a test) whose name has a row in SKIPS.md."""
    listed = (ROOT / "tests" / "SKIPS.md").read_text(encoding="utf-8")
    missing = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if (
                isinstance(function, ast.FunctionDef)
                and _skips(function)
                and f"`{function.name}`" not in listed
            ):
                missing.append(f"{name_of(path)}: {function.name}")
    assert not missing


def _skips(function: ast.FunctionDef) -> bool:
    words = ("skip", "skipif", "xfail", "importorskip")
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in words
        and ast.unparse(node.value) in ("pytest", "pytest.mark")
        for node in ast.walk(function)
    )
