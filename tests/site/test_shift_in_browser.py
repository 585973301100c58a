"""A sample is dragged: maps move by exactly their steps or are told not to, pooled values hold still."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

WIDTHS = (360, 1280, 2560)


def _open(page: "Page", address: str, route: str) -> None:
    page.goto(f"{address}#/{route}")
    page.wait_for_selector(f'#main[data-at="#/{route}"]')


def _maps(page: "Page") -> dict[str, np.ndarray]:
    """Return the pixels of the first map of every layer, ``(rows, columns, 4)``."""
    found = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".layer-maps")].map((row) => {
            const canvas = row.querySelector("canvas");
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d",
                { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            const { data, width, height } = copy.getImageData(0, 0, canvas.width, canvas.height);
            return [row.dataset.layer, { data: [...data], width, height }];
        }))"""
    )
    return {
        name: np.array(one["data"]).reshape(one["height"], one["width"], 4)
        for name, one in found.items()
    }


def _errors(page: "Page") -> dict[str, float]:
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".layer-maps")].map(
            (row) => [row.dataset.layer, Number(row.dataset.error)]))"""
    )


def _pooled(page: "Page") -> list[float]:
    return page.eval_on_selector_all(".pooled i", "(all) => all.map((i) => Number(i.dataset.mean))")


def _drag(page: "Page", right: float, down: float, side: int = 64) -> None:
    """Drag the sample by input positions, with the mouse."""
    page.locator(".mover").scroll_into_view_if_needed()
    frame = page.locator(".mover").bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / side * frame["width"], y + down / side * frame["height"], steps=4)
    page.mouse.up()


def test_a_drag_by_a_total_stride_moves_every_map_by_exactly_its_step(
    page: "Page", site: Callable[..., str], made_up_shift: Any
) -> None:
    _open(page, site("demo", shift="exact"), "shift")
    before, pooled = _maps(page), _pooled(page)
    total = made_up_shift.TOTAL
    _drag(page, total, total)
    page.wait_for_selector(f'#main[data-at="#/shift?move={total},{total}"]')
    after = _maps(page)
    for name, stride in zip(made_up_shift.NAMES[2], made_up_shift.STRIDES, strict=True):
        step = total // stride
        expected = np.roll(before[name], (step, step), (0, 1))
        assert (after[name] == expected).all(), name
        assert (after[name] != before[name]).any(), name
    assert set(_errors(page).values()) == {0.0}
    assert _pooled(page) == pytest.approx(pooled)
    assert page.get_attribute("[data-same]", "data-same") == "true"


def test_a_drag_by_half_a_total_stride_does_not(
    page: "Page", site: Callable[..., str], made_up_shift: Any
) -> None:
    _open(page, site("demo", shift="exact"), "shift")
    before = _maps(page)
    half = made_up_shift.TOTAL // 2
    _drag(page, half, 0)
    page.wait_for_selector(f'#main[data-at="#/shift?move=0,{half}"]')
    after, errors = _maps(page), _errors(page)
    smooth, middle, deep = made_up_shift.NAMES[2]
    # Half of the whole stride is a whole step of the second layer, and half a step of the third.
    assert (after[middle] == np.roll(before[middle], 1, 1)).all()
    assert errors[smooth] == errors[middle] == 0
    assert errors[deep] > 0.5
    assert not any((after[deep] == np.roll(before[deep], step, 1)).all() for step in range(8))
    assert "is off by" in page.inner_text(f'[data-layer="{deep}"] h3')
    assert page.get_attribute("[data-same]", "data-same") == "false"
    assert "Now kind 1; unmoved it was kind 0" in page.inner_text(".taken")


def test_half_a_pixel_is_followed_by_what_is_smooth_alone(
    page: "Page", site: Callable[..., str], made_up_shift: Any
) -> None:
    _open(page, site("demo", shift="exact"), "shift?move=0,0.5")
    smooth, *noisy = made_up_shift.NAMES[2]
    errors = _errors(page)
    assert errors[smooth] < 1e-3  # 8 bits
    assert all(errors[name] > 0.5 for name in noisy)


def test_keys_and_sliders_move_it_and_the_address_restores_it(
    page: "Page", site: Callable[..., str], made_up_shift: Any
) -> None:
    address = site("demo", shift="exact")
    _open(page, address, "shift")
    page.focus(".mover")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('#main[data-at="#/shift?move=0,1"]')
    page.keyboard.press("Shift+ArrowDown")
    page.wait_for_selector(f'#main[data-at="#/shift?move={made_up_shift.TOTAL},1"]')
    page.focus(".dials input >> nth=1")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f'#main[data-at="#/shift?move={made_up_shift.TOTAL},1.5"]')
    page.click(".thumbs button >> nth=1")
    page.wait_for_selector(f'#main[data-at="#/shift?move={made_up_shift.TOTAL},1.5&sample=1"]')
    here, maps = page.evaluate("location.hash"), _maps(page)
    page.goto("about:blank")
    page.goto(address + here)
    page.wait_for_selector(f'#main[data-at="{here}"]')
    assert all((maps[name] == one).all() for name, one in _maps(page).items())
    assert page.get_attribute(".mover", "aria-label") == "Moved 8 pixels down, 1.5 pixels right"
    page.focus(".mover")
    page.keyboard.press("Home")
    page.wait_for_selector('#main[data-at="#/shift?sample=1"]')


@pytest.mark.parametrize(
    ("name", "move"), [("demo", "3,-5.5"), ("sound", "3.5"), ("volume", "1,2,-8")]
)
def test_it_opens_at_every_width(
    page: "Page", site: Callable[..., str], name: str, move: str
) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        _open(page, site(name, shift="exact"), f"shift?move={move}")
        assert page.locator("h1").count() == 1
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over <= 0, f"{over} px too wide at {width}"
        assert _maps(page)


def test_nobody_is_left_out(browser: "Browser", site: Callable[..., str]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for theme in ("light", "dark"):
        context = browser.new_context(color_scheme=theme, viewport={"width": 1280, "height": 860})
        page = context.new_page()
        _open(page, site("demo", shift="exact"), "shift?move=0,4")
        found = Axe().run(page).response["violations"]
        told = [(fault["id"], fault["nodes"][0]["html"][:160]) for fault in found]
        assert not told, f"{theme}: {told}"
        context.close()


def test_as_it_is_a_handful_of_moves_is_known(
    page: "Page", site: Callable[..., str], made_up_shift: Any
) -> None:
    address = site("demo", shift="exact")
    _open(page, address, "shift")
    on_torus = _maps(page)
    assert "No network runs behind these pages" in page.inner_text(".about-pages")
    assert "as it is by 6 distances" in page.inner_text(".about-pages")
    page.check('input[value="native"]')
    page.wait_for_selector('#main[data-at="#/shift?way=native"]')
    unmoved = _maps(page)
    assert all((unmoved[name] != on_torus[name]).any() for name in unmoved)
    assert set(_errors(page).values()) == {0.0}
    assert "network as it is" in page.inner_text(".about-maps")
    page.click("text=One total stride")
    page.wait_for_selector('#main[data-at="#/shift?way=native&move=0,8"]')
    errors = _errors(page)
    assert len(errors) == 3
    assert all(error > 0.5 for error in errors.values())  # noise follows nothing
    assert "Now kind 1; unmoved it was kind 0" in page.inner_text(".taken")
    moved = _maps(page)
    _drag(page, -5.2, 1.3)  # to 2.8 right and 1.3 down; 4 right is the nearest that is known
    page.wait_for_selector('#main[data-at="#/shift?way=native&move=0,4"]')
    page.focus(".mover")
    for key, far in (("ArrowLeft", "1"), ("ArrowRight", "4"), ("Shift+ArrowRight", "8")):
        page.keyboard.press(key)
        page.wait_for_selector(f'#main[data-at="#/shift?way=native&move=0,{far}"]')
    assert all((one == moved[name]).all() for name, one in _maps(page).items())
    page.goto("about:blank")
    _open(page, address, "shift?way=native&move=0,8")
    assert page.is_checked('input[value="native"]')
    assert all((one == moved[name]).all() for name, one in _maps(page).items())


def test_numbers_of_tables_are_seen_on_the_smallest_screen(
    page: "Page", site: Callable[..., str]
) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    _open(page, site("demo", shift="exact"), "shift")
    cells = page.locator(".shift td").all()
    assert len(cells) > 15
    for cell in cells:
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360, cell.inner_text()


def test_what_cannot_be_tested_exactly_says_why_and_what_could(
    page: "Page", site: Callable[..., str], made_up_shift: Any
) -> None:
    _open(page, site("demo", shift="not"), "shift")
    text = page.inner_text("article").replace("\u00a0", " ")
    assert page.locator(".mover").count() == 0
    assert "65 positions" in text
    assert "3 × 64 × 64" in text
    _open(page, site("demo"), "shift")
    assert "convscope shift demo --data DATA" in page.inner_text("article")


def test_a_repair_that_fails_says_so(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo", shift="exact", repair=True), "shift")
    text = page.inner_text(".repaired").replace("\u00a0", " ")
    assert "Zeros around the map: the map goes round. Not trained after it" in text
    assert "Of 360 samples, not moved, it is right on 86.0 % where it was on 98.0 %." in text
    assert "This repair fails without fine-tuning" in text
    rows = [
        row.replace("\u00a0", " ") for row in page.locator(".repaired tbody tr").all_inner_texts()
    ]
    assert "−12.0 points (−16.0 to −9.0 points)" in rows[0]
    assert rows[0].endswith("worse")
    assert "+5.0 points (+1.0 to +9.0 points)" in rows[1]


def test_answers_of_the_circular_twin_are_marked(page: "Page", site: Callable[..., str]) -> None:
    _open(page, site("demo", shift="exact"), "shift")
    assert page.inner_text(".taken h2") == "What its circular twin takes it for"
    assert "choose “as it is”" in page.inner_text(".twin")
    page.check('input[value="native"]')
    page.wait_for_selector('#main[data-at="#/shift?way=native"]')
    assert page.inner_text(".taken h2") == "What it is taken for"
    assert page.locator(".twin").is_hidden()


def test_answers_without_names_have_those_of_the_data(
    page: "Page", site: Callable[..., str]
) -> None:
    def nameless(route: "Route") -> None:
        found = route.fetch().json()
        found["network"]["classes"], found["data"]["classes"] = None, ["round", "square"]
        route.fulfill(json=found)

    page.route("**/data/site.json", nameless)
    _open(page, site("demo", shift="exact"), "shift")
    assert "Still round." in page.inner_text(".taken")
    assert "names are those of the data" in page.inner_text(".taken")


@pytest.mark.parametrize(
    ("name", "what", "ways"),
    [
        ("demo", "picture", "right →"),
        ("sound", "sound", "later →"),
        ("volume", "volume", "right →"),
    ],
)
def test_what_is_moved_is_called_what_it_is(
    page: "Page", site: Callable[..., str], name: str, what: str, ways: str
) -> None:
    _open(page, site(name, shift="exact"), "shift")
    assert page.title().startswith(f"Move the {what} ")
    assert f"nothing is new in the {what}" in page.inner_text("article")
    for across in page.locator(".across").all_inner_texts():
        assert across.split("\n") == ["no move", ways]
    assert page.locator(".down").first.is_visible() == (name != "sound")
    page.goto(f"{site(name, shift='exact')}#/")
    page.wait_for_selector(f"h2:has-text('Move the {what}, the maps move')")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            "convscope look demo --weights 'a b.pt' --mean=.5 -o x",
            "tones.py:build --weights 'a b.pt' --mean=.5 --data DATA -o repaired.pt2 --atlas ATLAS makes",
        ),
        (
            "",
            "tones.py:build … --data DATA -o repaired.pt2 --atlas ATLAS, with the same options as before, makes",
        ),
    ],
)
def test_commands_name_the_same_network_again(
    page: "Page", site: Callable[..., str], typed: str, told: str
) -> None:
    _open(page, site("sound", shift="exact", command=typed), "shift")
    assert f"convscope repair {told}" in page.inner_text("article")
    served = (
        "tones.py:build --weights 'a b.pt' moves"
        if typed
        else "tones.py:build …, with the same options"
    )
    assert f"convscope serve ATLAS {served}" in page.inner_text(".about-pages")
