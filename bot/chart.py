"""Bars as a picture, and rows as a table for spreadsheets. Pure, and slow: for a thread."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.options import shorten

#: A panel of its own, as dark as Discord's embeds: it is read on light and on dark alike.
_GROUND, _BAR, _TEXT, _FAINT, _GRID = "#2b2d31", "#7289ff", "#f2f3f5", "#b5bac1", "#43464d"
_DPI = 150
_WIDTH, _HEIGHT = 7.0, 3.4
_LABEL = 24
#: How many days are named under the bars; the others stand between.
_NAMED = 8
#: The first comes with the library; of the others those count that are installed. Source: what Linux systems bring.
_FONTS = (
    *("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "IPAGothic", "Noto Sans Devanagari"),
    *("Noto Sans Thai", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Emoji", "Symbola"),
)
#: A spreadsheet takes what begins so for a formula. Source: OWASP, CSV injection.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Bar:
    """One bar: what stands beside it, how long it is, and what stands at its end."""

    label: str
    value: float
    note: str = ""


def draw(title: str, bars: Sequence[Bar], *, upright: bool = False) -> bytes:
    """Draw bars under a title as a PNG: lying, with a name each, or upright for days."""
    # Not before it is needed: to import it takes a second.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = _HEIGHT if upright else 0.95 + 0.36 * max(len(bars), 1)
    figure: Any = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor=_GROUND, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.14, h_pad=0.14)
    canvas: Any = FigureCanvasAgg(figure)
    fonts, glyphs = _fonts()
    style: dict[str, Any] = {"family": fonts, "parse_math": False}
    figure.suptitle(drawable(title, glyphs), x=0.02, ha="left", size=12, weight="bold", color=_TEXT, **style)
    axes = figure.add_subplot()
    axes.set_facecolor(_GROUND)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    (_stand if upright else _lie)(axes, bars, style, glyphs)
    stream = io.BytesIO()
    canvas.print_png(stream)
    return stream.getvalue()


def _lie(axes: Any, bars: Sequence[Bar], style: dict[str, Any], glyphs: frozenset[str]) -> None:
    labels = [drawable(shorten(bar.label, _LABEL), glyphs) or f"#{n}" for n, bar in enumerate(bars, 1)]
    places = range(len(bars))
    longest = max((bar.value for bar in bars), default=0) or 1.0
    axes.barh(places, [bar.value for bar in bars], height=0.62, color=_BAR)
    for place, bar in zip(places, bars, strict=True):
        note = drawable(bar.note, glyphs)
        axes.text(bar.value + longest * 0.012, place, note, va="center", color=_FAINT, size=9, **style)
    axes.set_yticks(places, labels, color=_TEXT, size=10, **style)
    axes.set_xticks([])
    axes.set_xlim(0, longest * 1.32)
    axes.set_ylim(max(len(bars), 1) - 0.5, -0.5)


def _stand(axes: Any, bars: Sequence[Bar], style: dict[str, Any], glyphs: frozenset[str]) -> None:
    places = range(len(bars))
    axes.bar(places, [bar.value for bar in bars], width=0.8, color=_BAR)
    every = max(-(-len(bars) // _NAMED), 1)
    named = places[len(bars) % every - 1 if len(bars) % every else every - 1 :: every] if bars else places
    labels = [drawable(bars[place].label, glyphs) for place in named]
    axes.set_xticks(named, labels, color=_FAINT, size=9, **style)
    axes.set_xlim(-0.7, max(len(bars), 1) - 0.3)
    axes.set_ylim(0, (max((bar.value for bar in bars), default=0) or 1.0) * 1.08)
    axes.yaxis.grid(visible=True, color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", colors=_FAINT, labelsize=9)


def _fonts() -> tuple[list[str], frozenset[str]]:
    """Return the fonts that are there, and all that they have a glyph for."""
    from matplotlib import font_manager

    fonts: Any = font_manager
    found: dict[str, str] = {}
    for font in font_manager.fontManager.ttflist:
        if font.name in _FONTS:
            found.setdefault(font.name, font.fname)
    families = [name for name in _FONTS if name in found]
    maps = (fonts.get_font(found[name]).get_charmap() for name in families)
    return families, frozenset(chr(code) for codes in maps for code in codes)


def drawable(text: str, glyphs: Iterable[str]) -> str:
    """Return what can be drawn of a text: what no font has is left out, rather than drawn as a box."""
    return " ".join("".join(c if c in glyphs else " " if c.isspace() else "" for c in text).split())


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a CSV file that spreadsheets open as they are, and take for nothing but text and numbers."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    # With its mark, or Excel reads it as of the last century.
    return stream.getvalue().encode("utf-8-sig", "replace")


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
