"""Stills of messages, and sheets of pictures; what draws them in Chromium is tried in tests/browser."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from bot.playground.discord import LocalDiscord, Message
from bot.playground.discord.state import EPHEMERAL
from bot.playground.page import chromium
from bot.playground.page.sheet import dark, light, sheet
from bot.playground.page.stills import Still, place, says, still_of, take
from workflows.errors import UserError

PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(16)


def placed(still: Still) -> Message:
    """Put a still into another Discord than it is from."""
    other = LocalDiscord()
    guild = other.add_guild("Other")
    return place(other, guild.add_channel("stills"), guild.add_member("Bo"), still)


def said(content: str, **shown: object) -> Message:
    """A message of Ada's, of a Discord that goes nowhere."""
    discord = LocalDiscord()
    guild = discord.add_guild("Atelier")
    ada = guild.add_member("Ada")
    message = discord.messages.create(guild.add_channel("pictures"), ada.user, {"content": content, **shown}, [])
    assert message.author is ada.user
    return message


async def test_without_playwright_it_is_told_what_to_write(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    with pytest.raises(UserError, match="uv run --group browser"):
        async with chromium.open_chromium():
            pass


async def test_without_chromium_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("playwright", reason="needs --group browser")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="install"):
        async with chromium.open_chromium():
            pass


@pytest.mark.parametrize(
    ("content", "later"),
    [
        ("soon <t:1000:R>", "soon <t:1060:R>"),
        ("at <t:1000>", "at <t:1060>"),
        ("two <t:5:t> <t:6:D>", "two <t:65:t> <t:66:D>"),
        ("none <t:x:R> </run:1000> 1000", "none <t:x:R> </run:1000> 1000"),
    ],
)
def test_times_go_on_saying_what_they_said(content: str, later: str):
    other = LocalDiscord()
    guild = other.add_guild("Other")
    now = other.world.clock.now
    embeds = [{"description": content, "fields": [{"name": content, "value": content}]}]
    still = Still(content, embeds, taken_at=now() - 60)
    message = place(other, guild.add_channel("stills"), guild.add_member("Bo"), still)
    assert message.content == later
    assert message.embeds == [{"description": later, "fields": [{"name": later, "value": later}]}]


def test_a_still_keeps_what_its_message_does_not():
    message = said("before", embeds=[{"title": "One"}])
    still = take(message)
    message.content, message.embeds[0]["title"] = "after", "Two"
    assert (still.content, still.embeds) == ("before", [{"title": "One"}])
    assert placed(still).content == "before"


def test_a_still_of_an_edit_is_of_that_edit():
    message = said("first")
    message.edits.append(message.snapshot())
    message.content = "second"
    assert take(message, message.edits[0]).content == "first"
    assert still_of(message).content == "second"


def test_files_are_there_again_and_stay_where_they_were_shown():
    message = said("look")
    discord = LocalDiscord()
    stored = [discord.cdn.store(name, PIXEL, 0) for name in ("shown.png", "listed.png")]
    message.files, message.shown_in_place = stored, {stored[0].id}
    again = placed(take(message))
    assert [file.filename for file in again.files] == ["shown.png", "listed.png"]
    assert [file.filename for file in again.attachments] == ["listed.png"]
    assert again.files[0].data == PIXEL


def test_whom_it_mentions_keeps_a_name():
    message = said("nobody")
    message.content = f"for <@{message.author.id}>"
    again = placed(take(message))
    assert again.channel.world.users[message.author.id].name == "Ada"


def test_who_wrote_it_is_the_one_of_that_name():
    assert placed(Still("hello", author="Bo")).author.name == "Bo"
    assert placed(Still("hello")).author.bot


def test_a_private_still_is_for_whoever_looks():
    message = placed(Still("psst", flags=EPHEMERAL))
    assert message.visible_to is not None
    assert message in message.channel.messages_for(message.channel.world.users[message.visible_to])
    assert message not in message.channel.messages


def test_a_message_says_all_its_words():
    message = said("one", embeds=[{"title": "two", "description": "drei ▰"}])
    assert all(word in says(message) for word in ("one", "two", "drei ▰"))


def drawn(folder: Path, name: str, size: tuple[int, int], colour: str = "red") -> Path:
    path = folder / f"{name}.png"
    Image.new("RGB", size, colour).save(path)
    return path


def test_a_sheet_holds_every_picture_and_both_papers(tmp_path: Path):
    pictures = {f"State {n}": drawn(tmp_path, str(n), (400, 100 * n)) for n in (1, 2, 3)}
    out = sheet([light(pictures), dark(pictures)], tmp_path / "sheet.png", columns=2, width=200)
    with Image.open(out) as whole:
        colours = {colour: count for count, colour in whole.convert("RGB").getcolors(1 << 24) or []}
        corners = [whole.convert("RGB").getpixel((x, whole.height - 1)) for x in (0, whole.width - 1)]
    shrunk = sum(200 * 50 * n for n in (1, 2, 3))
    assert colours[255, 0, 0] == 2 * shrunk
    assert corners == [(242, 243, 245), (30, 31, 34)]


def test_a_picture_that_is_smaller_than_its_column_is_not_blown_up(tmp_path: Path):
    out = sheet([light({"Small": drawn(tmp_path, "small", (50, 40))})], tmp_path / "sheet.png", columns=1, width=200)
    with Image.open(out) as whole:
        colours = {colour: count for count, colour in whole.convert("RGB").getcolors(1 << 24) or []}
    assert colours[255, 0, 0] == 50 * 40
