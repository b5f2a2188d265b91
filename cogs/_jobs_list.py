"""/jobs: a member's jobs in pages, by how they stand, and by workflow.

The buttons' ids carry whose list it is, the page and the filters; the rows are read again at each press.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import discord

from bot.bot import Familiar, answering
from bot.cards import Told
from bot.engine import Engine
from bot.jobs import Job, State
from bot.listing import Show, Wanted
from bot.options import shorten
from bot.prompts import prompt_of
from cogs import _here, _words
from cogs._job import SIGNS, hindrance, line_text
from cogs._offers import is_untold
from cogs._outcome import took
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.spec import InputSpec
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]

#: So many lines fit a message, however much of them has to be escaped.
PAGE = 8
_TITLE, _PROMPT, _SERVER = 40, 50, 25
_STATES = {State.NEW: "jobs-uploading", State.READY: "jobs-waiting", State.QUEUED: "jobs-running"}
_SHOWN = {
    Show.ALL: "jobs-show-all",
    Show.OPEN: "jobs-show-open",
    Show.DONE: "jobs-show-done",
    Show.FAILED: "jobs-show-failed",
}


@dataclass(frozen=True)
class Leaf:
    """What one page of a list shows, as its buttons' ids carry it."""

    user_id: int
    page: int = 0
    show: Show = Show.ALL
    workflow_id: int = 0

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(int(match["user"]), int(match["page"]), Show(match["show"]), int(match["workflow"]))

    def __str__(self) -> str:
        return f"{self.user_id}:{self.page}:{self.show}:{self.workflow_id}"

    def wanted(self, interaction: Interaction) -> Wanted:
        """Return which jobs those are; on a server its own, elsewhere all of them."""
        return Wanted(self.user_id, _here.server(interaction), self.show, self.workflow_id or None)


_LEAF = r"(?P<user>\d{1,20}):(?P<page>\d{1,6}):(?P<show>all|open|done|failed):(?P<workflow>\d{1,18})"


class PageButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=rf"familiar:jobs:(?P<way>[<>]):{_LEAF}"):
    """Turns to another page of a list."""

    def __init__(self, way: str, leaf: Leaf, voice: Voice, *, disabled: bool = False) -> None:
        label = voice("jobs-previous" if way == "<" else "jobs-next")
        super().__init__(discord.ui.Button(label=label, custom_id=f"familiar:jobs:{way}:{leaf}", disabled=disabled))
        self.leaf = leaf

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> PageButton:
        return cls(match["way"], Leaf.read(match), voice_of(interaction))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            await _turn(interaction, self.leaf)


class ShowSelect(discord.ui.DynamicItem[discord.ui.Select[Any]], template=rf"familiar:jobs:show:{_LEAF}"):
    """Chooses which jobs a list shows, by how they stand."""

    def __init__(self, leaf: Leaf, voice: Voice) -> None:
        options = [
            discord.SelectOption(label=voice(key), value=show, default=show is leaf.show)
            for show, key in _SHOWN.items()
        ]
        custom_id = f"familiar:jobs:show:{leaf}"
        super().__init__(discord.ui.Select(custom_id=custom_id, placeholder=voice("jobs-show"), options=options))
        self.leaf = leaf

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> ShowSelect:
        return cls(Leaf.read(match), voice_of(interaction))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            await _turn(interaction, replace(self.leaf, show=Show(self.item.values[0]), page=0))


async def _turn(interaction: Interaction, leaf: Leaf) -> None:
    if interaction.user.id != leaf.user_id:
        raise UserError(say("jobs-not-yours"))
    embed, view = await draw(interaction, leaf)
    await interaction.response.edit_message(embed=embed, view=view)


