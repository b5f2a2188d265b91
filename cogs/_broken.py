"""How admins are told that workflows of theirs cannot run any more, and that they can again."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Sequence
from itertools import groupby

import aiohttp
import discord

from bot.bot import Familiar
from bot.broken import Broken
from bot.catalog import Published
from bot.doctor import counted
from bot.options import shorten
from cogs import _words
from cogs._library import manages
from cogs._posting import may_work_later
from workflows.words import listed

log = logging.getLogger(__name__)

_LONGEST = 300
_NONCE = 25
#: Between direct messages: who writes to many at once is taken for a spammer.
_PAUSE_SECONDS = 1.0
_WHAT_TO_DO = (
    "Install what is missing, or upload a version that does without it: `/workflow update`. Until then members are "
    "told that it cannot run. I write again when it can."
)


async def tell(bot: Familiar, news: Sequence[Broken]) -> set[int]:
    """Tell who published them, one message for each server and admin; return the workflows that are done with.

    Where they do not manage the server any more its owner is told. Who cannot be written to is not tried again:
    `/workflow list` shows it too.
    """
    done: set[int] = set()
    for number, ((guild_id, user_id), of_one) in enumerate((await _by_addressee(bot, news)).items()):
        await asyncio.sleep(_PAUSE_SECONDS if number else 0)
        guild = bot.get_guild(guild_id)
        # Whoever sent the bot away need not hear of it.
        if guild is None or await _write(bot, user_id, of_one, _embed(bot, guild.name, of_one)):
            done |= {one.workflow_id for one in of_one}
    return done


async def _by_addressee(bot: Familiar, news: Sequence[Broken]) -> dict[tuple[int, int], list[Broken]]:
    """Group the news by server and by who is to be told; leave out those of whom that is not known now."""
    found = dict[tuple[int, int], list[Broken]]()
    for (guild_id, user_id), grouped in groupby(sorted(news, key=_publisher), key=_publisher):
        if (addressee := await _addressee(bot.get_guild(guild_id), user_id)) is not None:
            found.setdefault((guild_id, addressee), []).extend(grouped)
    return found


def _publisher(one: Broken) -> tuple[int, int]:
    return one.guild_id, one.user_id


async def _addressee(guild: discord.Guild | None, user_id: int) -> int | None:
    """Return who is to hear of what a user published; None where it can only be told later."""
    try:
        return user_id if guild is None or await manages(guild, user_id) else guild.owner_id or user_id
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("whether user %s still manages server %s is not known: %r", user_id, guild and guild.id, error)
        return None


async def _write(bot: Familiar, user_id: int, news: Sequence[Broken], embed: discord.Embed) -> bool:
    """Write somebody a direct message; return False where it may work later."""
    try:
        channel = await bot.create_dm(discord.Object(user_id))
        # Told a second time after a crash in between, it shows once.
        await channel.send(embed=embed, nonce=_nonce(news))
    except discord.HTTPException as refused:
        log.warning("user %s could not be told of broken workflows: %s", user_id, refused)
        return not may_work_later(refused)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("user %s could not be told of broken workflows: %r", user_id, error)
        return False
    return True


def _nonce(news: Sequence[Broken]) -> str:
    what = repr([(one.workflow_id, one.version, one.can_run) for one in news])
    return hashlib.sha256(what.encode()).hexdigest()[:_NONCE]


def _embed(bot: Familiar, guild: str, news: Sequence[Broken]) -> discord.Embed:
    broken, mended = [one for one in news if not one.can_run], [one for one in news if one.can_run]
    lines = [*_told_broken(bot, guild, broken), *_told_mended(guild, mended)]
    title = f"{_counted(broken)} cannot run any more" if broken else f"{_counted(mended)} can run again"
    return discord.Embed(title=title, description="\n".join(lines), color=_words.RED if broken else _words.GREEN)


def _told_broken(bot: Familiar, guild: str, broken: Sequence[Broken]) -> Iterator[str]:
    if broken:
        yield f"On **{_words.literal(guild)}**, with {_backends(bot)}:"
        yield _words.cut([f"⚠️ `/{one.slug}`: {said(one.problems)}" for one in broken], 3000)
        yield _WHAT_TO_DO


def _told_mended(guild: str, mended: Sequence[Broken]) -> Iterator[str]:
    if mended:
        names = listed([f"`/{one.slug}`" for one in mended])
        yield f"✅ {names} on **{_words.literal(guild)}** can run again."


def _counted(workflows: Sequence[Broken]) -> str:
    return "A workflow" if len(workflows) == 1 else counted(len(workflows), "workflow")


def _backends(bot: Familiar) -> str:
    """Name the backends that workflows may run on, with their versions."""
    every = [backend for backend in bot.engine.pool if not backend.is_draining]
    if len(every) == 1:
        return f"InvokeAI {every[0].version}".strip()
    return listed([f"InvokeAI {one.version} ({_words.literal(one.name)})" for one in every]) or "InvokeAI"


async def notes(bot: Familiar, published: Published) -> list[str]:
    """Return what the report on a published workflow says of it: that it is broken, or which backends cannot run it."""
    fitness = bot.engine.fitness
    if problems := (await fitness.broken(published.guild_id)).get(published.slug):
        return [f"It cannot run at the moment: {problems}"]
    known = published.workflow_id, published.version
    await fitness.learn(*known)
    found = {backend.name: fitness.problems(*known, backend.name) for backend in bot.engine.pool}
    return [f"It cannot run on the backend {name}: {problems}" for name, problems in found.items() if problems]


def said(problems: str) -> str:
    """Return in one line why a workflow cannot run."""
    return _words.unlinked(shorten(problems, _LONGEST))


def mark(problems: str | None) -> str:
    """Return what a list shows below a workflow that cannot run."""
    return f"\n-# ⚠️ cannot run at the moment: {_words.unlinked(shorten(problems, 150))}" if problems else ""
