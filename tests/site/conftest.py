"""What the tests of the pages share: atlases made by hand, a web server, a real browser."""

import functools
import http.server
import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.site.learned import learned

from convscope.atlas.learning_step import keep_learning
from convscope.site import build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def _beside(name: str) -> Any:
    """Import a file beside this one, which is no package of its own."""
    if name not in sys.modules:
        place = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


# In the order in which they import each other.
for _name in ("made_up_tiles", "made_up_features", "made_up_entries", "made_up_shift", "made_up"):
    _beside(_name)


@pytest.fixture(scope="session")
def made_up() -> Any:
    """Return the module of networks made by hand."""
    return _beside("made_up")


@pytest.fixture(scope="session")
def made_up_features() -> Any:
    """Return the module of the formulas that units follow."""
    return _beside("made_up_features")


@pytest.fixture(scope="session")
def made_up_shift() -> Any:
    """Return the module of what was found of moves."""
    return _beside("made_up_shift")


@pytest.fixture(scope="session")
def atlas(made_up: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a maker of atlases: ``atlas("demo")`` writes one and returns its folder."""

    def make(name: str, *, learn: int = 0, **settings: Any) -> Path:
        folder = tmp_path_factory.mktemp(name) / "atlas"
        made_up.write_atlas(folder, made_up.PLANS[name](), **settings)
        if learn:  # a study of data with so many axes
            keep_learning(folder, learned(dims=learn))
        return folder

    return make


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the tests' output is not a server's log."""


@pytest.fixture(scope="session")
def site(atlas: Callable[..., Path]) -> Iterator[Callable[..., str]]:
    """Return a maker of sites: ``site("demo")`` builds one, serves it and returns its address."""
    servers: list[http.server.ThreadingHTTPServer] = []
    known: dict[str, str] = {}

    def make(name: str, **settings: Any) -> str:
        key = f"{name} {settings}"
        if key not in known:
            folder = build(atlas(name, **settings)).parent
            handler = functools.partial(_Quiet, directory=str(folder))
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            servers.append(server)
            known[key] = f"http://127.0.0.1:{server.server_address[1]}/"
        return known[key]

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Return Chromium, the system's or Playwright's own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        own = Path(play.chromium.executable_path)
        place = next(filter(None, map(shutil.which, NAMES)), own if own.is_file() else None)
        if place is None:
            message = "no Chromium: install it from the system's packages, or `playwright install`"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        opened = play.chromium.launch(executable_path=place, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """Return an empty page; what it says on the console or throws fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.set_default_timeout(10_000)
    yield opened
    context.close()
    assert not said, said
