"""A module is about 150 lines; 300 is a lot, 500 is refused. And nothing committed knows the machine it was made on."""

import re
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
OURS = ("src", "tests", "docs", "examples", "benchmarks", ".ci")
CODE = {".py", ".js", ".css"}
TEXT = CODE | {".md", ".toml", ".txt", ".yml", ".html", ".ipynb", ".cff", ".svg", ".json", ""}
LONG_ARE_FEW = 0.04  # share of modules that may have more than 300 lines
# Made, not written: bundled libraries.
VENDORED = ("vendor", "vega")


def files(suffixes: set[str], folders: tuple[str, ...] = OURS) -> list[Path]:
    inside = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    found = [
        path for path in [*ROOT.iterdir(), *inside] if path.suffix in suffixes and path.is_file()
    ]
    return [
        path
        for path in found
        if "__pycache__" not in path.parts
        and ".ipynb_checkpoints" not in path.parts
        and not any(word in path.name.lower() for word in VENDORED)
    ]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_module_is_over_500_lines_and_few_are_over_300() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): lines(path) for path in files(CODE)}
    assert len(sizes) > 50
    refused = {name: size for name, size in sizes.items() if size > 500}
    assert not refused, f"split these: {refused}"
    long = {name: size for name, size in sizes.items() if size > 300}
    assert len(long) <= LONG_ARE_FEW * len(sizes), f"too many modules over 300 lines: {long}"
    source = [size for name, size in sizes.items() if name.startswith("src/")]
    assert median(source) <= 160, f"the median module has {median(source)} lines"


def test_no_file_holds_a_path_of_one_machine_or_a_registry() -> None:
    machine = re.compile(r"(?<![\w.:/-])/(?:work|tmp|root|home|farm|Users|opt)/[A-Za-z]")
    registry = re.compile(
        r"--(?:extra-)?index-url[= ]\S|--find-links[= ]\S|\"resolved\":|^registry *=", re.MULTILINE
    )
    wrong = []
    for path in files(TEXT):
        text = path.read_text(encoding="utf-8")
        wrong += [f"{path.relative_to(ROOT)}: {found.group()}" for found in machine.finditer(text)]
        if path != Path(__file__):
            wrong += [
                f"{path.relative_to(ROOT)}: {found.group()}" for found in registry.finditer(text)
            ]
    assert not wrong, "\n".join(wrong)
