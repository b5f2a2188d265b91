"""The further scenes of a play: what members and admins ask for beside their cards."""

from __future__ import annotations

from bot.playground.discord import Message
from bot.playground.page.play import Play, says_id
from bot.playground.page.stills import take


async def look_around(play: Play, card: Message) -> None:
    """Ask for every list and panel, and put down what is shown."""
    await _as_a_member(play, card)
    await _fill_in(play)
    await _as_an_admin(play)


async def _as_a_member(play: Play, card: Message) -> None:
    play.states["Help"] = take(await play.ask(play.bo, "help"))
    play.states["My jobs"] = take(await play.ask(play.bo, "jobs"))
    play.states["One job"] = take(await play.ask(play.bo, "job", {"id": says_id(card)}))
    play.states["My settings"] = take(await play.ask(play.bo, "settings"))
    play.states["My settings, in German"] = take(await play.ask(play.emil, "settings"))


async def _fill_in(play: Play) -> None:
    form = await play.ask(play.bo, "run", {"workflow": "enhance"})
    play.states["Form"] = take(form)
    first = next(part for row in form.components for part in row["components"])
    play.states["Form, its fields"] = await play.modal(play.bo, form, first["custom_id"])


async def _as_an_admin(play: Play) -> None:
    policy = await play.ask(play.ada, "workflow policy", {"name": "painter"})
    menu = "Members who may run it"
    await play.redrawn(policy, await play.ada.select(policy, menu, [play.bo, play.cy]))
    await play.redrawn(policy, await play.ada.press(policy, "Covered"))
    play.states["Policy"] = take(policy)
    play.states["How often"] = await play.modal(play.ada, policy, "How often …")
    play.states["Refused by the policy"] = take(await play.ask(play.dee, "painter", {"steps": 10}))
    play.states["Status"] = take(await play.ask(play.ada, "admin status"))
    play.states["Usage"] = take(await play.ask(play.ada, "admin usage"))
    play.states["Audit"] = take(await play.ask(play.ada, "admin audit"))
    play.states["Settings of the server"] = take(await play.ask(play.ada, "admin settings"))
    play.states["Editing a workflow"] = take(await play.ask(play.ada, "workflow edit", {"name": "blur"}))
    play.states["Workflows"] = take(await play.ask(play.ada, "workflow list"))
