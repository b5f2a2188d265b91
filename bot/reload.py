"""The configuration file, read again while the bot runs: the backends may be others afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from bot.config import ConfigError, load
from bot.pool import Pool

log = logging.getLogger(__name__)


class Reload:
    """Reads the file again whenever it is asked to, as often as it is asked to, one time after the other."""

    def __init__(self, config: Path, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Have the file read soon; for a signal, which cannot wait."""
        self._asked.set()

    @contextlib.asynccontextmanager
    async def following(self, pool: Pool) -> AsyncGenerator[None]:
        """Give a pool the backends of the file whenever it is read again."""
        task = asyncio.create_task(self._follow(pool), name="reload")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _follow(self, pool: Pool) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self.read(pool)
            except Exception:
                log.exception("%s could not be read again", self._config)

    async def read(self, pool: Pool) -> None:
        """Give a pool the backends of the file as it is now; where there is a mistake in it, nothing changes."""
        try:
            settings = await asyncio.to_thread(load, self._config, self._environment)
        except ConfigError as error:
            log.warning("nothing was changed: %s", "; ".join(str(error).splitlines()))
            return
        if not settings.names_backends:
            log.warning("nothing was changed: %s: it names no [[backend]]", self._config)
            return
        changes = await pool.apply(settings.backend)
        log.info("%s was read again: %s", self._config, changes)
