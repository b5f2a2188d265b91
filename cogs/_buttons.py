"""Every button under a job: its id says what is done and to which job, so that it works after any restart.

The row is read anew at each press, and whoever presses is asked for at each press: what a button once promised may be
gone, and a card is seen by many.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord

from bot.bot import Familiar, answering
from cogs._again import run_again
from cogs._ask import AskButton
from cogs._cancel import cancel_job
from cogs._delete import DeleteNowButton, ask_to_delete
from cogs._details import tell_details
from cogs._edit import edit
from cogs._originals import send_originals
from cogs._publicly import keep_private, post_publicly
from cogs._revive import show_here
from cogs._use import use_results
from cogs._variations import ask_how_many

Interaction = discord.Interaction[Any]

PRESSES: Mapping[str, Callable[[Interaction, str], Awaitable[None]]] = {
    "again": run_again,
    "cancel": cancel_job,
    "delete": ask_to_delete,
    "details": tell_details,
    "edit": edit,
    "keep": keep_private,
    "originals": send_originals,
    "post": post_publicly,
    "show": show_here,
    "use": use_results,
    "variations": ask_how_many,
}
#: Of two presses at a time, the second shall see what the first did.
_IN_TURN = frozenset({"again", "post", "show"})


class JobButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"familiar:(?P<act>{'|'.join(PRESSES)}):(?P<job>[a-z0-9]+)",
):
    """Does one thing with one job."""

    def __init__(self, button: discord.ui.Button[Any], act: str, job_id: str) -> None:
        super().__init__(button)
        self.act, self.job_id = act, job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> JobButton:
        assert isinstance(item, discord.ui.Button)
        return cls(item, match["act"], match["job"])

    async def callback(self, interaction: Interaction) -> None:
        bot: Familiar = interaction.client
        async with answering(interaction):
            if self.act not in _IN_TURN:
                await PRESSES[self.act](interaction, self.job_id)
                return
            async with bot.drafting(f"{self.act} {self.job_id}"):
                await PRESSES[self.act](interaction, self.job_id)


BUTTONS: tuple[type[discord.ui.DynamicItem[Any]], ...] = (JobButton, AskButton, DeleteNowButton)
