"""Sheets of tiles: every picture lies where its number says."""

import io

import numpy as np
from PIL import Image

from convscope.atlas.tiles import sheets


def plain(value: float, height: int = 4, width: int = 4, channels: int = 3) -> np.ndarray:
    return np.full((channels, height, width), value, np.float32)


def opened(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")).astype(int)


def at(document: dict, files: dict[str, bytes], number: int) -> np.ndarray:
    """Cut a tile out as a page does, from the document alone."""
    picture, place = divmod(number, document["per"])
    row, column = divmod(place, document["columns"])
    height, width = document["tile"]
    sheet = opened(files[document["pictures"][picture].removeprefix("pictures/")])
    return sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]


def test_every_tile_is_where_the_document_says():
    made = [plain(i / 10) for i in range(11)]
    for per, count in ((None, 1), (4, 3)):
        found = sheets("x", made, 8, per)
        assert found is not None
        document = found.document()
        assert len(document["pictures"]) == count
        for number, picture in enumerate(made):
            tile = at(document, found.files, number)
            assert (tile[..., :3] == round(picture[0, 0, 0] * 255)).all()
            assert (tile[..., 3] == 255).all()


def test_a_missing_picture_is_empty_and_none_at_all_is_none():
    found = sheets("x", [plain(1), None], 8)
    assert found is not None
    assert (at(found.document(), found.files, 1)[..., 3] == 0).all()
    assert sheets("x", [None, None], 8) is None


def test_large_pictures_shrink_in_proportion_and_small_ones_stay():
    found = sheets("x", [plain(1, 40, 20), plain(0, 20, 20)], 10)
    assert found is not None
    assert found.tile == (10, 5)
    small = at(found.document(), found.files, 1)
    assert (small[..., 3].sum(1) > 0).sum() == 5
    tiny = sheets("x", [plain(1, 3, 3)], 64)
    assert tiny is not None
    assert tiny.tile == (3, 3)


def test_one_channel_is_grey():
    found = sheets("x", [plain(0.2, channels=1)], 8)
    assert found is not None
    assert (at(found.document(), found.files, 0)[..., :3] == 51).all()
