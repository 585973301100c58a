"""With the network behind the pages a sample moves anywhere; what the page says of it is what the measure says."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import uvicorn
from torch import nn

from convscope.atlas.looking import look
from convscope.data import fit, open_source
from convscope.errors import WorkError
from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.server.app import pages
from convscope.server.live import Live, live_of
from convscope.server.running import listening
from convscope.shift.fourier import moved
from convscope.shift.grids import grids
from convscope.shift.layererror import error
from convscope.site import build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DATA = "parts:12"


def _network(side: int) -> Network:
    """Return a network; that of 32 positions has no padding at first, so that it is larger on the torus."""
    torch.manual_seed(3)
    module = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=side % 2), nn.ReLU(), nn.Conv2d(6, 8, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(8, 4))  # fmt: skip
    return Network(module.eval(), input=(3, side, side), spec="hand.py:made")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Return a maker of servers: ``lab(32)`` has a network of 32 positions behind its pages."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []
    folders: dict[int, Path] = {}

    def make(side: int, opened: Callable[[], Any] | None = None) -> str:
        if side not in folders:
            folders[side] = tmp_path_factory.mktemp("lab") / "atlas"
            look(_network(side), open_source(DATA), out=folders[side], only=["shift"])
            build(folders[side])
        from convscope.atlas import Atlas

        atlas = Atlas.open(folders[side])
        live = Live(atlas, opened) if opened else live_of(atlas, _network(side), open_source(DATA))
        listener = listening(None)
        server = uvicorn.Server(
            uvicorn.Config(pages(folders[side], live), log_level="warning", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield make
    for server, thread in running:
        server.should_exit = True
        thread.join()


def _open(page: "Page", address: str, route: str) -> None:
    page.goto("about:blank")
    page.goto(f"{address}#/{route}")
    page.wait_for_selector(f'#main[data-at="#/{route}"]')
    # On a slow machine what was kept is drawn first, and this once the network has answered.
    page.wait_for_selector('.moving[data-sample]:has([data-live="running"])')


def _errors(page: "Page") -> dict[str, float]:
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".layer-maps")].map(
            (row) => [row.dataset.layer, Number(row.dataset.error)]))"""
    )


def _measured(side: int, move: tuple[float, ...], way: str, page: "Page") -> dict[str, float]:
    """Return the errors of the units that the page shows, by the code that measures layers."""
    net = _network(side) if way == "native" else circular(_network(side))
    placed = grids(net)
    shown = page.evaluate(
        """() => [...document.querySelectorAll(".layer-maps")].map((row) => [row.dataset.layer,
            [...row.querySelectorAll(".unit")].map((unit) => Number(unit.textContent.replace("unit ", "")))])"""
    )
    index = int(page.get_attribute(".moving", "data-sample") or -1)
    fitted = np.ascontiguousarray(fit(open_source(DATA)[index].array, net.input.shape))
    x = torch.from_numpy(fitted)[None]
    taps = net.taps([name for name, _ in shown])
    with torch.no_grad():
        before, after = taps(x), taps(moved(x, move))
    found = {}
    for name, units in shown:
        # The page weighs each unit as it is, so the sums are over units and divided then.
        wrong, energy = error(before[name][:, units], after[name][:, units], move, placed[name])  # pyright: ignore[reportArgumentType]
        found[name] = float(wrong / energy)
    return found


@pytest.mark.parametrize("way", ["native", "circular"])
@pytest.mark.parametrize("move", [(1.37, -2.2), (3, -5), (-8, 16)])
def test_errors_on_the_page_are_those_of_the_measure(
    page: "Page", lab: Callable[..., str], way: str, move: tuple[float, float]
) -> None:
    """Of a sample that was not kept, at moves that were not; the comparison is done twice, in two languages."""
    query = "" if way == "circular" else "&way=native"
    _open(page, lab(32), f"shift?move={move[0]},{move[1]}&sample=7{query}")
    found = _errors(page)
    assert found == pytest.approx(_measured(32, move, way, page), rel=2e-3, abs=1e-9)
    if way == "circular" and all(far % 4 == 0 for far in move):
        assert max(found.values()) < 1e-9
    else:
        assert max(found.values()) > 1e-3


