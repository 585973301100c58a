"""The network behind the pages: its maps are those of the network, and what is asked wrongly is told so."""

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
import uvicorn
from torch import nn

from convscope.atlas import Atlas
from convscope.atlas.looking import look
from convscope.data import open_source
from convscope.errors import SpecError, WorkError
from convscope.network import Network
from convscope.network.demo import design_of
from convscope.server.app import LIVE, pages
from convscope.server.live import BUILT_IN, Live, Refused, live_of
from convscope.server.running import listening
from convscope.shift.fourier import moved

DATA = "parts:12"
SAFE = {"content-type": "application/json", "cache-control": "no-store",
        "cross-origin-resource-policy": "same-origin", "x-content-type-options": "nosniff"}  # fmt: skip


def _module(padding: Literal["zeros", "circular"] = "zeros", seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, padding_mode=padding), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1, padding_mode=padding), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)).eval()  # fmt: skip


def _network(seed: int = 0) -> Network:
    return Network(_module(seed=seed), input=(3, 32, 32), spec="hand:made")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    """Return an atlas of a small network, with what was found of moves and a page."""
    folder = tmp_path_factory.mktemp("live") / "atlas"
    found = look(_network(), open_source(DATA), out=folder, only=["shift"])
    (folder / "index.html").write_text("<head><title>pages</title></head>")
    return found


@pytest.fixture(scope="module")
def live(atlas: Atlas) -> Live:
    """Return the network behind it."""
    made = live_of(atlas, _network(), open_source(DATA))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def port(atlas: Atlas, live: Live) -> Iterator[int]:
    """Return the port of a server that runs it."""
    listener = listening(None)
    app = pages(atlas.path, live)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


def _ask(
    port: int, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        method, path, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )
    response = connection.getresponse()
    told = {name.lower(): value for name, value in response.getheaders()}
    body = response.read()
    connection.close()
    return response.status, told, body


def _values(answer: dict[str, Any]) -> dict[str, np.ndarray]:
    return {
        row["name"]: np.frombuffer(base64.b64decode(row["values"]), "<f4")
        for row in answer["layers"]
    }


@pytest.mark.parametrize("way", ["native", "circular"])
@pytest.mark.parametrize("move", [(0, 0), (5, -3), (32, -32), (0.37, -7.81)])
def test_maps_and_scores_are_those_of_the_network(
    port: int, atlas: Atlas, way: str, move: tuple[float, float]
) -> None:
    about = json.loads(_ask(port, "/live/about")[2])
    assert list(about["ways"]) == ["native", "circular"]
    assert about["samples"] == [row["index"] for row in atlas.document("data")["samples"]]
    assert about["stride"] == [2, 2]
    layers = about["ways"][way]
    assert [row["stride"] for row in layers] == [[1, 1], [2, 2]]
    index = about["samples"][3]
    status, headers, body = _ask(
        port, f"/live/maps?sample={index}&move={move[0]},{move[1]}&way={way}"
    )
    assert status == 200
    assert SAFE.items() <= headers.items()
    answer = json.loads(body)
    found = _values(answer)
    # The modules themselves: no exported graph, no taps, and torch's own circular padding.
    module = _module("zeros" if way == "native" else "circular")
    x = torch.from_numpy(_fitted(index))[None]
    with torch.no_grad():
        turned = moved(x, move)
        maps = [module[:2](turned), module[:5](turned)]
        shares = module(turned).softmax(1)[0]
    for row, explicit in zip(layers, maps, strict=True):
        expected = explicit[0, row["units"]].numpy().reshape(-1)
        np.testing.assert_allclose(found[row["name"]], expected, atol=1e-5)
    np.testing.assert_allclose(answer["shares"], shares.numpy(), atol=1e-5)
    if way == "native" and any(move):
        other = _ask(port, f"/live/maps?sample={index}&move={move[0]},{move[1]}&way=circular")
        deep = layers[-1]["name"]
        assert np.abs(_values(json.loads(other[2]))[deep] - found[deep]).max() > 1e-4


