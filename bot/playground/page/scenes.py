"""The scenes of a play: a card in every state that it can have, and what its buttons open."""

from __future__ import annotations

import asyncio
import re

from bot.playground.discord import Message
from bot.playground.page.pieces import painter, wheel
from bot.playground.page.play import MOST, Play
from bot.playground.page.scenes_around import look_around
from bot.playground.page.stills import State, Still, says, take

_UPLOAD = "POST /api/v1/images"
#: Of a server that takes less than a large picture has.
_LITTLE = 300_000
_WITH_PREVIEW = "attachment://preview"
#: How far the node that denoises is, and from where on there is something to be seen in its previews.
_PERCENT, _SEEN = re.compile(r"\*\*Denoising\*\* (\d+)%"), 60


async def lead(play: Play) -> dict[str, State]:
    """Go through all of it; return what was seen, by title."""
    await play.until(lambda: "workflow" in play.discord.global_commands)
    await play.publish("painter", painter())
    await play.publish("wheel", wheel(12))
    for name in ("hue_sheet", "blur", "enhance", "resize"):
        await play.publish(name)
    await _work(play)
    await _wait_in_line(play)
    painting = await _paint(play)
    await _press(play, painting)
    await _deliver_much(play)
    await _be_private(play)
    await _lose_the_backend(play)
    await _fail(play)
    await look_around(play, painting)
    return play.states


async def _work(play: Play) -> None:
    play.invoke.faults.hang(_UPLOAD)
    card = await play.run(play.bo, "blur")
    play.states["Uploading"] = await play.shows(card, "Uploading")
    play.invoke.faults.let_go()
    play.states["Done"] = await play.over(card)
    gallery = await play.run(play.cy, "hue-sheet", "dusk")
    play.states["Running"] = await play.shows(gallery, "▰▰▰▰▰▰")
    play.states["Done, several pictures"] = await play.over(gallery)


async def _wait_in_line(play: Play) -> None:
    await play.invoke.pause()
    first, second = await play.run(play.ada, "hue-sheet"), await play.run(play.cy, "blur", "dusk")
    waiting = await play.run(play.bo, "blur")
    play.states["Waiting"] = await play.shows(waiting, "in line", "<t:")
    further = await play.run(play.bo, "hue-sheet")
    play.states["Over a limit"] = take(await play.run(play.bo, "blur", "dusk"))
    play.states["My jobs, in the line"] = take(await _jobs_in_line(play))
    play.states["The line"] = take(await play.ask(play.bo, "queue"))
    await play.ask(play.ada, "admin pause", {"reason": "tidying up, back at nine"})
    play.states["Waiting, the server is paused"] = await play.shows(waiting, "holds this server")
    await play.ask(play.ada, "admin resume")
    await play.bo.press(further, "Cancel")
    play.states["Cancelled"] = await play.over(further)
    await play.invoke.resume()
    for card in (first, second, waiting):
        await play.over(card)


async def _jobs_in_line(play: Play) -> Message:
    """Ask for Bo's jobs until their pictures are up and they have their places."""
    async with asyncio.timeout(30):
        while says(answer := await play.ask(play.bo, "jobs")).count("in line") < MOST:
            pass
    return answer


async def _paint(play: Play) -> Message:
    """Denoise, with a preview; return the card."""
    card = await play.ask(play.bo, "painter", {"prompt": "a harbour at dusk, *very* calm", "steps": 150})

    def half() -> Still | None:
        shown = _PERCENT.search(says(card))
        return take(card) if shown and int(shown[1]) > _SEEN and _WITH_PREVIEW in says(card) else None

    still = await play.discord.until(half, 30)
    assert still
    play.states["Running, with a preview"] = still
    play.states["Done, from words alone"] = await play.over(card)
    return card


async def _press(play: Play, card: Message) -> None:
    """Press what a result offers."""
    await play.tidied()
    play.states["Details"] = take(await _details(play, card))
    play.states["Variations"] = await play.modal(play.bo, card, "Variations")
    play.states["Edit"] = await play.modal(play.bo, card, "Edit")
    play.states["Use as input"] = take(await play.answer(await play.cy.press(card, "Use as input")))
    play.states["Delete"] = take(await play.answer(await play.bo.press(card, "Delete")))
    play.states["Not yours"] = take(await play.answer(await play.cy.press(card, "Again")))
    asked = await play.ask(play.cy, "painter", {"prompt": "a {red, green, blue} boat at {dawn, dusk}"})
    play.states["Many at once"] = take(asked)


async def _details(play: Play, card: Message) -> Message:
    """Ask until all of it is deleted, and the job closed."""
    async with asyncio.timeout(30):
        while "confirmed" not in says(answer := await play.answer(await play.bo.press(card, "Details"))):
            pass
    return answer


async def _deliver_much(play: Play) -> None:
    many = await play.run(play.cy, "colour-wheel")
    play.states["Done, more than ten pictures"] = await play.over(many)
    play.guild.upload_limit = _LITTLE
    large = await play.run(play.cy, "resize", width=2048, height=1365)
    play.states["Done, too large for the server"] = await play.over(large)
    play.guild.upload_limit = None
    settings = await play.ask(play.dee, "settings")
    await play.redrawn(settings, await play.dee.press(settings, "🫣 Spoiler: off"))
    play.states["Done, covered"] = await play.over(await play.run(play.dee, "blur"))


async def _be_private(play: Play) -> None:
    card = await play.run(play.cy, "blur", "dusk", private=True)
    play.states["Done, in private"] = await play.over(card)
    await play.tidied()
    before = len(play.channel.messages)
    await play.cy.press(card, "Post")
    await play.until(lambda: len(play.channel.messages) > before)
    play.states["Posted"] = take(play.channel.messages[-1])
    german = await play.run(play.emil, "blur", private=True)
    play.states["Done, in German"] = await play.over(german)


async def _lose_the_backend(play: Play) -> None:
    card = await play.run(play.dee, "hue-sheet")
    await play.shows(card, "▰▰▰")
    await play.invoke.stop()
    play.states["Backend away"] = await play.shows(card, "does not answer")
    await play.invoke.start()
    play.states["Restarted"] = await play.shows(card, "once more", "▰")
    await play.over(card)


async def _fail(play: Play) -> None:
    card = await play.run(play.dee, "hue-sheet", "dusk")
    await play.shows(card, "▰")
    play.invoke.faults.full_disk = True
    play.states["Failed"] = await play.over(card)
    play.invoke.faults.full_disk = False
    play.states["A wrong value"] = take(await play.ask(play.dee, "blur", {"from_url": "https://example.org/cat.png"}))