def test_where_there_is_no_torus_what_came_in_over_the_seam_is_left_out(
    page: "Page", lab: Callable[..., str]
) -> None:
    """Of 33 positions strides make 17 and 9: nothing was tested on a torus, and still a sample can be moved."""
    _open(page, lab(33), "shift?move=0,-6.3")
    assert page.locator(".ways").count() == 0
    found = _errors(page)
    assert len(found) == 3
    assert found == pytest.approx(_measured(33, (0, -6.3), "native", page), rel=2e-3)


def test_a_drag_by_the_total_stride_is_followed_on_the_torus_and_not_as_it_is(
    page: "Page", lab: Callable[..., str]
) -> None:
    _open(page, lab(32), "shift?sample=5")
    page.focus(".mover")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector('#main[data-at="#/shift?sample=5&move=0,4"]')
    assert max(_errors(page).values()) < 1e-9
    page.click("text=Half of it")
    page.wait_for_selector('#main[data-at="#/shift?sample=5&move=0,2"]')
    errors = list(_errors(page).values())
    assert max(errors[:2]) < 1e-9  # a whole step of strides 1 and 2
    assert errors[2] > 1e-3  # half a step of stride 4
    page.check('input[value="native"]')
    page.wait_for_selector('#main[data-at="#/shift?sample=5&move=0,2&way=native"]')
    first, *padded = _errors(page).values()
    assert first == 0  # without padding there is no border; what came in over the seam is left out
    assert min(padded) > 1e-3


def test_while_it_is_loaded_what_was_kept_can_be_moved(
    page: "Page", browser: "Browser", lab: Callable[..., str]
) -> None:
    """The address means the same before and after; a second page, told that it is busy, asks again."""
    go_on = threading.Event()

    def opened() -> Any:
        assert go_on.wait(30)
        return _network(32), open_source(DATA)

    address = lab(32, opened)
    page.goto(f"{address}#/shift?move=0,4&sample=1")
    page.wait_for_selector('[data-live="loading"]')
    page.wait_for_selector('#main[data-at="#/shift?move=0,4&sample=1"]')
    assert page.locator(".thumbs button").count() == 3
    kept = _errors(page)
    context = browser.new_context()
    other = context.new_page()  # the browser itself reports a 503, so its console is not looked at
    with other.expect_response(lambda told: told.status == 503):
        other.goto(f"{address}#/shift")
    go_on.set()
    for one in (page, other):
        one.wait_for_selector('[data-live="running"]')
        one.wait_for_selector(".layer-maps[data-error]")
    context.close()
    assert page.locator(".thumbs button").count() == 12
    assert page.get_attribute(".thumbs button >> nth=1", "aria-pressed") == "true"
    assert _errors(page) == kept


def test_a_network_that_cannot_be_run_is_told_and_what_was_kept_stays(
    browser: "Browser", lab: Callable[..., str]
) -> None:
    def opened() -> Any:
        raise WorkError("The photographs are gone.")

    context = browser.new_context()
    page = (
        context.new_page()
    )  # the browser itself reports the refusal, so its console is not looked at
    page.goto(f"{lab(32, opened)}#/shift?move=0,4")
    page.wait_for_selector('[data-live="lost"]')
    page.wait_for_selector(".layer-maps[data-error]")
    told = re.sub(r"\\s+", " ", page.inner_text(".about-pages"))
    assert "does not answer (The photographs are gone), so only what was precomputed" in told
    assert "convscope serve ATLAS hand.py:made" in told
    assert set(_errors(page).values()) == {0.0}
    context.close()