def _fitted(index: int) -> np.ndarray:
    from convscope.data import fit

    return np.ascontiguousarray(fit(open_source(DATA)[index].array, (3, 32, 32)))


def test_only_the_layers_that_were_asked_for(port: int, live: Live) -> None:
    (first, *_) = json.loads(_ask(port, "/live/about")[2])["ways"]["native"]
    body = _ask(port, f"/live/maps?sample=0&move=1,1&layers={first['name']}")[2]
    assert list(_values(json.loads(body))) == [first["name"]]


BAD = {
    "no words": "",
    "no sample": "move=1,1",
    "a sample that is not shown": "sample=9999&move=1,1",
    "a sample that is no number": "sample=one&move=1,1",
    "a negative sample": "sample=-1&move=1,1",
    "a digit of another script": "sample=%C2%B2&move=1,1",
    "no move": "sample=0",
    "a move of one axis": "sample=0&move=1",
    "a move of three axes": "sample=0&move=1,1,1",
    "not a number": "sample=0&move=nan,1",
    "infinite": "sample=0&move=1,-inf",
    "beyond all numbers": "sample=0&move=1e999,1",
    "words": "sample=0&move=left,right",
    "more than once round": "sample=0&move=32.1,0",
    "far too large": "sample=0&move=1e300,0",
    "an unknown layer": "sample=0&move=1,1&layers=absent",
    "an empty layer": "sample=0&move=1,1&layers=",
    "an unknown way": "sample=0&move=1,1&way=mirror",
    "an unknown word": "sample=0&move=1,1&depth=3",
    "a word twice": "sample=0&sample=1&move=1,1",
    "a long word": "sample=0&move=1,1&layers=" + "a" * 5000,
}


@pytest.mark.parametrize("words", BAD.values(), ids=BAD.keys())
def test_what_is_asked_wrongly_is_told_so(port: int, words: str) -> None:
    status, headers, body = _ask(port, f"/live/maps?{words}")
    assert status == 400
    assert SAFE.items() <= headers.items()
    answer = json.loads(body)
    assert list(answer) == ["error"]
    assert len(answer["error"]) < 300
    assert "Traceback" not in answer["error"]


def test_only_these_pages_on_this_machine_may_ask(port: int) -> None:
    path = "/live/maps?sample=0&move=1,1"
    assert _ask(port, path, Host="evil.example")[0] == 400
    assert _ask(port, path, Sec_Fetch_Site="cross-site")[0] == 403
    assert _ask(port, path, Sec_Fetch_Site="same-origin")[0] == 200
    for method in ("POST", "PUT", "DELETE"):
        assert _ask(port, path, method)[0] == 405
    assert _ask(port, "/live/other")[0] == 404


def test_the_page_is_told_that_the_network_is_there(port: int, atlas: Atlas) -> None:
    for path in ("/", "/index.html"):
        body = _ask(port, path)[2].decode()
        assert body == f"<head><title>pages</title>{LIVE}</head>"
    assert LIVE not in (atlas.path / "index.html").read_text()


def test_one_piece_of_work_at_a_time(atlas: Atlas) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def opened() -> Any:
        begun.set()
        assert go_on.wait(30)
        return _network(), open_source(DATA)

    slow = Live(atlas, opened)
    first = threading.Thread(target=slow.about)
    first.start()
    assert begun.wait(30)
    with pytest.raises(Refused, match="at work") as busy:
        slow.about()
    assert busy.value.status == 503
    with pytest.raises(Refused) as wrong:
        slow.maps([("sample", "0")])
    assert wrong.value.status == 400  # what is wrong is wrong now, too
    go_on.set()
    first.join()
    assert list(slow.about()["ways"]) == ["native", "circular"]


def test_another_network_or_other_data_are_not_run(atlas: Atlas) -> None:
    with pytest.raises(SpecError, match=r"not the network of .*look"):
        live_of(atlas, _network(seed=1), open_source(DATA))
    with pytest.raises(SpecError, match=r"not the data of .*--data"):
        live_of(atlas, _network(), open_source("parts:12:1"))
    late = Live(atlas, lambda: (_network(seed=1), open_source(DATA)))
    for _ in range(2):  # it stays so
        with pytest.raises(Refused, match="not the network of") as refused:
            late.about()
        assert refused.value.status == 409


