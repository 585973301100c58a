"""The grid of a layer's units and the page of one unit: what a person does changes what it must."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

DEAD = "dead on data"


@pytest.fixture
def demo(site: Callable[..., str]) -> str:
    return site("demo", features="full")


def _grid(page: "Page", address: str, route: str) -> None:
    page.goto(f"{address}#/{route}")
    page.wait_for_selector(".units a, .grid .note a")


def _unit(page: "Page", address: str, route: str) -> None:
    page.goto(f"{address}#/{route}")
    page.wait_for_selector('main[data-page="unit"] h1')


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
    assert "81 % of the time (77 % to 85 %; chance 50 %)" in _text(page, ".mix")
    assert "8 × 8 of 64 × 64" in _text(page, ".field")
    assert page.locator(".stage .box").evaluate("(b) => b.style.width") == f"{100 * 8 / 64}%"
    names = page.eval_on_selector_all(".units a", "(all) => all.map((a) => a.ariaLabel)")
    assert names[0].startswith("unit 0, corner, fires on 3.1")


def test_pictures_are_switched(page: "Page", demo: str) -> None:
    _grid(page, demo, "layers/relu2")
    face = page.locator(".units .face").first
    assert "synthesis" in face.evaluate("(f) => getComputedStyle(f).backgroundImage")
    page.check("input[value=exemplars]")
    assert "exemplars" in face.evaluate("(f) => getComputedStyle(f).backgroundImage")
    assert "show=exemplars" in _where(page)
    # What never fires has no exemplar, and what could not be made no picture: both say so.
    dead = page.locator('.units [data-unit="15"]')
    assert dead.inner_text().startswith("never fires")
    page.check("input[value=synthesised]")
    assert page.locator('.units [data-unit="11"]').inner_text().startswith("failed")


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
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f".trail:has-text('unit {shown[0]} ')")
    page.keyboard.press("ArrowUp")
    page.wait_for_selector(".units")
    assert _shown(page) == shown


def test_a_unit_tells_what_was_found(page: "Page", demo: str, made_up_features: Any) -> None:
    _unit(page, demo, "layers/relu2/7")
    text = _text(page, "article")
    for told in ("Eye", "rung 3 of 4", "precision 0.91 (0.84 to 0.96)", "recall 0.62",
                 "score 0.41, where chance reaches 0.14", "fires on 25 % of samples",
                 "selectivity 0.83", "f1/f0 0.20", "−61 % if silenced"):  # fmt: skip
        assert told.lower() in text.lower(), told
    assert page.locator(".made figure").count() == 4
    assert "140 %" in _text(page, ".made")
    assert page.locator(".shots.nine .shot").count() == 9
    assert page.locator(".range rect").count() == 25
    assert page.title().startswith("relu2, unit 7")


def test_units_without_a_label_or_without_a_response_say_so(page: "Page", demo: str) -> None:
    _unit(page, demo, "layers/relu2/4")
    assert _text(page, "h1").startswith("Unknown")
    assert "No concept it was compared with does better than chance" in _text(page, "article")
    _unit(page, demo, "layers/relu2/15")
    page.wait_for_selector("h1:text('never fires')")
    _unit(page, demo, "layers/relu2/11")
    page.wait_for_selector(".status >> nth=0")
    assert "It took more than 512 steps." in _text(page, ".made")
    _unit(page, demo, "layers/relu2/99")
    page.wait_for_selector("h1:text('No such unit')")
    _unit(page, demo, "layers/conv2/0")
    page.wait_for_selector("text=No unit of conv2 was looked at")


def test_pointing_at_an_exemplar_shows_the_whole_sample(
    page: "Page", demo: str, made_up: Any, made_up_features: Any
) -> None:
    _unit(page, demo, "layers/relu2/6")
    source = ".whole .stage img"
    first = page.get_attribute(source, "src")
    page.hover(".shot >> nth=2")
    assert page.get_attribute(source, "src") != first
    shown = made_up_features._shown(made_up.demo(), 1, 6, 2, 1.0)
    box = page.locator(".whole .box")
    (top, bottom), (left, right) = shown["box"]
    for side, pixels in zip(
        ("top", "left", "height", "width"),
        (top, left, bottom - top, right - left),
        strict=True,
    ):
        style = box.evaluate(f"(b) => b.style.{side}")
        assert float(style[:-1]) == pytest.approx(100 * pixels / 64, abs=1e-3), side
    page.hover("h1")
    assert page.get_attribute(source, "src") == first
    page.focus(".shot >> nth=3")
    assert page.get_attribute(source, "src") != first
    page.click(".shot >> nth=2")
    assert "see=e3" in _where(page)
    assert page.get_attribute(".shot >> nth=2", "aria-pressed") == "true"
    page.reload()
    page.wait_for_selector('.shot[aria-pressed="true"]')
    assert page.get_attribute(".shot >> nth=2", "aria-pressed") == "true"


def test_a_sample_in_a_sheet_shows_only_itself(page: "Page", demo: str) -> None:
    """The sixth sample is the right half of a sheet 128 wide; the fifth picture of unit 0 shows it."""
    _unit(page, demo, "layers/relu2/0")
    page.click(".shot >> nth=5")
    assert page.get_attribute(".whole .part", "viewBox") == "64 0 64 64"
    assert page.locator(".whole .stage img").is_hidden()
    inner = page.locator(".shot >> nth=5").locator("svg svg")
    assert inner.get_attribute("viewBox") == "64 0 64 64"


def test_the_activation_lies_over_the_sample(page: "Page", demo: str, made_up: Any) -> None:
    _unit(page, demo, "layers/relu2/6")
    page.wait_for_selector(".whole canvas")
    canvas = page.locator(".whole canvas")
    field, layer = made_up.demo().fields["relu2"], 32
    start = field["start"] + (field["size"] - field["stride"]) / 2
    assert float(canvas.evaluate("(c) => c.style.left")[:-1]) == pytest.approx(100 * start / 64)
    across = 100 * layer * field["stride"] / 64
    assert float(canvas.evaluate("(c) => c.style.width")[:-1]) == pytest.approx(across)
    page.uncheck("text=show where it fires")
    page.wait_for_selector(".whole canvas", state="hidden")
    assert "map=0" in _where(page)


def test_deciles_and_lows_lead_to_their_samples(page: "Page", demo: str) -> None:
    _unit(page, demo, "layers/relu2/6")
    assert page.locator(".shots.ten >> nth=0").locator(".shot").count() == 10
    page.click(".shots.ten >> nth=0 >> .shot >> nth=9")
    assert "see=d10" in _where(page)
    page.click(".shots.ten >> nth=1 >> .shot >> nth=0")
    assert "−1 on sample" in _text(page, ".whole figcaption")


def test_tuning_turns_around_a_circle(page: "Page", demo: str, made_up_features: Any) -> None:
    """Unit 5 of the first layer prefers edges at 75 degrees: the line points up and a little right."""
    assert made_up_features.family(0, 5) == "edge"
    _unit(page, demo, "layers/relu1/5")
    assert "orientation prefers 75°" in _text(page, ".curves")
    assert "polarity prefers 165°" in _text(page, ".curves")
    line = page.get_attribute(".radial >> nth=0 >> .best", "d")
    assert line is not None
    x, y = map(float, line.split("M")[1][len("0 0L") :].split(" "))
    assert (x, y) == pytest.approx((80 * 0.2588, -80 * 0.9659), abs=0.1)
    assert line.count("M") == 2  # an orientation is the same upside down
    assert page.get_attribute(".radial >> nth=1 >> .best", "d").count("M") == 1  # type: ignore[union-attr]


def test_links_lead_to_the_units_at_their_other_end(page: "Page", demo: str) -> None:
    _unit(page, demo, "layers/relu2/6")
    built = page.locator("section:has(h2:text-is('Built from'))")
    assert built.locator("li").count() == 8
    assert built.locator(".kernel canvas").count() == 6
    built.locator("text=Show all 12").click()
    assert built.locator("li").count() == 12
    assert page.evaluate("document.activeElement.closest('li') !== null")
    built.locator("a").nth(1).click()
    page.wait_for_selector(".trail:has-text('relu1 / unit 9')")
    assert page.locator("section:has(h2:text-is('Built from'))").count() == 0
    assert page.locator(".own canvas").count() == 1
    page.go_back()
    page.wait_for_selector(".trail:has-text('relu2 / unit 6')")


def test_units_that_differ_only_in_orientation_know_each_other(page: "Page", demo: str) -> None:
    _unit(page, demo, "layers/relu1/0")
    assert "One of 3 that differ only in orientation" in _text(page, "article")
    page.click(".family a >> nth=2")
    page.wait_for_selector(".trail:has-text('relu1 / unit 10')")


def test_a_sound_is_seen_and_heard(page: "Page", site: Callable[..., str]) -> None:
    address = site("sound", features="full")
    _grid(page, address, "layers/relu2")
    assert page.locator(".units svg.small").count() == 15  # all but the one that never fires
    _unit(page, address, "layers/relu2/3")
    assert page.locator(".made audio").count() == 4
    assert page.locator(".made .bands").count() == 4
    page.wait_for_selector(".shot .thin")
    assert page.locator(".whole .trace path").count() == 1
    page.wait_for_selector(".links svg.small")


def test_a_volume_is_seen_in_slices(page: "Page", site: Callable[..., str]) -> None:
    _unit(page, site("volume", features="full"), "layers/pool1/2")
    assert "of 24" in _text(page, ".whole .slices")
    assert page.locator(".shot svg svg").count() == 22
    page.wait_for_selector(".own canvas")


def test_layers_that_were_not_looked_at_say_where_units_are(page: "Page", demo: str) -> None:
    page.goto(f"{demo}#/layers/conv2")
    page.wait_for_selector(".panel h2")
    assert "here at relu2" in _text(page, ".panel")
    assert "--layers conv2" in _text(page, ".panel")


def test_an_atlas_without_units_says_what_looks_at_them(
    page: "Page", site: Callable[..., str]
) -> None:
    page.goto(f"{site('demo')}#/layers/relu2/3")
    page.wait_for_selector("text=convscope features demo --data made up")
