"""What a run made: its first results, fetched while the backend is asked how it ended, and whose all of it is.

Not before: asked in the moment when a run ends, the backend ends it later by as much as it then answers sooner.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterable, Sequence, Set
from typing import Any

from bot import media
from bot.cards import FILES_PER_MESSAGE
from bot.media import ResultFile
from workflows.client import InvokeClient
from workflows.errors import Forbidden, NotFound, Rejected
from workflows.events import Event
from workflows.results import Made, MediaKind

log = logging.getLogger(__name__)

#: How many records of one run are asked for at a time: the backend has its work to do.
_AT_A_TIME = 4
#: Bytes of results that are held until their run is over; the rest is fetched when it is posted.
_MOST_HELD = 64 * 2**20


class Early:
    """The records of what one run made, and its first results as PNGs of any size; for the length of a block.

    `pictures` is held while one is worked on.
    """

    def __init__(self, client: InvokeClient, output_ids: Iterable[str], pictures: asyncio.Semaphore) -> None:
        self._client = client
        self._pictures = pictures
        self._output_ids = frozenset(output_ids)
        #: In the order in which they were told of.
        self._results: dict[Made, None] = {}
        self._sessions: dict[Made, asyncio.Task[str | None]] = {}
        self._files: dict[Made, asyncio.Task[ResultFile | None]] = {}
        self._held = 0
        self._few, self._downloads = asyncio.Semaphore(_AT_A_TIME), asyncio.Semaphore(_AT_A_TIME)

    async def __aenter__(self) -> Early:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        tasks: list[asyncio.Task[Any]] = [*self._sessions.values(), *self._files.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def take(self, event: Event) -> None:
        """Note which results an event tells of."""
        if event.node_id in self._output_ids:
            self._results |= {made: None for made in event.made if made.kind is MediaKind.IMAGE}

    def fetch(self) -> None:
        """Begin to fetch the first results that were told of."""
        for made in [*self._results][:FILES_PER_MESSAGE]:
            if made not in self._files:
                self._files[made] = asyncio.create_task(self._file(made.name))

    async def own(self, seen: Iterable[Made], sessions: Set[str]) -> list[Made]:
        """Return those of the images and videos that runs of these sessions made, each once. Raises BackendError."""
        asked = {made: self._ask(made) for made in seen}
        # All are over before the first error is told: none goes on beside the next try.
        await asyncio.gather(*asked.values(), return_exceptions=True)
        return [made for made, task in asked.items() if task.result() in sessions]

    async def files(self, results: Sequence[Made]) -> dict[str, ResultFile]:
        """Return those results that were fetched already, by name."""
        fetching = {made.name: self._files[made] for made in results if made in self._files}
        await asyncio.gather(*fetching.values(), return_exceptions=True)
        found = {name: task.result() for name, task in fetching.items() if not task.exception()}
        return {name: file for name, file in found.items() if file}

    async def _file(self, name: str) -> ResultFile | None:
        async with self._downloads:
            if self._held >= _MOST_HELD:
                return None
            data = await self._client.download(name)
            self._held += len(data)
        async with self._pictures:
            return await asyncio.to_thread(media.fit, data, name, sys.maxsize)

    def _ask(self, made: Made) -> asyncio.Task[str | None]:
        task = self._sessions.get(made)
        if task is None or (task.done() and task.exception()):
            task = self._sessions[made] = asyncio.create_task(self._session(made))
        return task

    async def _session(self, made: Made) -> str | None:
        ask = self._client.video if made.kind is MediaKind.VIDEO else self._client.image
        try:
            async with self._few:
                return (await ask(made.name)).session_id
        except (NotFound, Forbidden, Rejected) as error:
            log.info("a file that a result names is not ours: %s", error)
            return None
