"""The server gives out the atlas's files to this machine, and nothing else to nobody else."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convscope.server.app import place_of

Ask = Callable[..., Any]


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/", "text/html; charset=utf-8", b"<title>pages</title>"),
        ("/index.html", "text/html; charset=utf-8", b"<title>pages</title>"),
        ("/index.html?x=1", "text/html; charset=utf-8", b"<title>pages</title>"),
        ("/data/site.json", "application/json", b"{}"),
        ("/assets/main.js", "text/javascript; charset=utf-8", b"export {}"),
        ("/a%20b.webp", "image/webp", b"RIFF"),
    ],
)
def test_serves_the_atlas(ask: Ask, path: str, kind: str, body: bytes) -> None:
    response = ask(path)
    assert response.status == 200
    assert response.headers["content-type"] == kind
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.body == body


ESCAPES = [
    "/../secret.txt",
    "/data/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/data/%2e%2e/%2e%2e/secret.txt",
    "/..%5csecret.txt",
    "/%252e%252e/secret.txt",
    "/..%c0%afsecret.txt",
    "//etc/passwd",
    "/%2fetc/passwd",
    "/%2fetc%2fpasswd",
    "/C:/secret.txt",
    "/file:///etc/passwd",
    "/index.html%00.txt",
    "/.lock",
    "/data/.hidden",
    "/data",
    "/absent.html",
    "/" + "a" * 5000,
]


@pytest.mark.parametrize("path", ESCAPES)
def test_no_path_leads_outside(ask: Ask, path: str) -> None:
    response = ask(path)
    assert response.status in (400, 404)
    assert b"secret" not in response.body


def test_absolute_form_request_does_not_lead_outside(ask: Ask, folder: Path) -> None:
    response = ask(f"{folder.parent}/secret.txt")
    assert response.status == 404


def test_links_are_followed_inside_only(ask: Ask, folder: Path) -> None:
    (folder / "inside.json").symlink_to(folder / "data" / "site.json")
    (folder / "outside.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)
    (folder / "circle").symlink_to(folder / "circle")
    assert ask("/inside.json").body == b"{}"
    for path in ("/outside.txt", "/up/secret.txt", "/up", "/circle"):
        assert ask(path).status == 404


def test_an_atlas_behind_a_link_is_served(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert place_of(link, "index.html") == folder.resolve() / "index.html"
    assert place_of(link, "../secret.txt") is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "localhost:9000", "LOCALHOST:1", "[::1]:80", "[::1]"]
)
def test_answers_to_the_names_of_this_machine(ask: Ask, host: str) -> None:
    assert ask("/", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8756",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
        "0.0.0.0",
    ],
)
def test_refuses_other_names(ask: Ask, host: str) -> None:
    response = ask("/", host=host)
    assert response.status == 400
    assert b"<title>" not in response.body


def test_reading_only(ask: Ask, folder: Path) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask("/index.html", method).status == 405
    assert ask("/index.html", "HEAD").body == b""
    assert (folder / "index.html").exists()


def test_what_did_not_change_is_not_sent_again(ask: Ask, folder: Path) -> None:
    first = ask("/data/site.json")
    tag = first.headers["etag"]
    again = ask("/data/site.json", if_none_match=tag)
    assert (again.status, again.body) == (304, b"")
    (folder / "data" / "site.json").write_text('{"new": 1}')
    assert ask("/data/site.json", if_none_match=tag).body == b'{"new": 1}'


def test_listens_on_this_machine_only(ask: Ask) -> None:
    from convscope.server.running import listening

    with listening(None) as listener:
        assert listener.family == socket.AF_INET
        assert listener.getsockname()[0] == "127.0.0.1"
