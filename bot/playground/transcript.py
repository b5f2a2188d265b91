"""A conversation of the local Discord, told in a terminal as it happens."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.ledger import Asset
from bot.playground.discord import LocalDiscord
from bot.playground.discord.state import Message, Snapshot, Use

PATIENCE = 20.0
#: How the id of the button begins that a card has until its job is over.
_CANCEL = "familiar:cancel:"
_ESCAPE = re.compile(r"\\([\\*_~`|<>#-])")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_COMMAND = re.compile(r"</(.+?):\d+>")
_PERSON = re.compile(r"<@!?(\d+)>")


async def answer(discord: LocalDiscord, use: Use, shows: Callable[[Message], bool]) -> Message:
    """Return the answer to what somebody did, once it shows what is waited for. Raises TimeoutError."""
    await discord.until(lambda: use.response is not None and shows(use.response), timeout=PATIENCE)
    assert use.response is not None
    return use.response


def say(console: Console, who: str, what: str) -> None:
    """Print what a person did."""
    console.print(Text.assemble("\n", (who, "bold cyan"), "  ", what))


def show(
    console: Console,
    message: Message | Snapshot,
    names: Mapping[int, str],
    *,
    edited: bool = False,
    only_for: str = "",
) -> None:
    """Print a message of the bot as it looks at this moment; `names` are people's, by their ids."""
    parts: list[RenderableType] = []
    if message.content:
        parts.append(Text(plain(message.content, names)))
    for embed in message.embeds:
        parts.append(Text(plain(str(embed.get("title", "")), names), style="bold"))
        parts += [_line(line, names) for line in str(embed.get("description", "")).splitlines()]
        parts.append(Text(str(embed.get("footer", {}).get("text", "")), style="dim"))
    parts += [Text(f"📎 {file.filename}  {len(file.data) // 1024} KiB", style="green") for file in message.attachments]
    held = [part for row in message.components for part in row.get("components", [])]
    buttons = [part.get("label") or part.get("placeholder", "") for part in held]
    if buttons:
        parts.append(Text("  ".join(f"[ {label} ]" for label in buttons), style="blue"))
    heading = "Familiar" + (" (edited)" if edited else "") + (f" · only {only_for} sees this" if only_for else "")
    console.print(Panel(Group(*parts), title=heading, title_align="left", border_style="dim", width=76))


async def follow(console: Console, discord: LocalDiscord, card: Message) -> None:
    """Print each state of a card until its job cannot be cancelled any more, which is when it is over."""
    names = people(discord)
    show(console, card, names)
    told = len(card.edits)
    while _CANCEL in str(card.components) or told < len(card.edits):
        await discord.until(partial(_edited_since, card, told), timeout=PATIENCE)
        show(console, card.edits[told], names, edited=True)
        told += 1


def _edited_since(card: Message, told: int) -> bool:
    return len(card.edits) > told


def show_ledger(console: Console, ledger: Sequence[Asset]) -> None:
    """Print everything that a job left on InvokeAI, and when it was seen to be gone."""
    table = Table(title="The ledger: what the job left on InvokeAI", title_justify="left", box=None)
    for heading in ("what", "name there", "deleted, and confirmed"):
        table.add_column(heading, no_wrap=True)
    for asset in ledger:
        gone = f"✓ {asset.deleted_at:%H:%M:%S}" if asset.deleted_at else "✗ still there"
        table.add_row(asset.kind.value, asset.ref, gone)
    console.print("", table)


def people(discord: LocalDiscord) -> dict[int, str]:
    """Return everybody's name by their id, the bot's too."""
    return {user.id: user.name for user in discord.world.users.values()}


def plain(text: str, names: Mapping[int, str]) -> str:
    """Return a message without the marks that Discord draws instead of showing."""
    named = _PERSON.sub(lambda found: f"@{names.get(int(found[1]), 'unknown-user')}", text)
    return _ESCAPE.sub(r"\1", _COMMAND.sub(r"/\1", named)).replace("**", "").replace("`", "").removeprefix("-# ")


def _line(line: str, names: Mapping[int, str]) -> Text:
    text = Text()
    for number, piece in enumerate(_BOLD.split(line.removeprefix("# "))):
        text.append(plain(piece, names), style="bold" if number % 2 or line.startswith("# ") else "")
    return text
