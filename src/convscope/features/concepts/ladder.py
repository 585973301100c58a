"""The ladder of complexity, from the lesson: on which of its four levels a feature stands.

1 edge, line, spot, colour; 2 corner and junction, simple texture; 3 circle, arc, complex texture, part; 4 whole.
"""

from collections.abc import Mapping

_FIRST = ("edge", "line", "spot", "area", "blob", "plain", "tone", "loud", "quiet", "onset", "offset",
          "click", "noise", "crest", "trough", "rise", "fall", "tube", "sheet", "contrast")  # fmt: skip
_SECOND = ("corner", "stripes", "grid", "chirp")
_THIRD = ("disc", "arc", "harmonic", "pitch")
_OF_WORD: Mapping[str, int] = {
    **dict.fromkeys(_FIRST, 1),
    **dict.fromkeys(_SECOND, 2),
    **dict.fromkeys(_THIRD, 3),
}
WHOLE = 4
"""The level of what a whole sample is: its class."""

UNKNOWN = "unknown"
"""The label of a unit for which nothing is above chance."""


def level_of(name: str) -> int:
    """Return the level of a concept that an operator computes, from the words of its name.

    >>> level_of("edge 90"), level_of("dark corner 45"), level_of("bright disc")
    (1, 2, 3)
    """
    return next(_OF_WORD[word] for word in name.split() if word in _OF_WORD)
