"""What a person types, clicks and drags changes what it must, and the address remembers it."""

import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from convscope.sharing import described

if TYPE_CHECKING:
    from playwright.sync_api import Page


def _open(page: "Page", address: str, route: str) -> None:
    page.goto(f"{address}#/{route}")
    page.wait_for_selector(f'main[data-page="{route.split("/")[0].split("?")[0]}"]')


def _text(page: "Page", place: str) -> str:
    """Return what is read there, with plain spaces."""
    return page.inner_text(place).replace("\u00a0", " ")


def _where(page: "Page") -> str:
    """Return the state's address; the browser's own is told to the test a little later."""
    return page.evaluate("location.hash")


def _type(page: "Page", numbers: dict[str, str]) -> None:
    for name, text in numbers.items():
        page.fill(f'input[name="{name}"]', text)


LESSON = {"sides": "224", "channels": "3", "neurons": "512", "filters": "64", "kernel": "3"}


def test_the_lesson_is_read_as_it_is_typed(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "sharing?sides=32&channels=1&neurons=10&filters=4&kernel=5")
    assert "77,070,336" not in _text(page, "article")
    _type(page, LESSON)
    text = _text(page, ".sum")
    for number in ("77,070,336", "576", "133,802", "1,728", "44,601"):
        assert number in text, number
    assert _text(page, ".bars dd .value >> nth=0") == "77,070,336"
    assert _text(page, ".bars dd .value >> nth=2") == "1,728"
    assert "start" not in _where(page)
    assert page.input_value("select >> nth=0") == ""  # it is the lesson again


def test_the_fair_comparison_has_the_same_outputs(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "sharing")
    page.check('input[value="outputs"]')
    assert "compare=outputs" in _where(page)
    text = _text(page, "article")
    for number in ("483,385,147,392", "×5,575", "×50,176", "86,704,128"):
        assert number in text, number


def test_bars_add_up_to_the_count(page: "Page", site: Callable[..., str]) -> None:
    page.emulate_media(reduced_motion="reduce")
    _open(page, site("demo"), "sharing?compare=outputs")
    widths = page.evaluate(
        """[...document.querySelectorAll(".bar")].map(
            (bar) => [...bar.children].map((piece) => parseFloat(piece.style.inlineSize)))"""
    )
    dense, local, shared = (sum(row) for row in widths)
    assert dense == pytest.approx(100, abs=0.01)
    decades = 11.68429  # log10(483,385,147,392)
    assert local == pytest.approx(100 * 7.93804 / decades, abs=0.01)
    assert shared == pytest.approx(100 * 3.23754 / decades, abs=0.01)


def test_an_address_restores_every_number(page: "Page", site: Callable[..., str]) -> None:
    route = (
        "sharing?axes=1&sides=16000&kernel=400&stride=160&padding=0&filters=40&channels=1&bias=1"
    )
    _open(page, site("demo"), route)
    assert page.input_value('input[name="sides"]') == "16000"
    assert page.input_value('input[name="stride"]') == "160"
    assert page.is_checked("label:has-text('bias') input")
    assert "40 × 1 × 400 = 16,000" in _text(page, ".sum")


def test_layers_of_the_network_are_presets(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "sharing")
    options = page.eval_on_selector_all("optgroup option", "(all) => all.map((o) => o.value)")
    assert options == ["conv1", "conv2", "conv3", "conv4", "classifier"]
    page.select_option("select >> nth=0", "conv2")
    assert "from=conv2" in _where(page)
    assert "4,608" in _text(page, ".sum")
    page.fill('input[name="filters"]', "33")
    assert "from=" not in _where(page)
    assert "filters=33" in _where(page)


@pytest.mark.parametrize("name", ["branched", "sound", "volume"])
def test_presets_give_the_numbers_of_their_layers(
    page: "Page", site: Callable[..., str], made_up: Any, name: str
) -> None:
    rows = made_up.PLANS[name]().sharing()["layers"]
    _open(page, site(name), "sharing?compare=outputs")
    counted = page.evaluate(
        """async (names) => {
            const found = [];
            for (const name of names) {
                location.hash = `#/sharing?compare=outputs&from=${name}`;
                while (document.querySelector("select").value !== name) await new Promise(requestAnimationFrame);
                found.push([...document.querySelectorAll(".bars .value")].map((v) => v.textContent));
            }
            return found;
        }""",
        names := [row["name"] for row in rows if row["kind"] in ("conv", "linear")],
    )
    expected = {row["name"]: row for row in rows}
    for layer, values in zip(names, counted, strict=True):
        row = expected[layer]
        forms = (row["dense_weights"], row["local_weights"], row["weights"])
        assert values == [f"{count:,}" for count in forms], layer