def test_a_sample_that_is_gone_is_said_and_the_next_is_answered(
    atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(DATA)
    live = Live(atlas, lambda: (_network(), source))
    live.about()

    def gone(index: int) -> Any:
        raise WorkError("photo.png cannot be read.\nIt was there yesterday.")

    with monkeypatch.context() as patch:
        patch.setattr(type(source), "__getitem__", lambda self, index: gone(index))
        with pytest.raises(Refused, match=r"^photo\.png cannot be read\.$") as refused:
            live.maps([("sample", "1"), ("move", "1,1")])
        assert refused.value.status == 409
    assert live.maps([("sample", "1"), ("move", "1,1")])["sample"] == 1


def test_an_atlas_runs_nothing_but_what_comes_with_convscope(
    atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for spec, world in BUILT_IN.items():
        design = design_of(spec.partition(":")[2] or "image")  # pyright: ignore[reportArgumentType]
        assert (design.spec, design.data) == (spec, world)
    assert live_of(atlas) is None
    facts = atlas.manifest
    for spec, data, runs in (
        ("demo", "parts:12", True),
        ("demo", "photos", False),
        ("demo.py:net", "parts:12", False),
        ("demo:sound", "parts:12", False),
    ):
        manifest = type(facts)(
            {**facts.network, "spec": spec},
            {**(facts.data or {}), "spec": data},
            facts.created,
            facts.entries,
        )
        assert (live_of(Atlas(atlas.path, manifest)) is not None) == runs


def test_what_cannot_be_tested_exactly_is_shown_as_it_is_alone(tmp_path: Path) -> None:
    """Of 33 positions a stride of 2 makes 17: no torus, so no circular way, and every layer with places."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, stride=2, padding=1))
    net = Network(module.eval(), input=(3, 33, 33), spec="hand:made")
    found = look(net, open_source(DATA), out=tmp_path / "atlas", only=["shift"])
    live = live_of(found, net, open_source(DATA))
    assert live is not None
    about = live.about()
    assert list(about["ways"]) == ["native"]
    assert [row["size"] for row in about["ways"]["native"]] == [(33, 33), (17, 17)]
    words = [("sample", "0"), ("move", "1.5,2")]
    assert live.maps(words)["shares"] is None
    with pytest.raises(Refused, match="'circular' cannot be shown"):
        live.maps([*words, ("way", "circular")])


def test_without_padding_maps_on_the_torus_are_larger(tmp_path: Path) -> None:
    """A window of 3 without padding leaves 30 of 32 positions, and 32 on the torus; both are of their size."""
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 4, 3)
    net = Network(nn.Sequential(conv, nn.ReLU()).eval(), input=(3, 32, 32), spec="hand:made")
    found = look(net, open_source(DATA), out=tmp_path / "atlas", only=["shift"])
    live = live_of(found, net, open_source(DATA))
    assert live is not None
    ways = live.about()["ways"]
    x = torch.from_numpy(_fitted(0))[None]
    for way, wide in (("native", 30), ("circular", 32)):
        (row,) = ways[way]
        assert row["size"] == (wide, wide)
        (values,) = _values(live.maps([("sample", "0"), ("move", "0,3"), ("way", way)])).values()
        with torch.no_grad():
            turned = x.roll(3, 3)
            padded = nn.functional.pad(turned, (0, 2, 0, 2), mode="circular")
            explicit = conv(turned if way == "native" else padded).relu()[0, row["units"]].numpy()
        maps = values.reshape(len(row["units"]), wide, wide)
        if way == "circular":  # where a torus begins is a convention
            shifts = [(a, b) for a in range(-2, 3) for b in range(-2, 3)]
            explicit = min(
                (np.roll(explicit, shift, (1, 2)) for shift in shifts),
                key=lambda turned: np.abs(turned - maps).max(),
            )
        np.testing.assert_allclose(maps, explicit, atol=1e-5)
