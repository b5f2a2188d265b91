"""The picture on the card while it is being made: newest first, at its pace, gone in the end, and off where wanted."""

import contextlib
import io
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiosqlite
import pytest
from PIL import Image

from bot import db
from bot.bot import Familiar
from bot.cards import Moment, Running, Told, Undeliverable, Waiting
from bot.config import CardSettings, Settings
from bot.jobs import Job, now
from bot.media import ResultFile
from bot.playground.discord import Message
from bot.playground.discord.state import StoredAttachment
from bot.preferences import Preferences, PreferenceStore
from cogs._frames import Frames
from cogs._spot import Spot
from tests.bot.test_previews import preview
from tests.cogs.atelier import Atelier, fixture, furnished
from workflows.errors import Unavailable
from workflows.events import Preview

#: No operator could set a pace as quick.
QUICK = CardSettings.model_construct(preview_seconds=0.15)
SHOWN = "attachment://preview.webp"


def frames(atelier: Atelier) -> list[StoredAttachment]:
    """Every frame that Discord ever took."""
    return [file for file in atelier.discord.world.files.values() if file.filename == "preview.webp"]


def pictured(card: Message) -> list[bool]:
    """Whether the card had a frame in its embed after each edit."""
    return [any(embed.get("image", {}).get("url") == SHOWN for embed in edit.embeds) for edit in card.edits]