def test_numbers_that_cannot_be_are_told_and_keep_the_last(
    page: "Page", site: Callable[..., str]
) -> None:
    _open(page, site("demo"), "sharing")
    page.fill('input[name="kernel"]', "three")
    assert page.get_attribute('input[name="kernel"]', "aria-invalid") == "true"
    assert "1,728" in _text(page, ".sum")
    _type(page, {"sides": "2", "padding": "0", "kernel": "9"})
    assert "does not fit" in _text(page, ".wrong")


def test_arrow_keys_step_a_number(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "sharing")
    page.focus('input[name="filters"]')
    page.keyboard.press("ArrowUp")
    assert page.input_value('input[name="filters"]') == "65"
    page.keyboard.press("Shift+ArrowDown")
    assert page.input_value('input[name="filters"]') == "55"


def test_the_page_counts_as_the_package_does(page: "Page", site: Callable[..., str]) -> None:
    drawn = random.Random(0)
    layers = [_layer(drawn) for _ in range(60)]
    _open(page, site("demo"), "sharing")
    counted = page.evaluate(
        """async (layers) => {
            const { count } = await import(new URL("assets/sharing/count.js", document.baseURI).href);
            return layers.map((layer) => JSON.stringify(count(layer), (_, v) => typeof v === "bigint" ? String(v) : v));
        }""",
        [layer for layer, _ in layers],
    )
    for (_, line), text in zip(layers, counted, strict=True):
        found, row = json.loads(text), described(line).document()["layers"][0]
        assert found["output"] == list(row["output"][1:]), line
        assert int(found["shared"]["weights"]) == row["weights"], line
        assert int(found["local"]["weights"]) == row["local_weights"], line
        assert int(found["dense"]["weights"]) == row["dense_weights"], line
        assert int(found["shared"]["macs"]) == row["macs"], line
        for prior in ("locality", "grouping", "sharing"):
            assert found[prior] == pytest.approx(row[f"{prior}_factor"], rel=1e-5), line


