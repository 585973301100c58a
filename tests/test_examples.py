"""The examples run as they stand."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_each_example_is_here() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == {
        "first_look.py",
        "first_look.ipynb",
        "own_data.ipynb",
    }


def test_the_script_prints_the_fields_known_by_hand(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "first_look.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    table = done.stdout.rpartition("every\n")[2].splitlines()
    assert [line.split()[-4] for line in table] == ["3", "8", "18", "38"]
    assert [line.split()[-1] for line in table] == ["1", "2", "4", "8"]


@pytest.mark.filterwarnings("default")  # of the kernel's own machinery
@pytest.mark.parametrize("name", ["first_look.ipynb", "own_data.ipynb"])
def test_each_notebook_runs(name: str, tmp_path: Path) -> None:
    notebook = nbformat.read(EXAMPLES / name, as_version=4)
    stored = [cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells]
    assert not any(stored), "commit it without outputs"
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("text/html" in output.get("data", {}) for output in shown)
