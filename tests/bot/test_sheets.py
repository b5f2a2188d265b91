"""The contact sheet: every picture once, in order, none stretched, and what is transparent on a quiet ground."""

import io

import pytest
from PIL import Image, ImageChops

from bot.sheets import sheet

COLOURS = [(200, 20, 20), (20, 200, 20), (20, 20, 200), (200, 200, 20)]


def picture(colour: tuple[int, ...], size: tuple[int, int] = (60, 60), kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(stream, kind, lossless=True)
    return stream.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_four_pictures_stand_in_their_order() -> None:
    drawn = opened(sheet([(n, picture(colour)) for n, colour in enumerate(COLOURS, 1)], "job-sheet", 10**7).data)
    middles = [(x, y) for y in (1 / 4, 3 / 4) for x in (1 / 6, 3 / 6, 5 / 6)]
    seen = [drawn.getpixel((int(drawn.width * x), int(drawn.height * y))) for x, y in middles]
    assert seen[:4] == COLOURS
    assert not set(seen[4:]) & set(COLOURS)


@pytest.mark.parametrize("count", [1, 2, 11, 30, 100])
def test_any_number_fits(count: int) -> None:
    file = sheet([(n + 1, picture(COLOURS[n % 4], kind="WEBP")) for n in range(count)], "job-sheet", 10**7)
    drawn = opened(file.data)
    assert (file.filename, drawn.width <= 1600, drawn.height <= 1700) == ("job-sheet.png", True, True)
    seen = {colour for _, colour in drawn.getcolors(10**7) or ()}
    assert set(COLOURS[:count]) <= seen


def test_each_is_numbered() -> None:
    """The numbers differ, so the cells do, though the pictures are the same."""
    one, other = (opened(sheet([(number, picture(COLOURS[0]))], "s", 10**7).data) for number in (1, 12))
    assert one.size == other.size
    assert one.tobytes() != other.tobytes()
    assert (255, 255, 255) in {colour for _, colour in one.getcolors(10**7) or ()}


@pytest.mark.parametrize("size", [(4000, 10), (10, 4000), (1, 1), (500, 300), (300, 500)])
def test_nothing_is_stretched(size: tuple[int, int]) -> None:
    drawn = opened(sheet([(1, picture((10, 250, 10), size))], "s", 10**7).data)
    green = ImageChops.subtract(drawn.getchannel("G"), drawn.getchannel("R"))
    box = Image.eval(green, lambda value: 255 * (value > 100)).getbbox()
    assert box
    longer, shorter = max(box[2] - box[0], box[3] - box[1]), min(box[2] - box[0], box[3] - box[1])
    assert (box[2] - box[0] >= box[3] - box[1]) is (size[0] >= size[1])
    assert abs(shorter - longer * min(size) / max(size)) <= 2


@pytest.mark.parametrize("size", [(600, 400), (400, 600), (900, 100)])
def test_cells_are_shaped_as_the_pictures_are(size: tuple[int, int]) -> None:
    """Or half of the sheet is empty; it stays as wide as Discord shows it."""
    drawn = opened(sheet([(n, picture(COLOURS[0], size)) for n in range(1, 13)], "s", 10**7).data)
    filled = dict((colour, count) for count, colour in drawn.getcolors(10**7) or ())[COLOURS[0]]
    assert filled > drawn.width * drawn.height * (0.15 if size[0] == 900 else 0.8)
    assert 1.2 < drawn.width / drawn.height < 2.8


def test_what_is_transparent_is_quiet() -> None:
    drawn = opened(sheet([(1, picture((255, 0, 255, 0)))], "s", 10**7).data)
    middle = drawn.getpixel((drawn.width // 2, drawn.height // 2))
    assert isinstance(middle, tuple)
    assert max(middle) - min(middle) < 12 and max(middle) < 100


def test_it_keeps_to_the_limit() -> None:
    pictures = []
    for number in range(1, 13):
        stream = io.BytesIO()
        Image.effect_noise((200, 200), 90).save(stream, "PNG")
        pictures.append((number, stream.getvalue()))
    file = sheet(pictures, "job-sheet", 100_000)
    assert len(file.data) <= 100_000
    assert file.filename == "job-sheet.webp"
