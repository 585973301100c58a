"""One idea of the lesson as a page or a report shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """One idea, for a page or a report.

    Args:
        idea: as on the command line.
        title: the idea in a few words.
        sentence: the idea in one sentence.
        page: the route of its evidence; None where there is no page for it.
        command: the command that measures it.
        available: whether this version of convscope has that command.
        number: the headline; empty where there is none.
        text: what the number means, or why what was measured gives none; empty where nothing was measured.
        verdict: ``supported``, ``not supported`` or ``undecided``.
        threshold: what the verdict was decided by.
        floor: what the code gives where the truth is zero.
        chart: a small SVG; its colours are custom properties of the page.
        caption: what the chart shows.
    """

    idea: str
    title: str
    sentence: str
    page: str | None
    command: str
    available: bool
    number: str = ""
    text: str = ""
    verdict: str = ""
    threshold: str = ""
    floor: str = ""
    chart: str = ""
    caption: str = ""
