"""A griffe extension: doctests at the end of a docstring are shown as its examples."""

import re
from typing import Any

import griffe

# A block that begins with a prompt, up to the docstring's end.
_EXAMPLES = re.compile(r"^>>> .*\Z", re.MULTILINE | re.DOTALL)


class Doctests(griffe.Extension):
    """Puts the heading ``Examples:`` over doctests, which docstrings leave out."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring is not None and "Examples:" not in obj.docstring.value:
            obj.docstring.value = _EXAMPLES.sub(_headed, obj.docstring.value)


def _headed(found: re.Match[str]) -> str:
    lines = (f"    {line}".rstrip() for line in found.group().splitlines())
    return "Examples:\n" + "\n".join(lines)
