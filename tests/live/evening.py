"""What one member does in an evening, verb by verb; each is written down, with what it was answered with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.playground.discord import LocalChannel, LocalMember, Message, Use
from bot.playground.discord.state import StoredAttachment
from tests.live.atelier import Atelier, job_id, text

#: A real model on a machine that has other things to do.
LONG = 90.0


@dataclass
class Evening:
    """An atelier as one member sees it."""

    atelier: Atelier
    #: What was done so far, in the order in which it was done.
    acts: list[str] = field(default_factory=list[str])

    @property
    def member(self) -> LocalMember:
        return self.atelier.member

    @property
    def channel(self) -> LocalChannel:
        return self.atelier.channel

    def _note(self, who: LocalMember | None, what: str) -> LocalMember:
        """Write down what the member does; what others do is no part of their evening."""
        if who is None:
            self.acts.append(what)
        return who or self.member

    # Commands, menus and buttons

    async def slash(
        self,
        command: str,
        options: Mapping[str, object] | None = None,
        who: LocalMember | None = None,
        where: LocalChannel | None = None,
    ) -> Message:
        """Use a command, and return what it is answered with."""
        actor = self._note(who, f"/{command}")
        return await self.answer(await actor.slash(where or self.channel, command, options))

    async def menu(self, command: str, target: Message | LocalMember) -> Message:
        """Use a context menu."""
        return await self.answer(await self._note(None, command).context(self.channel, command, target))

    async def press(self, message: Message, button: str, who: LocalMember | None = None) -> Message:
        """Press a button that is answered with a message."""
        return await self.answer(await self._note(who, button).press(message, button))

    async def redraw(self, message: Message, button: str, who: LocalMember | None = None) -> Message:
        """Press a button that draws its own message anew."""
        return await self._redrawn(message, await self._note(who, button).press(message, button))

    async def open(self, message: Message, button: str) -> Use:
        """Press a button that opens a modal."""
        use = await self._note(None, button).press(message, button)
        await use.answered(LONG)
        assert use.modal, f"{button} opened nothing: {text(use.response) if use.response else None}"
        return use

    async def choose(self, message: Message, placeholder: str, values: Sequence[object]) -> Message:
        """Choose in a menu that is answered with a message."""
        return await self.answer(await self._note(None, placeholder).select(message, placeholder, values))

    async def filter(
        self, message: Message, placeholder: str, values: Sequence[object], who: LocalMember | None = None
    ) -> Message:
        """Choose in a menu that draws its own message anew."""
        return await self._redrawn(message, await self._note(who, placeholder).select(message, placeholder, values))

    async def fill(self, form: Message, button: str, fields: Mapping[str, object]) -> Message:
        """Open a modal of a form and send it in; return the form as it shows then."""
        opened = await self.open(form, button)
        return await self._redrawn(form, await self.member.submit(opened, fields))

    async def submit(self, opened: Use, fields: Mapping[str, object]) -> Use:
        """Send a modal in that is answered with cards."""
        use = await self.member.submit(opened, fields)
        await self.answer(use)
        return use

    async def answer(self, use: Use) -> Message:
        """Return what somebody is answered with, once it says something."""
        await use.answered(LONG)
        found: list[Message] = []

        def seen() -> bool:
            found[:] = [one for one in (*use.followups, use.response) if one and one is not use.source][:1]
            return bool(found and (found[0].content or found[0].embeds or found[0].files))

        await self.atelier.until(seen, LONG)
        return found[0]

    async def _redrawn(self, message: Message, use: Use) -> Message:
        seen = len(message.edits)

        def told() -> Message | None:
            return next((one for one in (*use.followups, use.response) if one and one is not message), None)

        await self.atelier.until(lambda: len(message.edits) > seen or told(), LONG)
        assert len(message.edits) > seen, text(answer) if (answer := told()) else "not drawn anew"
        return message

    # Cards

    async def run(self, command: str, options: Mapping[str, object] | None = None) -> Message:
        """Run a workflow by its command, to its end."""
        return await self.over(await self.slash(command, options))

    async def over(self, card: Message) -> Message:
        """Wait until a job has delivered its results."""
        await self.atelier.ended(card, LONG)
        assert card.files, f"nothing came of it: {text(card)}"
        # Its buttons do all that they can once the job's row says that it was delivered, a moment later.
        await self.until(lambda: self._state(card) in {"settled", "closed"})
        return card

    def _state(self, card: Message) -> str:
        ((state,),) = self.atelier.ask("SELECT state FROM jobs WHERE id = ?", job_id(card))
        return state

    async def all_over(self, use: Use, count: int) -> list[Message]:
        """Wait until so many cards that came of one doing are over."""
        cards: list[Message] = []

        def seen() -> bool:
            cards[:] = [one for one in (use.response, *use.followups) if one and one is not use.source]
            return len(cards) >= count

        await self.atelier.until(seen, LONG)
        return [await self.over(card) for card in cards[:count]]

    async def private_over(self, card: Message) -> Message:
        assert card.ephemeral
        return await self.over(card)

    def given(self, card: Message) -> dict[str, Any]:
        """What a job was run with."""
        ((given,),) = self.atelier.ask("SELECT given FROM jobs WHERE id = ?", job_id(card))
        return json.loads(given)

    async def says(self, message: Message, words: str) -> Message:
        """Wait until a message says something."""
        await self.atelier.shows(message, lambda: words in text(message), LONG)
        return message

    async def until(self, predicate: Callable[[], object]) -> None:
        await self.atelier.until(predicate, LONG)

    def frames(self) -> list[StoredAttachment]:
        """The previews that cards have shown so far."""
        return [file for file in self.atelier.discord.world.files.values() if file.filename == "preview.webp"]


def labels(message: Message) -> list[str]:
    """What can be pressed below a message, where it can be."""
    parts = [part for row in message.components for part in row["components"]]
    return [part["label"] for part in parts if part["type"] == 2 and not part.get("disabled")]


def fields(message: Message) -> str:
    """What stands in the fields of a message's embeds, with all that it says otherwise."""
    found = [part for embed in message.embeds for part in embed.get("fields", ())]
    return "\n".join([text(message), *(f"{part['name']}\n{part['value']}" for part in found)])
