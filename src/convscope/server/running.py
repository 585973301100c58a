"""Serve an atlas on this machine until it is stopped."""

import asyncio
import errno
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.atlas import Atlas
from convscope.atlas.schema import MANIFEST
from convscope.errors import SpecError, WorkError
from convscope.server.live import live_of

if TYPE_CHECKING:
    from convscope.data import Source
    from convscope.network import Network

PORT = 8756
"""The port that is tried first."""


def serve(
    atlas: str | Path,
    *,
    network: "Network | None" = None,
    data: "Source | None" = None,
    port: int | None = None,
    browser: bool = True,
    ready: Callable[[str], None] = print,
) -> None:
    """Serve an atlas's pages on 127.0.0.1 until Ctrl-C; in a notebook, until the kernel ends.

    Pages that are missing or old are made first.

    Args:
        atlas: the folder that ``look`` made.
        network: the network it is about, which then runs behind the pages; the built-in ones need not be named.
        data: what it looks at; None opens what the atlas says.
        port: the port; None takes the usual one, or a free one where that is taken.
        browser: whether to open a browser.
        ready: told the address, once it answers.

    Raises:
        SpecError: the folder is no atlas, the network or the data are not its own, or the port may not be used.
        WorkError: the port is taken, or FastAPI and uvicorn are not installed.
    """
    folder = Path(atlas)
    opened = Atlas.open(folder)
    try:
        import uvicorn

        from convscope.server.app import pages
    except ModuleNotFoundError as error:
        raise WorkError(
            f"Serving pages needs {error.name}, which is not installed: type "
            '`pip install "convscope[server]"`. Without it, `convscope report ATLAS -o FILE.html` '
            "writes a file that any browser opens."
        ) from error
    live = live_of(opened, network, data)
    build_if_old(folder)
    listener = listening(port)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    # The socket listens already: a browser that comes before the server waits in its queue.
    ready(url)
    if browser:
        webbrowser.open(url)
    server = uvicorn.Server(
        uvicorn.Config(pages(folder, live), log_level="warning", lifespan="off")
    )

    def run() -> None:
        with listener:
            server.run(sockets=[listener])

    if _in_notebook():
        threading.Thread(target=run, daemon=True).start()
    else:
        run()
        # Only Ctrl-C ends a server in the foreground, and whether asyncio still says so depends on timing.
        raise KeyboardInterrupt


def _in_notebook() -> bool:
    """Tell whether this thread runs an event loop already; the server then needs a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def build_if_old(folder: Path) -> None:
    """Make an atlas's pages where there are none, or where the atlas or convscope is newer."""
    from convscope import site

    index = folder / "index.html"
    sources = Path(site.__file__).parent.rglob("*")
    newest = max(place.stat().st_mtime for place in (folder / MANIFEST, *sources))
    if not index.is_file() or index.stat().st_mtime < newest:
        site.build(folder)


def listening(port: int | None) -> socket.socket:
    """Return a socket that listens on 127.0.0.1.

    Args:
        port: the port; None takes the usual one, or a free one where that is taken.

    Raises:
        SpecError: the port may not be used.
        WorkError: the port is taken.
    """
    try:
        return _listening(PORT if port is None else port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and port is None:
            return _listening(0)
        if error.errno == errno.EADDRINUSE:
            raise WorkError(
                f"Port {port} is taken by another program: leave out --port to get a free one, "
                "or name another."
            ) from error
        raise SpecError(
            f"Port {port} may not be used ({error.strerror}): leave out --port, or name one "
            "above 1023."
        ) from error


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
