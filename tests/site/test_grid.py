"""The grid of a layer's units: what a person does changes what it must."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

DEAD = "dead on data"


@pytest.fixture
def demo(site: Callable[..., str]) -> str:
    return site("demo", features="full")


def _grid(page: "Page", address: str, route: str) -> None:
    page.goto(f"{address}#/{route}")
    # After a change of the address alone the page before it stays until this one is read.
    at = f'main[data-at="#/{route}"]'
    page.wait_for_selector(f"{at} .units a, {at} .grid .note a")


def _shown(page: "Page") -> list[int]:
    return page.eval_on_selector_all(".units a", "(all) => all.map((a) => Number(a.dataset.unit))")


def _text(page: "Page", place: str) -> str:
    return page.inner_text(place).replace("\u00a0", " ")


def _where(page: "Page") -> str:
    return page.evaluate("location.hash")


def test_a_layer_shows_all_its_units_and_their_mix(
    page: "Page", demo: str, made_up_features: Any
) -> None:
    _grid(page, demo, "layers/relu2")
    assert _shown(page) == list(range(32))
    levels = [made_up_features.level(1, u) for u in range(32)]
    share = round(100 * levels.count(2) / 32)
    assert f"2 corner, junction, simple texture {share} %" in _text(page, ".mix .legend")
    told = _text(page, ".mix .trust")
    assert "81 % (77 % to 85 %) from their exemplars" in told
    assert "66 % (61 % to 71 %) from pictures made for them" in told
    assert "52 % (46 % to 58 %) from exemplars of the same network untrained" in told
    assert "8 × 8 of 64 × 64" in _text(page, ".field")
    assert page.locator(".stage .box").evaluate("(b) => b.style.width") == f"{100 * 8 / 64}%"
    names = page.eval_on_selector_all(".units a", "(all) => all.map((a) => a.ariaLabel)")
    assert names[0].startswith("unit 0, corner, fires on 3.1")


def test_labels_that_are_left_out_are_counted(page: "Page", demo: str) -> None:
    def many(route: "Route") -> None:
        found = route.fetch().json()
        for layer in found["layers"]:
            layer["labels"] = [{"name": f"kind {i}", "level": 1, "units": 1} for i in range(10)]
        route.fulfill(json=found)

    page.route("**/data/features.json", many)
    _grid(page, demo, "layers/relu2")
    assert page.locator(".mix .chip").count() == 8
    assert _text(page, ".mix .chips").endswith("and 2 more")


def test_pictures_are_switched(page: "Page", demo: str) -> None:
    _grid(page, demo, "layers/relu2")
    face = page.locator(".units .face").first
    assert "synthesis" in face.evaluate("(f) => getComputedStyle(f).backgroundImage")
    page.check("input[value=exemplars]")
    _until(page, ".units .face", "getComputedStyle(it).backgroundImage.includes('exemplars')")
    assert "show=exemplars" in _where(page)
    # What is dead has no exemplar, and what could not be made no picture: both say so.
    _until(page, '.units [data-unit="15"]', "it.innerText.startsWith('dead on data')")
    page.check("input[value=synthesised]")
    _until(page, '.units [data-unit="11"]', "it.innerText.startsWith('failed')")


def _until(page: "Page", place: str, holds: str) -> None:
    """Wait until something holds of the first element there: the grid is drawn a part at a time."""
    page.wait_for_function(
        f"(place) => {{ const it = document.querySelector(place); return {holds}; }}", arg=place
    )


def test_a_tile_shows_its_own_part_of_the_sheet(page: "Page", demo: str) -> None:
    """Unit 20 of 32 lies in the second row of 16, in the fifth column."""
    _grid(page, demo, "layers/relu2")
    face = page.locator('.units [data-unit="20"] .face')
    assert face.evaluate("(f) => f.style.backgroundPosition") == f"{100 * 4 / 15:.4f}% 100%"
    assert face.evaluate("(f) => getComputedStyle(f).backgroundSize") == "1600% 200%"


# What is not known comes last.
SORTS: dict[str, Callable[[Any, int], Any]] = {
    "activation": lambda made, u: -made.natural_max(u, 32),
    "density": lambda made, u: -made.density(u, 32),
    "family": lambda made, u: (0, made.family(1, u)) if made.status(u) != DEAD else (1, ""),
    "label": lambda made, u: (made.name(1, u) == "unknown", made.name(1, u).lower()),
    "percent": lambda made, u: (0, -made.percent(u)) if made.status(u) != DEAD else (1, 0),
}


def test_units_are_sorted(page: "Page", demo: str, made_up_features: Any) -> None:
    _grid(page, demo, "layers/relu2")
    for sort, key in SORTS.items():
        page.select_option("select[name=sort]", sort)
        expected = sorted(range(32), key=lambda u, by=key: (by(made_up_features, u), u))
        assert _shown(page) == expected, sort
        assert f"sort={sort}" in _where(page)


def test_units_are_filtered(page: "Page", demo: str, made_up_features: Any) -> None:
    made, units = made_up_features, range(32)
    alive = [u for u in units if made.status(u) != DEAD]
    _grid(page, demo, "layers/relu2")
    for name, value, expected in [
        ("label", "corner", [u for u in units if made.name(1, u) == "corner"]),
        ("level", "3", [u for u in units if made.level(1, u) == 3]),
        ("family", "colour", [u for u in alive if made.family(1, u) == "colour"]),
        ("status", "weak", [u for u in units if made.status(u) == "weak"]),
        ("density", "few", [u for u in units if 0.01 < made.density(u, 32) <= 0.1]),
        ("strength", "4", list(range(8))),
    ]:
        option = page.locator(f'select[name={name}] option[value="{value}"]').inner_text()
        assert option.endswith(f"({len(expected)})"), option
        page.select_option(f"select[name={name}]", value)
        assert _shown(page) == expected, name
        page.click("text=Show all")
        assert len(_shown(page)) == 32


def test_a_link_restores_the_grid(page: "Page", demo: str, made_up_features: Any) -> None:
    _grid(page, demo, "layers/relu2?sort=density&level=2&show=exemplars")
    expected = [u for u in range(32) if made_up_features.level(1, u) == 2]
    assert _shown(page) == expected[::-1]
    assert page.input_value("select[name=level]") == "2"
    assert page.is_checked("input[value=exemplars]")
    _grid(page, demo, "layers/relu2?label=nothing")
    assert "No unit is like this" in _text(page, ".grid")


def test_the_mix_leads_to_the_units_it_counts(page: "Page", demo: str) -> None:
    _grid(page, demo, "layers/relu2")
    chip = page.locator(".mix .chip").first
    count = int(chip.locator("small").inner_text())
    chip.click()
    page.wait_for_function(f"document.querySelectorAll('.units a').length === {count}")


def test_the_grid_is_walked_with_the_keyboard(page: "Page", demo: str) -> None:
    _grid(page, demo, "layers/relu2")
    page.focus('.units [data-unit="0"]')
    wide = page.locator(".units").evaluate(
        "(g) => getComputedStyle(g).gridTemplateColumns.split(' ').length"
    )
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.unit") == str(wide)
    page.keyboard.press("Enter")
    page.wait_for_selector('main[data-page="unit"]')
    assert _where(page) == f"#/layers/relu2/{wide}"
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f".trail:has-text('unit {wide + 1}')")
    page.keyboard.press("Escape")
    page.wait_for_function(f"document.activeElement?.dataset.unit === '{wide + 1}'")
    assert _where(page) == "#/layers/relu2"


def test_previous_and_next_follow_the_grid(page: "Page", demo: str, made_up_features: Any) -> None:
    _grid(page, demo, "layers/relu2?sort=density&level=3")
    shown = _shown(page)
    page.click(f'.units [data-unit="{shown[1]}"]')
    page.wait_for_selector(".trail")
    assert f"2 of {len(shown)}" in _text(page, ".ways")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f".trail:has-text('unit {shown[2]}')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f".trail:has-text('unit {shown[1]} ')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f".trail:has-text('unit {shown[0]} ')")
    page.keyboard.press("ArrowUp")
    page.wait_for_selector(".units")
    assert _shown(page) == shown


def test_layers_that_were_not_looked_at_say_where_units_are(page: "Page", demo: str) -> None:
    page.goto(f"{demo}#/layers/conv2")
    page.wait_for_selector(".panel h2")
    assert "here at relu2" in _text(page, ".panel")
    assert "--layers conv2" in _text(page, ".panel")


def test_sounds_are_drawn_as_waves(page: "Page", site: Callable[..., str]) -> None:
    _grid(page, site("sound", features="full"), "layers/relu2")
    assert page.locator(".units svg.small").count() == 15  # all but the one that is dead
