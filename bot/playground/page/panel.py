"""What the side panel shows: what InvokeAI holds, the bot's jobs and its ledger, and its log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bot.playground.discord import LocalDiscord
from bot.playground.page.bot_process import BotProcess
from bot.playground.page.glance import Glance, glance
from bot.playground.page.ports import Json


class Holder(Protocol):
    """Knows what an InvokeAI holds that is ours."""

    async def look(self, seen: Glance) -> Json:
        """Return `backend`, `queue` and `images` of the panel. Raises nothing."""
        ...

    async def thumbnail(self, name: str) -> bytes | None: ...


class Panel:
    """Looks behind the scenes, and changes nothing there."""

    def __init__(
        self,
        discord: LocalDiscord,
        bot: BotProcess,
        database: Path,
        holder: Holder,
        offers: Callable[[], list[Json]],
    ) -> None:
        self._discord = discord
        self._bot = bot
        self._database = database
        self._holder = holder
        self._offers = offers
        self._seen = Glance()

    async def look(self) -> Json:
        """Tell what there is at this moment. Where the database cannot be read just now, what it held last."""
        self._seen = await asyncio.to_thread(glance, self._database) or self._seen
        seen = self._seen
        log = await asyncio.to_thread(self._bot.log_tail)
        titles = {job["id"]: job["title"] for job in seen.jobs}
        held = await self._holder.look(seen)
        for item in held["queue"]:
            item["title"] = titles.get((item["destination"] or "").partition("-")[0], item["title"])
        return {
            **held,
            "jobs": [self._job(job) for job in seen.jobs],
            "ledger": [_asset(asset) for asset in seen.assets],
            "noted": seen.noted,
            "left": seen.left,
            "bot": {"running": self._bot.running, "log": log},
            "mischief": self._offers(),
        }

    async def thumbnail(self, name: str) -> bytes | None:
        """Return a small picture of what InvokeAI holds; None once it is gone."""
        return await self._holder.thumbnail(name)

    def _job(self, job: Json) -> Json:
        user = self._discord.world.users.get(job["user_id"])
        told = {"id": job["id"], "user": user.name if user else "", "workflow": job["title"]}
        # When, and not how long ago: what has not changed is not sent again.
        return {**told, "state": job["state"], "outcome": job["outcome"], "at": job["created_at"]}


def _asset(asset: Json) -> Json:
    told = {"job": asset["job_id"], "kind": asset["kind"], "ref": asset["ref"], "backend": asset["backend"]}
    return {**told, "at": asset["noted_at"], "deleted_at": asset["deleted_at"]}
