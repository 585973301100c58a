"""Rooms that can be called: ``convscope.sharing`` is a folder to read and a function to call.

The import system binds a package's name to its module, over any function of that name. A room whose
module is callable keeps both readings true, whichever was imported first.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__dict__["__measure__"](*args, **kwargs)


def callable_as(room: str, measure: Callable[..., Any]) -> None:
    """Make the imported package ``room`` callable: calling it calls ``measure``.

    Args:
        room: the package's full name, such as ``"convscope.sharing"``.
        measure: the room's one public function.
    """
    module = sys.modules[room]
    module.__class__ = _Room
    module.__dict__["__measure__"] = measure
    module.__doc__ = module.__doc__ or measure.__doc__
