"""A real model at work: its picture is seen on the card while it is denoised, and is gone when the result is there."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.playground.discord import Message
from bot.playground.discord.state import StoredAttachment
from tests.live.atelier import FIXTURES, Atelier, changed, furnished, percentages, text
from tests.live.conftest import Leftovers

pytestmark = pytest.mark.usefixtures("tiny_sd15")

#: Some seconds of work, or many on a machine that is busy.
STEPS = 60
SIZE = {("noise", "width"): 768, ("noise", "height"): 512}


@pytest.fixture
async def atelier(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[Atelier]:
    async with furnished(tmp_path, leftovers.server.url, pace=0.3) as atelier:
        config = atelier.config.read_text("utf-8")
        atelier.config.write_text(f"{config}\n[cards]\npreview_seconds = 1\n", "utf-8")
        async with atelier.bot():
            yield atelier


def frames(atelier: Atelier) -> list[StoredAttachment]:
    return [file for file in atelier.discord.world.files.values() if file.filename == "preview.webp"]


def is_pictured(embeds: list[dict[str, object]]) -> bool:
    return any(embed.get("image") == {"url": "attachment://preview.webp"} for embed in embeds)


async def run(atelier: Atelier) -> Message:
    await atelier.publish(changed(FIXTURES / "slow.json", SIZE))
    card = await atelier.start("long-exposure", {"steps": STEPS})
    await atelier.shows(card, lambda: len(card.files) == 1 and is_pictured(card.embeds))
    assert card.files[0].filename == "preview.webp"
    await atelier.shows(card, lambda: any(file.filename.endswith(".png") for file in card.files), timeout=120)
    return card


async def test_a_picture_is_seen_while_it_is_denoised(atelier: Atelier) -> None:
    card = await run(atelier)
    sent = frames(atelier)
    assert len({file.data for file in sent}) == len(sent) >= 2, [text(edit) for edit in card.edits]
    for file in sent:
        with Image.open(io.BytesIO(file.data)) as image:
            image.load()
            assert (image.format, image.size) == ("WEBP", (512, 341))
            # Noise, or what comes of it: no plain sheet.
            assert len(image.getcolors(512 * 341) or ()) > 100
    with_frames = [edit for edit in card.edits if is_pictured(edit.embeds)]
    assert all("Step " in text(edit) and not edit.attachments for edit in with_frames)
    assert len(with_frames) > len(sent), "words go on between frames"
    assert percentages(card) == sorted(percentages(card))
    # In the end there is the result, and nothing else.
    assert [file.filename.endswith(".png") for file in card.files] == [True]
    assert not is_pictured(card.embeds) and all(file.removed for file in sent)
