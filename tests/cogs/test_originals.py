"""The Originals button: full quality by direct message, for whoever asked, once at a time, while it is kept."""

import asyncio
import contextlib
import io
import sqlite3

import pytest
from PIL import Image

from bot.playground.discord import Message
from tests.cogs.atelier import Atelier, buttons, fixture, job_id, picture, text

LIMITED = pytest.mark.parametrize("atelier", [{"max_upload": 60_000}], indirect=True, ids=["60 kB"])


async def lossy(atelier: Atelier, size: int = 256) -> Message:
    """A card whose result did not fit in full quality; after that, Discord takes more."""
    await atelier.publish(fixture("blur"))
    atelier.discord.world.max_user_upload = 100_000_000
    card = await atelier.run("fog-glass", {"photo": ("x.png", picture((size, size), noisy=True)), "radius": 0.0})
    await atelier.over(card)
    assert card.attachments[0].filename.endswith(".webp")
    atelier.discord.world.max_upload = 10 * 2**20
    return card


def direct(atelier: Atelier) -> list[Message]:
    return atelier.place.member.dm.messages


async def press(atelier: Atelier, card: Message) -> str:
    return await atelier.told(await atelier.place.member.press(card, "Originals"))


def files(atelier: Atelier) -> list[str]:
    return sorted(path.name for path in (atelier.folder / "originals").iterdir())


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


@LIMITED
async def test_it_comes_in_full_quality_and_again_after_a_restart(atelier: Atelier) -> None:
    card = await lossy(atelier)
    assert "**Originals** sends you in full quality what is not here" in text(card)
    for times in (1, 2):
        assert await press(atelier, card) == "I sent you the original by direct message."
        message = direct(atelier)[-1]
        assert len(direct(atelier)) == times
        assert job_id(card) in message.content
        (file,) = message.attachments
        assert file.filename == f"{job_id(card)}.png"
        assert pixels(file.data) == pixels(picture((256, 256), noisy=True))
        await atelier.restart()
    await atelier.tidy()


@LIMITED
async def test_a_large_one_comes_in_parts_that_make_it_whole_again(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cogs._originals._MOST_MIB", 1)
    card = await lossy(atelier, 800)
    atelier.discord.world.max_upload = 2**20
    assert await press(atelier, card) == "I sent you the original by direct message."
    sent = [file for message in direct(atelier) for file in message.attachments]
    name = f"{job_id(card)}.png"
    assert [file.filename for file in sent] == [f"{name}.001", f"{name}.002", f"{name}.003"]
    assert all(file.size <= 2**20 for file in sent)
    whole = b"".join(file.data for file in sent)
    assert Image.open(io.BytesIO(whole)).size == (800, 800)
    said = direct(atelier)[0].content
    assert "7-Zip" in said
    assert f"cat {name}.0* > {name}" in said
    assert f"copy /b {name}.001+{name}.002+{name}.003 {name}" in said
    assert [bool(message.content) for message in direct(atelier)] == [True, False]
    await atelier.tidy()


@LIMITED
async def test_it_is_for_whoever_asked(atelier: Atelier) -> None:
    card = await lossy(atelier)
    for who in (atelier.place.other, atelier.place.admin):
        told = await atelier.told(await who.press(card, "Originals"))
        assert told == "Only the one who asked for this job can have its originals."
    assert direct(atelier) == []
    await atelier.tidy()


@LIMITED
async def test_pressed_twice_it_comes_once_at_a_time(atelier: Atelier) -> None:
    card = await lossy(atelier)
    told = await asyncio.gather(*(press(atelier, card) for _ in range(3)))
    assert sorted(told) == [
        "I sent you the original by direct message.",
        "They are on their way to you already.",
        "They are on their way to you already.",
    ]
    assert len(direct(atelier)) == 1
    await atelier.tidy()


@LIMITED
async def test_direct_messages_that_are_closed_are_told_of(atelier: Atelier) -> None:
    card = await lossy(atelier)
    atelier.place.member.close_direct_messages()
    assert (await press(atelier, card)).startswith("I may not write to you. Allow direct messages")
    assert {refusal.code for refusal in atelier.refusals()} == {50007}
    await atelier.tidy()


def forget(atelier: Atelier) -> None:
    with contextlib.closing(sqlite3.connect(atelier.database, isolation_level=None)) as connection:
        connection.execute("UPDATE originals SET kept_until = '2020-01-01T00:00:00+00:00'")


def delete(atelier: Atelier) -> None:
    for path in (atelier.folder / "originals").iterdir():
        path.unlink()


@LIMITED
@pytest.mark.parametrize("happens", [forget, delete])
async def test_what_is_no_longer_kept_is_told_of(atelier: Atelier, happens) -> None:
    card = await lossy(atelier)
    happens(atelier)
    assert (await press(atelier, card)).startswith("The originals are no longer kept.")
    assert direct(atelier) == []
    await atelier.restart()
    assert files(atelier) == []
    await atelier.tidy()


@LIMITED
async def test_a_job_that_is_gone_is_told_of(atelier: Atelier) -> None:
    card = await lossy(atelier)
    use = await atelier.press_raw(atelier.place.member, card, "familiar:originals:nosuchjob")
    assert await atelier.told(use) == "That job is no longer known here."
    await atelier.tidy()


async def test_where_all_is_there_nothing_is_offered(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    card = await atelier.over(await atelier.run("fog-glass", {"photo": ("x.png", picture())}))
    assert "Originals" not in buttons(card)
    assert not (atelier.folder / "originals").exists()
    await atelier.tidy()
