"""Draw the figures of the lesson as SVG: `python docs/make_figures.py`."""

from collections.abc import Iterable
from pathlib import Path

PICTURES = Path(__file__).parent / "pictures"
INK, PAPER, FAINT = "#24272e", "#fcfbf8", "#c9c6bf"
HUES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#8c564b")
WORDS = f'font-family="system-ui, sans-serif" font-size="13" fill="{INK}"'


def svg(width: int, height: int, parts: Iterable[str], title: str) -> str:
    """Return a whole SVG document."""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>\n{body}\n</svg>\n'
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str = INK, width: float = 1.6) -> str:
    """Return a line with round ends."""
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
        f'stroke-width="{width:g}" stroke-linecap="round"/>'
    )


def box(x: float, y: float, side: float, fill: str, stroke: str = INK) -> str:
    """Return a cell."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}" rx="2" '
        f'fill="{fill}" stroke="{stroke}"/>'
    )


def dot(x: float, y: float, fill: str = INK, radius: float = 6) -> str:
    """Return a unit."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"/>'


def text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    """Return words."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" {WORDS}>{words}</text>'


def arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a horizontal or vertical arrow."""
    if y1 == y2:
        tip = f"{x2:g},{y2:g} {x2 - 8:g},{y2 - 4:g} {x2 - 8:g},{y2 + 4:g}"
    else:
        tip = f"{x2:g},{y2:g} {x2 - 4:g},{y2 - 8:g} {x2 + 4:g},{y2 - 8:g}"
    return line(x1, y1, x2, y2) + f'<polygon points="{tip}" fill="{INK}"/>'


def connections() -> str:
    """Seven pixels and five units: dense, local, shared."""
    parts = []
    for panel, name in enumerate(("dense: 35 weights", "local: 15 weights", "shared: 3 weights")):
        left, step = 24 + panel * 240, 30
        weight = 0
        for unit in range(5):
            for pixel in range(7):
                tap = pixel - unit
                if panel and not 0 <= tap < 3:
                    continue
                hue = HUES[tap] if panel == 2 else HUES[weight % len(HUES)]
                weight += 1
                x1, x2 = left + step * (unit + 1.5), left + step * (pixel + 0.5)
                parts.append(line(x1, 52, x2, 138, hue, 1.2 if panel == 0 else 2))
        parts += [dot(left + step * (unit + 1.5), 50) for unit in range(5)]
        parts += [box(left + step * pixel + 5, 138, 20, FAINT) for pixel in range(7)]
        parts.append(text(left + 105, 24, name))
    return svg(744, 176, parts, "Connections of a dense, a local and a shared layer")


def field() -> str:
    """A unit of the third layer of 3-wide convolutions sees seven pixels."""
    parts, step, left = [], 44, 110
    rows = (
        ("input", ""),
        ("layer 1", "each sees 3"),
        ("layer 2", "each sees 5"),
        ("layer 3", "sees 7"),
    )
    for row, (name, sees) in enumerate(rows):
        y = 210 - row * 60
        for cell in range(9):
            marked = cell in range(1 + row, 8 - row)
            x = left + cell * step
            parts.append(box(x, y, 26, HUES[0] if marked else PAPER, INK if marked else FAINT))
            if marked and row:
                taps = (x + 13 + step * tap for tap in (-1, 0, 1))
                parts += [line(x + 13, y + 26, tap, y + 60, HUES[0], 1) for tap in taps]
        parts.append(text(left - 20, y + 18, name, "end"))
        parts.append(text(left + 9 * step + 4, y + 18, sees, "start"))
    return svg(620, 256, parts, "How a receptive field grows")


def square() -> str:
    """Shift then convolve equals convolve then shift."""

    def picture(x: float, y: float, at: float, edges: bool) -> list[str]:
        frame = f'<rect x="{x:g}" y="{y:g}" width="110" height="80" fill="none" stroke="{INK}"/>'
        left = x + at
        if not edges:
            thing = f'<rect x="{left:g}" y="{y + 25:g}" width="34" height="34" fill="{HUES[1]}"/>'
            return [frame, thing]
        return [
            frame,
            line(left, y + 25, left, y + 59, HUES[0], 4),
            line(left + 34, y + 25, left + 34, y + 59, HUES[2], 4),
        ]

    parts = [
        *picture(90, 20, 14, False),
        *picture(350, 20, 58, False),
        *picture(90, 170, 14, True),
        *picture(350, 170, 58, True),
        arrow(212, 60, 338, 60),
        arrow(212, 210, 338, 210),
        arrow(145, 108, 145, 162),
        arrow(405, 108, 405, 162),
        text(275, 50, "move by d"),
        text(275, 200, "move by d"),
        text(135, 140, "convolve", "end"),
        text(415, 140, "convolve", "start"),
    ]
    return svg(550, 270, parts, "Equivariance: both ways around the square lead to the same map")


def ladder() -> str:
    """An edge, a corner, an eye, a face."""

    def frame(x: float) -> str:
        return f'<rect x="{x:g}" y="20" width="110" height="110" fill="none" stroke="{FAINT}"/>'

    def eye(x: float, y: float, size: float) -> str:
        lid = f"M {x - size:g} {y:g} Q {x:g} {y - size:g} {x + size:g} {y:g} Q {x:g} {y + size:g} {x - size:g} {y:g} Z"
        return f'<path d="{lid}" fill="none" stroke="{HUES[0]}" stroke-width="3"/>' + dot(
            x, y, HUES[1], size * 0.36
        )

    edge = [
        f'<rect x="20" y="75" width="110" height="55" fill="{FAINT}"/>',
        line(20, 75, 130, 75, HUES[0], 4),
    ]
    corner = [line(230, 100, 230, 50, HUES[0], 4), line(230, 50, 290, 50, HUES[0], 4)]
    face = [
        f'<ellipse cx="615" cy="78" rx="40" ry="42" fill="none" stroke="{INK}" stroke-width="2"/>',
        f'<path d="M 580 55 L 582 24 L 604 40" fill="none" stroke="{INK}" stroke-width="2"/>',
        f'<path d="M 650 55 L 648 24 L 626 40" fill="none" stroke="{INK}" stroke-width="2"/>',
        eye(600, 70, 12),
        eye(630, 70, 12),
        f'<path d="M 610 90 L 620 90 L 615 97 Z" fill="{HUES[3]}"/>',
        f'<path d="M 600 104 Q 615 114 630 104" fill="none" stroke="{INK}" stroke-width="2"/>',
    ]
    names = ("edge", "corner", "eye", "face")
    xs = (20, 200, 380, 560)
    parts = [*(frame(x) for x in xs), *edge, *corner, eye(435, 75, 40), *face]
    parts += [text(x + 55, 152, name) for x, name in zip(xs, names, strict=True)]
    parts += [arrow(x + 120, 75, x + 170, 75) for x in xs[:3]]
    return svg(690, 166, parts, "Each stage combines what the one before it found")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for figure in (connections, field, square, ladder):
        (PICTURES / f"{figure.__name__}.svg").write_text(figure(), encoding="utf-8")
