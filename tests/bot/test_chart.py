"""The chart draws any name without a word of complaint, and the table is text and numbers to any spreadsheet."""

import csv
import io
import logging

import pytest
from PIL import Image

from bot.chart import Bar, draw, drawable, table

NAMES = [
    "Ada",
    "שלום עולם",
    "مرحبا",
    "日本語の名前",
    "😀🎉",
    "👩‍👩‍👧",
    "Bo $x^2$ $",
    "\\frac{1}{2}",
    "x\n\ty\x00",
    "",
    "a" * 300,
    "Z̷̢̛a̶l̴g̷o̸",
    "\u202egnp",
    "\ud800",
]


def shown(picture: bytes) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        assert image.format == "PNG"
        return image


@pytest.mark.parametrize("upright", [False, True])
def test_names_of_any_script_are_drawn(upright: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Warnings are errors here: a glyph that is missing would be one."""
    bars = [Bar(name, number, f"{number} min 😀") for number, name in enumerate(NAMES)]
    image = shown(draw("Time by member 日本", bars, upright=upright))
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    # Small enough for any limit of Discord, wide enough for a phone turned sideways.
    assert 800 <= image.width <= 1600


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("values", [[], [0.0], [0.0, 0.0], [1e9, 0.001], [float(n) for n in range(365)]])
def test_any_number_of_bars_is_drawn(values: list[float], upright: bool) -> None:
    values = values if upright else values[:10]
    shown(draw("Time", [Bar(f"{n}", value) for n, value in enumerate(values)], upright=upright))


def test_a_longer_bar_has_more_of_its_colour() -> None:
    def coloured(value: float) -> int:
        image = shown(draw("Time", [Bar("Ada", 10), Bar("Bo", value)])).convert("RGB")
        raw = image.tobytes()
        return sum(blue > 200 and red < 150 for red, blue in zip(raw[::3], raw[2::3], strict=True))

    assert coloured(0) < coloured(5) < coloured(10)


def test_what_no_font_has_is_left_out() -> None:
    assert drawable("Ada 😀  日\nLovelace", frozenset("Ada Lovelace")) == "Ada Lovelace"
    assert drawable("😀", frozenset("a")) == ""


def test_a_spreadsheet_finds_no_formula() -> None:
    evil = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "fine", 'quo"ted, and\nbroken', -5, 2.5]
    data = table(("=name", "jobs"), [(value, 1) for value in evil])
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["'=name", "jobs"]
    cells = ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "fine", 'quo"ted, and\nbroken', "-5", "2.5"]
    assert [row[0] for row in rows[1:]] == cells
