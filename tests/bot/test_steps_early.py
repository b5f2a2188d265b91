"""Results are fetched before the end of their run is known; only what is of the run's own sessions is ours."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.cards import FILES_PER_MESSAGE
from bot.playground.invokeai import LocalInvokeAI
from bot.steps.early import Early
from tests.bot.world import picture, text_chunks, until
from workflows.client import InvokeClient, open_http
from workflows.errors import Unavailable
from workflows.events import Event, EventKind
from workflows.results import Made, MediaKind

RECORD, FILE = ("GET", "/api/v1/images/i/{name}"), ("GET", "/api/v1/images/i/{name}/full")


@pytest.fixture
async def server() -> AsyncIterator[LocalInvokeAI]:
    async with LocalInvokeAI() as server:
        yield server


@pytest.fixture
async def http(server: LocalInvokeAI) -> AsyncIterator[httpx.AsyncClient]:
    async with open_http(server.url) as http:
        yield http


@pytest.fixture
def client(http: httpx.AsyncClient) -> InvokeClient:
    return InvokeClient(http, "test")


async def stored(client: InvokeClient, session: str) -> Made:
    return Made(MediaKind.IMAGE, (await client.upload(picture(), session)).image_name)


def early_of(client: InvokeClient, *output_ids: str) -> Early:
    return Early(client, output_ids, asyncio.Semaphore(2))


def early_tasks() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if "Early" in repr(task)}


def told(*made: Made, node: str = "blur") -> Event:
    return Event(EventKind.NODE_COMPLETE, node_id=node, made=made)


async def test_what_does_not_answer_is_asked_again_at_the_next_try(client: InvokeClient, server: LocalInvokeAI):
    made = await stored(client, "ours")
    server.faults.fail_next("GET /api/v1/images/i/", 503)
    async with early_of(client) as early:
        with pytest.raises(Unavailable):
            await early.own([made, made], {"ours"})
        for _ in range(2):
            assert await early.own([made, made], {"ours"}) == [made]
    assert server.requests[RECORD] == 2


async def test_a_file_that_did_not_come_is_left_to_the_delivery(client: InvokeClient, server: LocalInvokeAI):
    made, other = await stored(client, "ours"), await stored(client, "ours")
    gone = Made(MediaKind.IMAGE, "gone.png")
    async with early_of(client, "blur") as early:
        early.take(told(made, gone))
        early.fetch()
        assert await early.own([made, gone, other], {"ours"}) == [made, other]
        files = await early.files([made, gone, other])
        assert files.keys() == {made.name}
        assert text_chunks(files[made.name].data) == {}
        assert await early.files([]) == {}


async def test_what_is_not_of_the_runs_own_sessions_is_not_ours(client: InvokeClient):
    ours, theirs = await stored(client, "ours"), await stored(client, "theirs")
    async with early_of(client, "blur") as early:
        early.take(told(theirs, ours))
        early.fetch()
        assert await early.own([theirs, ours], {"ours"}) == [ours]


async def test_only_results_are_fetched_each_once_and_no_more_than_one_message_holds(
    client: InvokeClient, server: LocalInvokeAI
):
    made = [await stored(client, "ours") for _ in range(FILES_PER_MESSAGE + 1)]
    video = Made(MediaKind.VIDEO, "clip.mp4")
    async with early_of(client, "blur") as early:
        for _ in range(2):
            early.take(told(made[0], node="blank"))
            early.take(told(video, *made))
            early.fetch()
        assert len(await early.files([*made, video])) == FILES_PER_MESSAGE
    assert server.requests[FILE] == FILES_PER_MESSAGE


async def test_nothing_goes_on_after_the_end(client: InvokeClient, server: LocalInvokeAI):
    made = await stored(client, "ours")
    server.faults.hang("GET /api/v1/images/i/")
    before = early_tasks()
    async with early_of(client, "blur") as early:
        early.take(told(made))
        await asyncio.sleep(0)
        assert not early_tasks() - before
        early.fetch()
        await until(lambda: server.requests[FILE] == 1)
    server.faults.let_go()
    assert not early_tasks() - before
