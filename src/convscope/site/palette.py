"""The colours of charts and report: one hue a meaning, told apart by every kind of colour vision.

The hues are those of Okabe and Ito (2008); inks and papers are the pages' own. A chart is authored
with the light theme's values, which a notebook can draw. On a page each of them becomes the custom
property of the same name, so that one chart serves both themes.
"""

INK = "#1c1a17"
MUTED = "#6a655c"
RULE = "#e5e0d6"
ACCENT = "#b23a1e"
WEIGHTS = "#0072b2"
SHARING = "#56b4e9"
GROUPING = "#009e73"
LOCALITY = "#e69f00"
VIOLET = "#7b5ea7"
SIMPLE = "#2f6f9f"
JOINED = "#2a9d8f"
SHAPED = "#e0a030"
ENTIRE = "#c2491d"
QUIET = "#b9b3a8"
GONE = "#dad4c8"

LEVELS = (SIMPLE, JOINED, SHAPED, ENTIRE)
"""The ladder of complexity from its first level to its fourth: cool to warm."""

PROPERTIES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    ACCENT: "var(--accent)",
    WEIGHTS: "var(--weights)",
    SHARING: "var(--sharing)",
    GROUPING: "var(--grouping)",
    LOCALITY: "var(--locality)",
    VIOLET: "var(--violet)",
    SIMPLE: "var(--simple)",
    JOINED: "var(--joined)",
    SHAPED: "var(--shaped)",
    ENTIRE: "var(--entire)",
    QUIET: "var(--quiet)",
    GONE: "var(--gone)",
}


def for_page(text: str) -> str:
    """Return a chart's JSON or SVG with every colour of the palette as a custom property."""
    for colour, variable in PROPERTIES.items():
        text = text.replace(colour, variable)
    return text
