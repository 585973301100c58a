"""A real server on a real port, spoken to without a client that tidies paths up."""

import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn

from convscope.server.app import pages
from convscope.server.running import listening


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that looks like an atlas with pages, beside a secret."""
    tmp_path = tmp_path_factory.mktemp("served")
    atlas = tmp_path / "atlas"
    (atlas / "data").mkdir(parents=True)
    (atlas / "assets").mkdir()
    (atlas / "index.html").write_text("<title>pages</title>")
    (atlas / "data" / "site.json").write_text("{}")
    (atlas / "assets" / "main.js").write_text("export {}")
    (atlas / "a b.webp").write_bytes(b"RIFF")
    (atlas / ".lock").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    return atlas


@pytest.fixture(scope="module")
def ask(folder: Path) -> Iterator[Ask]:
    """Return a function that sends one request, exactly as written."""
    listener = listening(None)
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(pages(folder), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()

    def request(path: str, method: str = "GET", host: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", f"127.0.0.1:{port}" if host is None else host)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        headers_back = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, headers_back, response.read())
        connection.close()
        return answer

    yield request
    server.should_exit = True
    thread.join()
