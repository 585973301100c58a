"""The web application: the files of one atlas, and nothing else of this machine.

The naive way, any static file server on a port, has two holes. A page on the internet can resolve its
own name to 127.0.0.1 and read what is served there (DNS rebinding); the ``Host`` header then still
names that page, so only this machine's names are answered. And a path, or a link in a folder that
somebody sent, can lead out of the folder; so the place that a path ends at is resolved first and
must lie inside.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from convscope.atlas.files import as_json
from convscope.server.live import Live, Refused

NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""The host names that are this machine."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".f32": "application/octet-stream",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wav": "audio/wav",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_HEADERS = {
    "Cache-Control": "no-cache",  # the atlas may go on while it is looked at
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


LIVE = '<meta name="convscope-live" content="live/">'
"""What tells a page that the network runs behind it; its files know nothing of that."""


class OnlyThisMachine:
    """Answer requests that name this machine as their host; refuse the others.

    Args:
        app: the application behind.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        hosts = [value.decode("latin-1") for key, value in scope["headers"] if key == b"host"]
        if len(hosts) == 1 and _name(hosts[0]) in NAMES:
            await self.app(scope, receive, send)
            return
        refusal = PlainTextResponse(
            "These pages are for this machine only: open them as http://127.0.0.1.", 400
        )
        await refusal(scope, receive, send)


def pages(folder: Path, live: Live | None = None) -> FastAPI:
    """Return the application that serves an atlas's folder.

    Args:
        folder: the atlas, with its pages built.
        live: the network behind the pages; None serves files alone.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(OnlyThisMachine)
    index = place_of(folder, "") if live else None
    if live:

        @app.get("/live/about")
        def about(request: Request) -> Response:
            return _answered(request, live.about)

        @app.get("/live/maps")
        def maps(request: Request) -> Response:
            return _answered(request, lambda: live.maps(request.query_params.multi_items()))

    @app.api_route("/{path:path}", methods=["GET", "HEAD"])
    def file(path: str, request: Request) -> Response:
        place = place_of(folder, path)
        if place is None:
            return PlainTextResponse("There is no such page.", 404, headers=_HEADERS)
        if place == index:
            told = place.read_text(encoding="utf-8").replace("</head>", f"{LIVE}</head>", 1)
            return HTMLResponse(told, headers=_HEADERS)
        kind = _TYPES.get(place.suffix.lower(), "application/octet-stream")
        response = FileResponse(place, media_type=kind, headers=_HEADERS, stat_result=place.stat())
        tag = response.headers["etag"]
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={**_HEADERS, "etag": tag})
        return response

    return app


def _answered(request: Request, work: Callable[[], Mapping[str, Any]]) -> Response:
    """Return what some work gives as JSON, or why it was refused; never to another page's request."""
    headers = {**_HEADERS, "Cache-Control": "no-store"}
    try:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "Only these pages may ask.")
        return _json(work(), 200, headers)
    except Refused as refused:
        return _json({"error": str(refused)}, refused.status, headers)


def _json(content: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    return Response(as_json(content), status, headers, "application/json")


def place_of(folder: Path, path: str) -> Path | None:
    """Return the file that a request's path names; None unless it is one, inside the folder.

    Args:
        folder: the atlas.
        path: the path after the first slash, percent-decoded.
    """
    parts = path.split("/")
    if any(part.startswith(".") for part in parts) or any(sign in path for sign in "\\:\0"):
        return None
    root = folder.resolve()
    try:
        place = root.joinpath(*(part for part in parts if part)).resolve()
        if place.is_dir():
            place = (place / "index.html").resolve()
        return place if place.is_relative_to(root) and place.is_file() else None
    except (OSError, RuntimeError):  # a name too long, links in a circle
        return None


def _name(host: str) -> str:
    """Return a Host header without its port."""
    end = host.rfind("]") + 1 or host.find(":")
    return (host if end < 0 else host[:end]).lower()