def _layer(drawn: random.Random) -> tuple[dict[str, Any], str]:
    """Return a random layer, for the page and in the grammar of the command line."""
    axes, groups = drawn.randint(1, 3), drawn.choice([1, 1, 2])
    each = {
        "sides": [drawn.randint(9, 40) for _ in range(axes)],
        "kernel": [drawn.randint(1, 4) for _ in range(axes)],
        "stride": [drawn.randint(1, 3) for _ in range(axes)],
        "dilation": [drawn.randint(1, 2) for _ in range(axes)],
    }
    each["padding"] = [drawn.randint(0, kernel // 2) for kernel in each["kernel"]]
    transposed = drawn.random() < 0.3
    channels, filters = groups * drawn.randint(1, 9), groups * drawn.randint(1, 9)
    sizes = {key: "x".join(map(str, values)) for key, values in each.items()}
    line = (
        f"{'transposed' if transposed else 'conv'} {channels}x{sizes['sides']} {filters} "
        f"{sizes['kernel']} s{sizes['stride']} p{sizes['padding']} d{sizes['dilation']} g{groups} nobias"
    )
    layer = each | {
        "channels": channels, "filters": filters, "neurons": 7, "groups": groups,
        "transposed": transposed, "bias": False,
    }  # fmt: skip
    return layer, line


def test_a_click_on_the_map_shows_the_layer(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "layers")
    page.click('[data-layer="conv3"]')
    assert _where(page) == "#/layers/conv3"
    page.wait_for_selector(".panel h2:text-is('conv3')")  # the address changes before what it shows
    facts = _text(page, ".panel")
    for fact in ("64 filters of 3 × 3", "18,496", "18 × 18 of 64 × 64", "×256"):
        assert fact in facts, fact
    box = page.locator(".stage .box")
    assert box.evaluate("(box) => box.style.width") == f"{100 * 18 / 64}%"


def test_the_first_layer_shows_its_filters(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "layers/conv1")
    assert page.locator(".filters canvas").count() == 16
    _open(page, site("demo"), "layers/conv2")
    assert page.locator(".filters canvas").count() == 0


def test_blocks_are_wide_for_channels_and_high_for_resolution(
    page: "Page", site: Callable[..., str]
) -> None:
    _open(page, site("demo"), "layers")
    blocks = page.eval_on_selector_all(
        ".map rect", "(all) => all.map((r) => [r.width.baseVal.value, r.height.baseVal.value])"
    )
    widths, heights = zip(*blocks[:-1], strict=True)  # the classifier's 8 classes are narrow again
    assert sorted(widths) == list(widths)
    assert sorted(heights, reverse=True) == list(heights)


def test_branches_run_side_by_side(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("branched"), "layers")
    middles = page.evaluate(
        """() => {
            const named = [...document.querySelectorAll(".map a")].map((a) => a.dataset.layer);
            const rects = [...document.querySelectorAll(".map rect:not(.start):not(.folded)")];
            return Object.fromEntries(rects.map((r, i) => [named[i], r.x.baseVal.value + r.width.baseVal.value / 2]));
        }"""
    )
    lanes = [round(middles[f"mixed.branch{i}"]) for i in range(4)]
    assert len(set(lanes)) == 4
    assert middles["mixed.cat"] == pytest.approx(middles["mean"])


def test_long_networks_fold_by_stage(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("branched"), "layers")
    assert page.locator('[data-layer="layer2.1.conv1"]').count() == 0
    page.click('[data-stage="layer2.1"]')
    assert page.locator('[data-layer="layer2.1.conv1"]').count() == 1
    address = site("branched") + _where(page)
    page.click('[data-stage="layer2.1"]')
    assert page.locator('[data-layer="layer2.1.conv1"]').count() == 0
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector('[data-layer="layer2.1.conv1"]')


def test_the_map_is_walked_with_the_keyboard(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("branched"), "layers")
    page.focus('[data-stage="layer1.0"]')
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('[data-layer="layer1.0.conv1"]')
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel h2:text-is('layer1.0.conv1')")
    page.focus(".panel h2")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".panel h2:text-is('layer1.0.bn1')")


def test_a_layer_that_is_not_there_is_told(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "layers/conv9")
    assert "no layer conv9" in _text(page, "[role=alert]")


@pytest.mark.parametrize(("layer", "side"), [("conv1", 3), ("conv2", 8), ("conv3", 18)])
def test_a_click_moves_the_box(
    page: "Page", site: Callable[..., str], layer: str, side: int
) -> None:
    page.emulate_media(reduced_motion="reduce")
    _open(page, site("demo"), f"receptive?layer={layer}")
    stage = page.locator(".stage")
    frame = stage.bounding_box()
    assert frame is not None
    page.mouse.click(frame["x"] + 0.3 * frame["width"], frame["y"] + 0.6 * frame["height"])
    box = page.locator(".stage .box").bounding_box()
    assert box is not None
    pixel = frame["width"] / 64
    assert box["width"] == pytest.approx(side * pixel, abs=0.5)
    stride = {"conv1": 1, "conv2": 2, "conv3": 4}[layer]
    middle = (box["x"] + box["width"] / 2 - frame["x"]) / pixel
    assert middle == pytest.approx(0.3 * 64, abs=stride)
    assert "at=38,19" in _where(page)


def test_the_depth_slider_grows_the_field(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "receptive")
    assert "3 × 3" in _text(page, ".figure")
    page.focus("input[type=range] >> nth=0")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert "38 × 38" in _text(page, ".figure")
    assert "layer=conv4" in _where(page)


def test_the_heat_map_follows_the_unit_and_can_be_hidden(
    page: "Page", site: Callable[..., str]
) -> None:
    _open(page, site("demo"), "receptive?layer=conv3&at=20,20")
    page.wait_for_selector(".stage canvas")
    first = page.locator(".stage canvas").evaluate("(map) => map.style.left")
    page.focus("input[type=range] >> nth=2")
    page.keyboard.press("ArrowRight")
    second = page.locator(".stage canvas").evaluate("(map) => map.style.left")
    assert float(second[:-1]) - float(first[:-1]) == pytest.approx(100 * 4 / 64)
    page.uncheck("text=show what it uses")
    assert page.locator(".stage canvas").is_hidden()
    assert "heat=0" in _where(page)


def test_slices_of_a_volume_are_turned(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("volume"), "receptive?layer=pool1&at=2,12,12")
    assert "4 of 24" in _text(page, ".slices")
    assert page.locator(".stage .box").is_visible()
    page.focus(".slices input")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert page.locator(".stage .box").is_hidden()


def test_back_goes_to_the_page_before(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo"), "")
    page.click("text=See the evidence >> nth=0")
    page.wait_for_selector("text=Same image, same job")
    page.go_back()
    page.wait_for_selector("text=Why this network works")
    assert page.title().startswith("Why this network works")
