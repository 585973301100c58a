"""Who may import whom: `cli, server -> site -> atlas -> ideas -> data, engine -> network`; nothing too early."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "convscope"

GROUND = {"network"}
BELOW_IDEAS = GROUND | {"data", "engine"}
IDEAS = {"sharing", "receptive", "features", "shift", "learning"}
BELOW_SITE = BELOW_IDEAS | IDEAS | {"atlas"}
MAY_IMPORT: dict[str, set[str]] = {
    "network": set(),
    "data": GROUND,
    "engine": GROUND,
    **dict.fromkeys(IDEAS, BELOW_IDEAS),
    "features": BELOW_IDEAS | {"receptive"},  # the one exception: it may ask what a unit can see
    "atlas": BELOW_IDEAS | IDEAS,
    "site": BELOW_SITE,
    "server": BELOW_SITE | {"site"},
    "cli": BELOW_SITE | {"site", "server"},
}
DOORS = {
    PACKAGE / "__init__.py",
    PACKAGE / "__main__.py",
}  # the public API, and `python -m convscope`
FOR_ALL = {"errors", "finding", "progress", "rooms"}  # root modules; they import no room
ONLY_IN = {
    "altair": "site",
    "vl_convert": "site",
    "typer": "cli",
    "rich": "cli",
    "fastapi": "server",
    "uvicorn": "server",
    "starlette": "server",
    "ray": "engine",
}
LATE = {
    "torch",
    "torchvision",
    "timm",
    "altair",
    "ray",
    "fastapi",
    "uvicorn",
    "pyarrow",
    "numpy",
    "sklearn",
    "scipy",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of every import in a module, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; write the full name"
            assert node.module is not None
            yield node.lineno, node.module
            if node.module == "convscope":
                yield from ((node.lineno, f"convscope.{alias.name}") for alias in node.names)


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def wrong_arrows(path: Path, source_room: str | None = None) -> list[str]:
    room = room_of(path) if source_room is None else source_room
    allowed = FOR_ALL | {room} | (MAY_IMPORT[room] if room else set())
    wrong = []
    for line, name in imported(path):
        parts = name.split(".")
        if parts[0] == "convscope" and len(parts) > 1 and parts[1] not in allowed:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    return wrong


def test_arrows_run_one_way() -> None:
    rooms = {room_of(path) for path in modules()} - {""}
    assert rooms <= MAY_IMPORT.keys(), (
        f"rooms without a place in the house: {rooms - MAY_IMPORT.keys()}"
    )
    wrong = [fault for path in modules() if path not in DOORS for fault in wrong_arrows(path)]
    assert not wrong, "\n".join(wrong)


def test_a_wrong_arrow_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "convscope" / "network" / "bad.py"
    module.parent.mkdir(parents=True)
    module.write_text("def f():\n    from convscope.site import build\n    return build\n")
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path / "convscope")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert wrong_arrows(module) == ["convscope/network/bad.py:2 imports convscope.site"]


def test_each_edge_has_one_room() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}; only {ONLY_IN[name.split('.')[0]]} does"
        for path in modules()
        for line, name in imported(path)
        if ONLY_IN.get(name.split(".")[0], room_of(path)) != room_of(path)
    ]
    assert not wrong, "\n".join(wrong)


def loaded_after(code: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has imported after running some code."""
    program = (
        f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_import_convscope_costs_nothing() -> None:
    assert not loaded_after("import convscope") & (LATE | {"typer", "rich"})


def test_help_imports_no_heavy_package() -> None:
    code = """
sys.argv = ["convscope", "--help"]
from convscope.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    assert not loaded_after(code) & LATE
