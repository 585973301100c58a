"""The pages in a real browser: they open everywhere, for everyone, and fast."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUTES = ("", "sharing", "sharing?compare=outputs", "layers", "layers/conv1", "receptive", "about")
WIDTHS = (360, 1280, 2560)
THEMES = ("light", "dark")
FIRST_LOAD = 3_000_000  # bytes
INTERACTIVE = 1.5  # seconds


def _open(page: "Page", address: str, route: str) -> None:
    page.goto(f"{address}#/{route}")
    page.wait_for_selector(f'main[data-page="{route.split("/")[0].split("?")[0]}"]')


def _scroll_through(page: "Page") -> None:
    """Show every part once, so that what is drawn when it comes near is drawn."""
    page.evaluate(
        """async () => {
            for (let y = 0; y < document.body.scrollHeight; y += 600) {
                scrollTo(0, y);
                await new Promise(requestAnimationFrame);
            }
        }"""
    )
    page.wait_for_function("[...document.querySelectorAll('.chart')].every((c) => c.firstChild)")


LAYER = {"branched": "layers/mixed.cat"}
SEEN = ("layers", "layers/conv1", "receptive")  # where the kind of sample makes a difference


@pytest.mark.parametrize(
    ("name", "routes"),
    [("demo", ROUTES), ("branched", ROUTES), ("sound", SEEN), ("volume", SEEN)],
)
def test_every_page_opens_at_every_width(
    page: "Page", site: Callable[..., str], name: str, routes: tuple[str, ...]
) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for route in routes:
            _open(page, site(name), LAYER.get(name, route) if route == "layers/conv1" else route)
            assert page.locator("h1").count() == 1
            assert page.locator('header [aria-current="page"]').count() == 1
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert over <= 0, f"{route} is {over} px too wide at {width}"


def test_pages_without_data_say_what_adds_some(page: "Page", site: Callable[..., str]) -> None:
    for route in ROUTES:
        _open(page, site("demo", data=False), route)
    _open(page, site("demo", data=False), "receptive")
    assert "--data" in page.inner_text("article")


def test_nobody_is_left_out(browser: "Browser", site: Callable[..., str]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for theme in THEMES:
        context = browser.new_context(color_scheme=theme, viewport={"width": 1280, "height": 860})
        page = context.new_page()
        for route in ROUTES:
            _open(page, site("demo"), route)
            _scroll_through(page)
            found = Axe().run(page).response["violations"]
            told = [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in found]
            assert not told, f"{route} in {theme}: {told}"
        context.close()


def test_pictures_and_sounds_decode(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "receptive")
    assert page.evaluate(
        "Promise.all([...document.images].filter((i) => !i.hidden).map((i) => i.decode())).then(() => true)"
    )
    _open(page, site("sound"), "receptive")
    page.wait_for_selector(".trace path")
    assert page.evaluate(
        """async () => {
            const bytes = await (await fetch(document.querySelector("audio").src)).arrayBuffer();
            return (await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes)).duration;
        }"""
    ) == pytest.approx(0.5)
    shown = page.evaluate(
        """() => {
            const canvas = document.querySelector(".bands");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return new Set(data).size;
        }"""
    )
    assert shown > 50, "the spectrogram is blank"


def test_the_first_load_is_small_fast_and_still(
    browser: "Browser", site: Callable[..., str]
) -> None:
    address = site("branched")
    for route in ("", "sharing", "layers", "receptive"):
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        page = context.new_page()
        sizes: list[int] = []
        page.on("response", lambda response, to=sizes: to.append(len(response.body())))
        page.add_init_script(
            """new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) window.moved = (window.moved ?? 0) + entry.value;
            }).observe({ type: "layout-shift", buffered: true });"""
        )
        page.goto(f"{address}#/{route}")
        page.wait_for_selector("h1")
        seconds = page.evaluate("performance.now() / 1000")
        _scroll_through(page)
        assert sum(sizes) < FIRST_LOAD, route
        # Other work on the machine may slow a run; what is meant is the best of a few.
        for _ in range(3):
            if seconds < INTERACTIVE:
                break
            page.reload()
            page.wait_for_selector("h1")
            seconds = page.evaluate("performance.now() / 1000")
        assert seconds < INTERACTIVE, route
        assert page.evaluate("window.moved ?? 0") < 0.1, route
        context.close()


def test_nothing_is_asked_of_another_server(page: "Page", site: Callable[..., str]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for route in ROUTES:
        _open(page, site("demo"), route)
        _scroll_through(page)
    assert asked
    assert all(url.startswith((site("demo"), "data:", "blob:")) for url in asked)


def test_the_theme_and_the_wish_for_less_motion_are_followed(
    browser: "Browser", site: Callable[..., str]
) -> None:
    papers = set()
    for theme in THEMES:
        context = browser.new_context(color_scheme=theme, reduced_motion="reduce")
        page = context.new_page()
        _open(page, site("demo"), "sharing")
        papers.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        bar = page.locator(".bar span").first
        assert bar.evaluate("(bar) => getComputedStyle(bar).transitionDuration") == "0s"
        context.close()
    assert len(papers) == 2


def test_an_address_that_leads_nowhere_says_so(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "sharing")
    page.goto(f"{site('demo')}#/nowhere")
    page.wait_for_selector("h1:text('No such page')")
    assert page.inner_text("h1") == "No such page"
    assert page.title().startswith("No such page")
    assert page.locator('header [aria-current="page"]').count() == 0
    page.click("text=Start over")
    page.wait_for_selector("text=Why this network works")


def test_letters_of_all_cards_are_of_one_size(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo", shift="exact", learn=2), "")
    scales = page.eval_on_selector_all(
        ".found svg",
        "(all) => all.map((one) => one.getBoundingClientRect().width / one.viewBox.baseVal.width)",
    )
    assert len(scales) == 4
    assert max(scales) < 1.15 * min(scales)


def test_a_file_that_is_missing_is_named(browser: "Browser", site: Callable[..., str]) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/data/receptive.json", lambda route: route.abort())
    page.goto(f"{site('demo')}#/receptive")
    page.wait_for_selector("text=This page could not be read")
    context.close()