async def draw(interaction: Interaction, leaf: Leaf) -> tuple[discord.Embed, discord.ui.View]:
    """Return one page of a list with its buttons; the last page, where there are fewer than it was."""
    bot: Familiar = interaction.client
    store, voice, wanted = bot.engine.store, voice_of(interaction), leaf.wanted(interaction)
    count = await store.count(wanted)
    leaf = replace(leaf, page=max(0, min(leaf.page, (count - 1) // PAGE)))
    jobs = await store.listed(wanted, PAGE, leaf.page * PAGE)
    prompts = await prompts_of(bot, jobs)
    lines = [_line(bot.engine, job, prompts[job.id], voice, _elsewhere(interaction, job)) for job in jobs]
    title = ""
    if leaf.workflow_id:
        name = jobs[0].title if jobs else (await store.workflows(replace(wanted, show=Show.ALL))).get(leaf.workflow_id)
        title = "-# " + voice("jobs-of-workflow", workflow=_words.literal(shorten(name or "", 60))) + "\n"
    embed = discord.Embed(title=voice("jobs-title"), color=_words.BLUE)
    embed.description = title + (_words.cut(lines, voice=voice) or _nothing(interaction, leaf, voice))
    foot = [voice("jobs-everywhere")] if _here.server(interaction) is None and jobs else []
    if count > PAGE:
        first = leaf.page * PAGE + 1
        foot.insert(0, voice("jobs-pages", first=str(first), last=str(first + len(jobs) - 1), count=str(count)))
    if foot:
        embed.set_footer(text=" · ".join(foot))
    return embed, _view(leaf, voice, count)


async def prompts_of(bot: Familiar, jobs: Sequence[Job]) -> Mapping[str, str]:
    """Return what each job was to make, by its id; jobs of the same version share what is read."""
    versions = {(job.workflow_id, job.version): job for job in jobs}
    inputs = {version: await inputs_of(bot, job) for version, job in versions.items()}
    return {job.id: prompt_of(inputs[job.workflow_id, job.version], job.given) for job in jobs}


async def inputs_of(bot: Familiar, job: Job) -> tuple[InputSpec, ...]:
    """Return the inputs of the version that a job ran; none, once a start has dropped it."""
    try:
        return await bot.engine.catalog.inputs(job.workflow_id or 0, job.version or 0)
    except KeyError:
        return ()


def _nothing(interaction: Interaction, leaf: Leaf, voice: Voice) -> str:
    if leaf.show is not Show.ALL or leaf.workflow_id:
        return voice("jobs-none-of-these")
    return voice("jobs-none" if _here.server(interaction) else "jobs-none-direct")


def _view(leaf: Leaf, voice: Voice, count: int) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    # Presses are dispatched by the items' templates, also after a restart.
    view.stop()
    if count or leaf.show is not Show.ALL:
        view.add_item(ShowSelect(leaf, voice))
    if count > PAGE:
        last = (count - 1) // PAGE
        view.add_item(PageButton("<", replace(leaf, page=max(leaf.page - 1, 0)), voice, disabled=leaf.page == 0))
        view.add_item(PageButton(">", replace(leaf, page=leaf.page + 1), voice, disabled=leaf.page == last))
    return view


def _elsewhere(interaction: Interaction, job: Job) -> str:
    """Return the name of a job's server, for a list of all servers' jobs."""
    return "" if _here.server(interaction) else _here.server_name(interaction, job.guild_id)


def _line(engine: Engine, job: Job, prompt: str, voice: Voice, server: str) -> str:
    """Return what a job was, and below it how it stands: one long line is hard to read on a phone."""
    has_link = job.message_id is not None and not job.is_private
    name = shorten(job.title, _TITLE)
    title = f"[{_words.label(name)}]({_words.link(job)})" if has_link else _words.literal(name)
    said = " · " + voice("jobs-said", prompt=_words.literal(shorten(prompt, _PROMPT))) if prompt else ""
    sign, stands = _standing(engine, job, voice)
    when = discord.utils.format_dt(job.created_at, "R")
    parts = [*stands, when, _words.literal(shorten(server, _SERVER)), f"`{job.id}`"]
    small = " · ".join(part for part in parts if part)
    return f"{sign} {title}{' 🔒' if job.is_private else ''}{said}\n-# {small}"


def _standing(engine: Engine, job: Job, voice: Voice) -> tuple[str, list[str]]:
    """Return the sign of how a job stands, and what there is to say of that."""
    if job.outcome:
        if job.message_id is None and job.delivered_at:
            return SIGNS[job.outcome], [voice("jobs-were-deleted")]
        lasted = took(voice, job.duration) if job.duration else ""
        told = voice("jobs-direct") if job.delivery == Told.DIRECT else ""
        return SIGNS[job.outcome], [lasted, voice("jobs-unposted") if is_untold(job) else told]
    if trouble := hindrance(engine, job):
        sign, _, words = voice.tell(trouble).partition(" ")
        return sign, [words]
    if text := line_text(job, engine.runner.standing(job), voice):
        return "⏳", [text]
    return "🎨" if job.state is State.QUEUED else "⏳", [voice(_STATES.get(job.state, "jobs-running"))]
