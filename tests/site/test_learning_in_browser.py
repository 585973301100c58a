"""The page of learning: opens at every width, in both themes, for everyone; its controls are its address."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

READY = 'main[data-page="learning"] .claims'


@pytest.fixture(scope="module")
def address(site: Callable[..., str]) -> str:
    return site("demo", learn=2)


def opened(page: "Page", address: str, query: str = "") -> None:
    page.goto(f"{address}#/learning{query}")
    page.wait_for_selector("h1:text-is('Learn from less')")
    page.wait_for_selector(READY)


def scrolled(page: "Page") -> None:
    """Show every part once, and wait until what is drawn when it comes near is drawn."""
    page.evaluate(
        """async () => {
            for (let y = 0; y < document.body.scrollHeight; y += 600) {
                scrollTo(0, y);
                await new Promise(requestAnimationFrame);
            }
        }"""
    )
    page.wait_for_function(
        "[...document.querySelectorAll('.chart')].every((c) => c.querySelector('svg'))"
    )


@pytest.mark.parametrize(("name", "dims"), [("demo", 2), ("sound", 1), ("volume", 3)])
def test_it_opens_at_every_width(
    page: "Page", site: Callable[..., str], name: str, dims: int
) -> None:
    for width in (360, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        opened(page, site(name, learn=dims))
        scrolled(page)
        assert page.locator("h1").count() == 1
        assert page.locator('header [aria-current="page"]').inner_text() == "Learning"
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over <= 0, f"{name} is {over} px too wide at {width}"


def test_nobody_is_left_out(browser: "Browser", address: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for theme in ("light", "dark"):
        context = browser.new_context(color_scheme=theme, viewport={"width": 1280, "height": 860})
        page = context.new_page()
        opened(page, address)
        scrolled(page)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = Axe().run(page).response["violations"]
        told = [(fault["id"], fault["nodes"][0]["html"][:160]) for fault in found]
        assert not told, f"{theme}: {told}"
        context.close()


def test_curves_claims_and_audit_say_what_was_found(page: "Page", address: str) -> None:
    opened(page, address)
    scrolled(page)
    assert page.locator(".conditions figure").count() == 3
    assert page.locator(".conditions h3").all_inner_texts() == [
        "As they are", "Positions permuted", "Test moved by 4",
    ]  # fmt: skip
    words = page.locator(".claims .verdict").all_inner_texts()
    assert words == ["supported"] * 5
    assert page.locator(".claims tbody tr").count() == 6  # the second claim has two parts
    assert page.locator(".axis").count() == 2
    assert "the assumptions fit" in page.inner_text("article")
    assert page.locator(".headline b").inner_text().startswith("×")
    assert "left out" in page.inner_text("article")  # the cell without runs


def test_commands_in_the_advice_of_the_audit_are_code(page: "Page", address: str) -> None:
    def undecided(route: "Route") -> None:
        route.fulfill(json=route.fetch().json() | {"advice": ["Ask `convscope learn`."]})

    page.route("**/data/prior.json", undecided)
    opened(page, address)
    assert page.inner_text(".advice li") == "Ask convscope learn."
    assert page.inner_text(".advice code") == "convscope learn"


def test_the_accuracy_is_chosen_by_keys_and_is_in_the_address(page: "Page", address: str) -> None:
    opened(page, address)
    slider = page.locator(".worth input")
    slider.focus()
    before = int(slider.input_value())
    ratio = page.locator(".worth tbody tr").first.locator("td").nth(1).inner_text()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    page.wait_for_function(
        f"document.querySelector('.worth output').textContent === '{before + 2} %'"
    )
    assert f"at={before + 2}" in page.url
    assert page.locator(".worth tbody tr").first.locator("td").nth(1).inner_text() != ratio
    opened(page, address, "?at=66")
    page.wait_for_function("document.querySelector('.worth output').textContent === '66 %'")
    rows = page.locator(".worth tbody tr").all_inner_texts()
    assert len(rows) == 3
    assert "×" in rows[0]
    cells = page.locator(".worth tbody tr").first.locator("th, td")
    assert len({box["height"] for cell in cells.all() if (box := cell.bounding_box())}) == 1


def test_an_accuracy_that_a_net_never_reaches_is_a_bound(page: "Page", address: str) -> None:
    opened(page, address, "?at=76")
    page.wait_for_function("document.querySelector('.worth output').textContent === '76 %'")
    dense = page.locator(".worth tbody tr", has_text="dense").inner_text()
    assert "> 8,192" in dense
    assert "≥" in page.locator(".worth tbody tr").first.inner_text()


def test_filters_change_with_the_moment(page: "Page", address: str) -> None:
    opened(page, address)
    slider = page.locator(".past input")
    assert page.locator(".past output").inner_text() == "600 steps"
    slider.focus()
    slider.press("Home")
    page.wait_for_function("document.querySelector('.past output').textContent === '0 steps'")
    assert "moment=0" in page.url
    assert page.locator(".past .tiles canvas").count() == 8
    page.reload()
    page.wait_for_selector(READY)
    page.wait_for_function("document.querySelector('.past output').textContent === '0 steps'")


def test_without_a_study_the_page_says_what_makes_one(
    page: "Page", site: Callable[..., str]
) -> None:
    page.goto(f"{site('demo')}#/learning")
    page.wait_for_selector("h1:text-is('Learn from less')")
    assert "convscope learn --data DATA" in page.inner_text("article")
    assert page.locator(".claims").count() == 0


def test_nothing_moves_when_the_page_comes(browser: "Browser", address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.add_init_script(
        """new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) window.moved = (window.moved ?? 0) + entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    opened(page, address)
    scrolled(page)
    assert page.evaluate("window.moved ?? 0") < 0.1
    context.close()


def test_the_card_leads_to_the_page(page: "Page", address: str) -> None:
    page.goto(f"{address}#/")
    page.wait_for_selector("h1:text-is('Why this network works')")
    card = page.locator(".card", has_text="The right priors need less data")
    assert card.locator(".verdict").inner_text() == "supported"
    card.locator("a.evidence").click()
    page.wait_for_selector("h1:text-is('Learn from less')")
