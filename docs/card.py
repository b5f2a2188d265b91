"""Draw docs/card.svg from a real run: the whole bot between the local Discord and an InvokeAI.

    uv run python docs/card.py [http://127.0.0.1:9090]

Without an address the local InvokeAI is used. What is drawn is what the messages held, edit by edit.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import html
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import SecretStr
from rich.console import Console

from bot.config import BackendSettings, DatabaseSettings, DiscordSettings, Limits, Settings
from bot.playground import transcript
from bot.playground.discord import LocalDiscord
from bot.playground.discord.state import Message, Snapshot
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.tour import converse
from bot.service import open_service

WIDTH, CARD = 900, 286
INK, FAINT, PAPER, PANEL = "#dbdee1", "#949ba4", "#313338", "#2b2d31"


async def run(url: str | None) -> Message:
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        if url is None:
            url = (await stack.enter_async_context(LocalInvokeAI(port=0, node_seconds=0.3))).url
        discord = await stack.enter_async_context(LocalDiscord(port=0))
        settings = Settings(
            discord=DiscordSettings(api_url=discord.api_url, gateway_url=discord.gateway_url),
            database=DatabaseSettings(path=Path(folder) / "familiar.sqlite"),
            backend=(BackendSettings(url=url, queue_id="familiar-docs"),),
            limits=Limits(progress_seconds=0.1),
            token=SecretStr(discord.token),
        )
        await stack.enter_async_context(open_service(settings))
        card = await converse(Console(quiet=True), discord)
        # The job still deletes what it left on the server, which may be somebody's real one.
        await asyncio.sleep(2)
        return card


def draw(card: Message) -> str:
    """Return the SVG: a state in the middle of the run beside the results."""
    states = [edit for edit in card.edits if edit.components and "Step" in _description(edit)]
    middle = states[len(states) * 2 // 3]
    height = 420
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="gg sans, Segoe UI, Helvetica, Arial, sans-serif">',
        "<title>A card while the job runs, and with its results</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="{PAPER}"/>',
        *_message(middle, 24, 24, CARD),
        *_message(card.snapshot(), 24 + CARD + 40, 24, WIDTH - CARD - 40 - 48),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _message(state: Snapshot, x: int, y: int, width: int) -> list[str]:
    parts = [
        _text(x, y - 2, "Bo used /hue-sheet", FAINT, 12),
        f'<circle cx="{x + 9}" cy="{y + 15}" r="9" fill="#5865f2"/>',
        _text(x + 26, y + 20, "Familiar", "#ffffff", 15, bold=True),
        f'<rect x="{x + 104}" y="{y + 7}" width="34" height="16" rx="4" fill="#5865f2"/>',
        _text(x + 109, y + 19, "APP", "#ffffff", 10, bold=True),
    ]
    y += 38
    if state.attachments:
        drawn, y = _gallery([file.data for file in state.attachments], x, y, width)
        parts += drawn
    embed = state.embeds[0]
    lines = _description(state).splitlines()
    high = 58 + 20 * len(lines)
    color = f"#{int(embed.get('color', 0)):06x}"
    parts += [
        f'<rect x="{x}" y="{y}" width="{width}" height="{high}" rx="5" fill="{PANEL}"/>',
        f'<rect x="{x}" y="{y}" width="4" height="{high}" rx="2" fill="{color}"/>',
        _text(x + 16, y + 25, str(embed["title"]), "#ffffff", 15, bold=True),
    ]
    parts += [_text(x + 16, y + 47 + 20 * n, transcript.plain(line), INK, 14) for n, line in enumerate(lines)]
    parts.append(_text(x + 16, y + high - 10, str(embed["footer"]["text"]), FAINT, 11))
    if state.components:
        y += high + 10
        parts.append(f'<rect x="{x}" y="{y}" width="74" height="30" rx="5" fill="#4e5058"/>')
        parts.append(_text(x + 15, y + 20, "Cancel", "#ffffff", 13))
    return parts


def _gallery(pictures: list[bytes], x: int, y: int, width: int) -> tuple[list[str], int]:
    side = (width - 2 * 6) // 3
    high = side * 2 // 3
    parts: list[str] = []
    for number, data in enumerate(pictures):
        left, top = x + (number % 3) * (side + 6), y + (number // 3) * (high + 6)
        parts.append(f'<image x="{left}" y="{top}" width="{side}" height="{high}" href="{_jpeg(data, side)}"/>')
    rows = -(-len(pictures) // 3)
    return parts, y + rows * (high + 6) + 6


def _jpeg(data: bytes, side: int) -> str:
    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGB")
    small.thumbnail((side * 2, side * 2))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _text(x: int, y: int, text: str, color: str, size: int, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="{color}" font-size="{size}"{weight}>{html.escape(text)}</text>'


def _description(state: Snapshot) -> str:
    embeds: list[Any] = state.embeds
    return str(embeds[0].get("description", "")) if embeds else ""


if __name__ == "__main__":
    card = asyncio.run(run(sys.argv[1] if len(sys.argv) > 1 else None))
    target = Path(__file__).with_name("card.svg")
    target.write_text(draw(card), "utf-8")
    sys.stdout.write(f"{target}\n")
