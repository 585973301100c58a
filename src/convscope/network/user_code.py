"""Networks that the user's own Python builds: a callable in a file or in an importable module."""

import contextlib
import difflib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from torch import nn

from convscope.errors import SpecError


def built_by_file(path: Path, name: str) -> nn.Module:
    """Return the network that a callable of a Python file builds.

    Raises:
        SpecError: no such file or callable, an error in the user's code, or a result that is no network.
    """
    if not path.is_file():
        raise SpecError(
            f"There is no file {path}. Give the path of a Python file, as in models/mine.py:build."
        )
    found = importlib.util.spec_from_file_location(f"convscope_user_{path.stem}", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    # Registered, because dataclasses and pickling look modules up by name while the file runs.
    sys.modules[found.name] = module
    with _beside(path.resolve().parent), _explained(f"running {path}"):
        found.loader.exec_module(module)
        return _built(module, name, str(path))


def built_by_module(module: str, name: str) -> nn.Module:
    """Return the network that a callable of an importable module builds.

    Raises:
        SpecError: no such module or callable, an error in the user's code, or a result that is no network.
    """
    with _beside(Path.cwd()):
        try:
            missing = importlib.util.find_spec(module) is None
        except (ImportError, ValueError):
            missing = True
        if missing:
            raise SpecError(
                f"There is no module {module!r} on Python's path. Type FILE.py:{name} for a file, or one of "
                f"demo, torchvision:NAME, timm:NAME, FILE.pt2."
            )
        with _explained(f"importing {module}"):
            return _built(importlib.import_module(module), name, module)


def _built(module: ModuleType, name: str, where: str) -> nn.Module:
    if not hasattr(module, name):
        public = [
            key
            for key, value in vars(module).items()
            if callable(value) and not key.startswith("_")
        ]
        near = difflib.get_close_matches(name, public, n=3) or public[:5]
        raise SpecError(
            f"{where} has no {name!r}. It has, among others: {', '.join(near) or 'nothing callable'}."
        )
    thing = getattr(module, name)
    built = thing if isinstance(thing, nn.Module) else thing() if callable(thing) else thing
    if not isinstance(built, nn.Module):
        raise SpecError(
            f"{where}:{name} is not a network: it gives {type(built).__name__}, expected a torch.nn.Module. "
            "Name a class or a function that takes no arguments and returns one."
        )
    return built


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Let the user's code import its neighbours while it is built, as it can when it is run."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))


@contextlib.contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except SpecError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise SpecError(
            f"The user's code failed while {doing}: {type(error).__name__}: {error} "
            f"({Path(last.filename).name}, line {last.lineno}). Mend it, and check that it takes no arguments."
        ) from error
