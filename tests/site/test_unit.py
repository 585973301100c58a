"""The page of one unit: it tells what was found, and what a person does changes what it must."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def demo(site: Callable[..., str]) -> str:
    return site("demo", features="full")


def _unit(page: "Page", address: str, route: str) -> None:
    page.goto(f"{address}#/{route}")
    # After a change of the address alone the page before it stays until the next one is read.
    layer, unit = route.split("/")[1:]
    page.wait_for_function(
        "([title]) => document.title.startsWith(title) && document.querySelector('article.unit h1')",
        arg=[f"{layer}, unit {unit} "],
    )


def _text(page: "Page", place: str) -> str:
    return page.inner_text(place).replace("\u00a0", " ")


def _where(page: "Page") -> str:
    return page.evaluate("location.hash")


def test_a_unit_tells_what_was_found(page: "Page", demo: str, made_up_features: Any) -> None:
    _unit(page, demo, "layers/relu2/7")
    text = _text(page, "article")
    for told in ("Eye", "level 3 of 4", "precision 0.91 (0.84 to 0.96)", "recall 0.62",
                 "overlap 0.41, where chance reaches 0.14",
                 "It also answers to texture (area under the curve 0.72).", "fires on 25 % of samples",
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
    assert "What comes nearest is edge (overlap 0.06, where chance reaches 0.14" in _text(
        page, "article"
    )
    assert "That is no more than chance. Then corner (overlap 0.02)." in _text(page, ".grade")
    _unit(page, demo, "layers/relu2/9")
    grade = _text(page, ".grade")
    assert "more than chance, but its firing says less than half a bit about it: 0.31 bits" in grade
    _unit(page, demo, "layers/relu2/15")
    assert _text(page, "h1") == "Dead on these data"
    assert "its response is the same on every sample here" in _text(page, "article")
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


def test_links_say_what_was_taken_for_granted_and_what_silencing_does(
    page: "Page", demo: str
) -> None:
    _unit(page, demo, "layers/relu2/6")
    told = _text(page, "section:has(h2:text-is('Built from')) > .note")
    assert "with slope 1." in told
    assert "The strongest 4 were silenced, one at a time, on its own exemplars: relu1 · 6" in told
    assert "without it the response changes by −61 %" in told
    assert "slope" not in _text(page, "section:has(h2:text-is('Goes into')) > .note")


def test_units_that_differ_only_in_orientation_know_each_other(page: "Page", demo: str) -> None:
    _unit(page, demo, "layers/relu1/0")
    assert "One of 3 that differ only in orientation" in _text(page, "article")
    page.click(".family a >> nth=2")
    page.wait_for_selector(".trail:has-text('relu1 / unit 10')")


def test_a_sound_is_seen_and_heard(page: "Page", site: Callable[..., str]) -> None:
    _unit(page, site("sound", features="full"), "layers/relu2/3")
    assert page.locator(".made audio").count() == 4
    assert page.locator(".made .bands").count() == 4
    page.wait_for_selector(".shot .thin")
    for shot in page.locator(".shot").all()[:3]:  # the number stands below the trace, in sight
        trace, number = (shot.locator(part).bounding_box() for part in (".trace", "small"))
        frame = shot.bounding_box()
        assert trace
        assert number
        assert frame
        assert number["y"] >= trace["y"] + trace["height"] - 1
        assert number["y"] + number["height"] <= frame["y"] + frame["height"] + 1
    assert page.locator(".whole .trace path").count() == 1
    page.wait_for_selector(".links svg.small")


def test_a_volume_is_seen_in_slices(page: "Page", site: Callable[..., str]) -> None:
    _unit(page, site("volume", features="full"), "layers/pool1/2")
    assert "of 24" in _text(page, ".whole .slices")
    assert page.locator(".shot svg svg").count() == 22
    page.wait_for_selector(".own canvas")


def test_an_atlas_without_units_says_what_looks_at_them(
    page: "Page", site: Callable[..., str]
) -> None:
    page.goto(f"{site('demo')}#/layers/relu2/3")
    page.wait_for_selector("text=convscope features demo --data made up")