@contextlib.asynccontextmanager
async def choices(atelier: Atelier) -> AsyncIterator[PreferenceStore]:
    async with aiosqlite.connect(atelier.database, isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        yield PreferenceStore(connection)


async def denoised(atelier: Atelier, steps: int = 30) -> Message:
    command = await atelier.publish(fixture("slow"))
    return await atelier.over(await atelier.run(command["name"], {"steps": steps}))


def assert_bare(atelier: Atelier, card: Message) -> None:
    """In the end the result is all that there is, and no frame was ever listed below the card."""
    assert [file.filename.endswith(".png") for file in card.files] == [True]
    assert not any("image" in embed for embed in card.embeds)
    assert not any(file.filename == "preview.webp" for edit in card.edits for file in edit.attachments)
    assert all(file.removed for file in frames(atelier))


@pytest.mark.parametrize("atelier", [{"step_seconds": 0.03, "cards": QUICK}], indirect=True, ids=["slow steps"])
async def test_the_newest_frame_is_on_the_card_until_the_job_is_over(atelier: Atelier) -> None:
    card = await denoised(atelier)
    sent, had = frames(atelier), pictured(card)
    assert 2 <= len(sent) <= sum(had)
    assert len({file.data for file in sent}) == len(sent)
    for file in sent:
        with Image.open(io.BytesIO(file.data)) as image:
            assert (image.format, max(image.size)) == ("WEBP", 512)
        assert file.description == "The picture as far as it is"
    assert_bare(atelier, card)


@pytest.mark.parametrize("atelier", [{"step_seconds": 0.03}], indirect=True, ids=["slow steps"])
async def test_words_go_on_between_frames(atelier: Atelier) -> None:
    card = await denoised(atelier)
    shown = [edit for edit, had in zip(card.edits, pictured(card), strict=True) if had]
    assert 1 <= len(frames(atelier)) <= 1 + (shown[-1].at - shown[0].at) / atelier.cards.preview_seconds
    said = {embed["description"] for edit in shown for embed in edit.embeds}
    assert len(said) > len(frames(atelier))
    assert_bare(atelier, card)


async def off_by_guild(store: PreferenceStore, atelier: Atelier) -> None:
    await store.change_guild(atelier.place.guild.id, previews=False)


async def off_by_member(store: PreferenceStore, atelier: Atelier) -> None:
    await store.save_user(atelier.place.member.user.id, Preferences(previews=False))


@pytest.mark.parametrize("turn_off", [off_by_guild, off_by_member])
async def test_whoever_wants_no_frames_sees_none(turn_off: Any, tmp_path: Path) -> None:
    async with furnished(tmp_path, step_seconds=0.01, cards=QUICK) as atelier:
        async with choices(atelier) as store:
            await turn_off(store, atelier)
        card = await denoised(atelier, 15)
        assert not frames(atelier) and not any(pictured(card))
        assert len(card.files) == 1


async def test_an_operator_who_wants_no_frames_sees_none(tmp_path: Path) -> None:
    off = CardSettings(previews=False)
    async with furnished(tmp_path, step_seconds=0.01, cards=off) as atelier:
        await denoised(atelier, 15)
        assert not frames(atelier)


@pytest.mark.slow
async def test_a_frame_that_an_earlier_process_left_goes_too(tmp_path: Path) -> None:
    async with furnished(tmp_path, step_seconds=0.05, cards=QUICK) as atelier:
        command = await atelier.publish(fixture("slow"))
        card = await atelier.run(command["name"], {"steps": 60})
        await atelier.discord.until(lambda: any(pictured(card)))
        await atelier.restart()
        assert any(pictured(card))
        await atelier.over(card)
        assert_bare(atelier, card)


# One card, edit by edit

JOB = Job(id="x", user_id=1, title="t", created_at=now(), guild_id=1, channel_id=1, message_id=1)
ONE, TWO = preview((8, 8)), preview((8, 6))
BROKEN = Preview("data:image/jpeg;base64,AAAA", 64, 64)


class Page:
    """Stands where a card's message does: notes what each edit did to the files, and fails as it is told to."""

    def __init__(self) -> None:
        self.job = JOB
        self.did: list[str] = []
        self.errors: list[Exception | None] = []

    async def edit(self, *, embed: Any, files: list[ResultFile] | None, **rest: Any) -> None:
        change = "leaves" if files is None else "sends" if files else "takes away"
        self.did.append(f"{change}, {'shows' if embed.image.url == SHOWN else 'bare'}")
        if self.errors and (error := self.errors.pop(0)):
            raise error


def running(frame: Preview | None) -> Moment:
    return Running(1, 2, "Denoise", preview=frame)


@contextlib.asynccontextmanager
async def drawing(tmp_path: Path, job: Job = JOB, *, is_bare: bool = True) -> AsyncIterator[tuple[Frames, Page]]:
    settings = Settings(cards=QUICK)
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        engine = SimpleNamespace(preferences=PreferenceStore(connection), settings=settings)
        yield Frames(cast("Familiar", SimpleNamespace(engine=engine)), job, is_bare=is_bare), Page()


GONE, FORBIDDEN = Undeliverable("deleted", Told.CARD_DELETED), Undeliverable("Missing Permissions")
LOST = Unavailable("cut off")
#: Whether the card is surely bare, what is shown one after the other, what goes wrong, and what each edit does.
EDITS: dict[str, tuple[bool, list[Moment], list[Exception | None], list[str]]] = {
    "without frames": (True, [Waiting(1), running(None)], [], ["leaves, bare", "leaves, bare"]),
    "who knows what was there": (False, [Waiting(1), Waiting(0)], [], ["takes away, bare", "leaves, bare"]),
    "one, and words": (True, [running(ONE), running(ONE)], [], ["sends, shows", "leaves, shows"]),
    "one after the other": (True, [running(ONE), running(TWO)], [], ["sends, shows", "sends, shows"]),
    "it ends": (
        True,
        [running(ONE), running(None), Waiting(0)],
        [],
        ["sends, shows", "takes away, bare", "leaves, bare"],
    ),
    "a broken one": (True, [running(BROKEN)], [], ["takes away, bare"]),
    "a broken one after a good one": (True, [running(ONE), running(BROKEN)], [], ["sends, shows", "takes away, bare"]),
    "lost": (True, [running(ONE), running(ONE)], [LOST], ["sends, shows", "sends, shows"]),
    "lost as it ends": (True, [running(ONE), Waiting(0)], [LOST], ["sends, shows", "takes away, bare"]),
    "no files may be sent": (
        True,
        [running(ONE), running(TWO), running(TWO)],
        [FORBIDDEN],
        ["sends, shows", "takes away, bare", "leaves, bare", "leaves, bare"],
    ),
}


@pytest.mark.parametrize(("is_bare", "moments", "errors", "did"), EDITS.values(), ids=EDITS.keys())
async def test_what_an_edit_does_to_the_files(
    tmp_path: Path, is_bare: bool, moments: list[Moment], errors: list[Exception | None], did: list[str]
) -> None:
    async with drawing(tmp_path, is_bare=is_bare) as (shown, page):
        page.errors = [*errors]
        for moment in moments:
            with contextlib.suppress(Unavailable):
                await shown.draw(cast("Spot", page), JOB, moment)
    assert page.did == did


async def test_a_card_that_is_gone_is_no_matter_of_frames(tmp_path: Path) -> None:
    async with drawing(tmp_path) as (shown, page):
        page.errors = [GONE]
        with pytest.raises(Undeliverable):
            await shown.draw(cast("Spot", page), JOB, running(ONE))
    assert page.did == ["sends, shows"]


SHOWN_ON = {"its own": (None, 1), "another one": (2, 2)}


@pytest.mark.parametrize(("shown_guild_id", "asked"), SHOWN_ON.values(), ids=SHOWN_ON.keys())
async def test_the_server_that_it_is_shown_on_decides(tmp_path: Path, shown_guild_id: int | None, asked: int) -> None:
    there = replace(JOB, shown_guild_id=shown_guild_id)
    async with drawing(tmp_path, there) as (shown, page):
        await shown._bot.engine.preferences.change_guild(asked, previews=False)
        await shown.draw(cast("Spot", page), there, running(ONE))
    assert page.did == ["leaves, bare"]


async def test_what_is_covered_in_the_end_is_not_shown_before(tmp_path: Path) -> None:
    covered = replace(JOB, is_spoiler=True)
    async with drawing(tmp_path, covered) as (shown, page):
        assert shown.wanted(running(ONE)) == running(None)
        await shown.draw(cast("Spot", page), covered, running(ONE))
    assert page.did == ["leaves, bare"]
