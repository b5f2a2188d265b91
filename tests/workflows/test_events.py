import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.invokeai import LocalInvokeAI
from tests.workflows.builders import JSON
from tests.workflows.conftest import Tidy
from workflows.client import Credentials, InvokeClient
from workflows.errors import AuthError, Unavailable
from workflows.events import Event, EventKind, EventStream, Preview, Watch, read_event
from workflows.models import ItemStatus
from workflows.progress import Progress
from workflows.results import Made, MediaKind, made_in

TITLES = {"blank": "Paper", "blur": "Fog"}


async def nobody() -> None:
    return None


@asynccontextmanager
async def connected(url: str, queue_id: str, token: Any = nobody) -> AsyncIterator[EventStream]:
    async with EventStream(url, queue_id, token) as found:
        assert await found.wait_connected(10)
        yield found


async def until_ended(watch: Watch, items: int = 1) -> list[Event]:
    """All events of a watch up to the end of its last item."""
    heard: list[Event] = []
    async with asyncio.timeout(50):
        while len({event.item_id for event in heard if event.status and event.status.is_final}) < items:
            await watch.wait(1)
            heard += watch.take()
    return heard


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


# One event


@pytest.mark.parametrize(
    ("kind", "data", "event"),
    [
        (EventKind.STATUS, {}, Event(EventKind.STATUS)),
        (EventKind.STATUS, {"status": "dreaming", "item_id": "1"}, Event(EventKind.STATUS)),
        (EventKind.STATUS, {"status": "failed", "item_id": 1}, Event(EventKind.STATUS, 1, status=ItemStatus.FAILED)),
        (EventKind.PROGRESS, {"status": "failed", "percentage": "0.5"}, Event(EventKind.PROGRESS)),
        (
            EventKind.PROGRESS,
            {"percentage": 0.5, "message": "Denoising"},
            Event(EventKind.PROGRESS, message="Denoising", fraction=0.5),
        ),
        (EventKind.PROGRESS, {"percentage": None, "message": None}, Event(EventKind.PROGRESS)),
        (EventKind.PROGRESS, {"percentage": 10**400}, Event(EventKind.PROGRESS)),
        (EventKind.PROGRESS, {"percentage": -0.1}, Event(EventKind.PROGRESS)),
        (EventKind.PROGRESS, {"percentage": 1}, Event(EventKind.PROGRESS, fraction=1.0)),
        (EventKind.PROGRESS, {"percentage": float("nan")}, Event(EventKind.PROGRESS)),
        (
            EventKind.NODE_COMPLETE,
            {"invocation": {"id": "p1"}, "invocation_source_id": "a", "result": {"image": {"image_name": "x"}}},
            Event(EventKind.NODE_COMPLETE, node_id="a", copy_id="p1", made=(Made(MediaKind.IMAGE, "x"),)),
        ),
        (EventKind.CANCELED, {"canceled_item_ids": [1, "2", None]}, Event(EventKind.CANCELED, canceled_ids=(1,))),
    ],
)
def test_what_is_missing_or_odd_reads_as_empty(kind: EventKind, data: dict[str, Any], event: Event):
    assert read_event(kind, data) == event


FRAME = {"width": 256, "height": 128, "dataURL": "data:image/jpeg;base64,AAAA"}
NO_FRAMES: dict[str, Any] = {
    "nothing": None,
    "no mapping": "data:image/jpeg;base64,AAAA",
    "no data": {**FRAME, "dataURL": None},
    "another address": {**FRAME, "dataURL": "https://evil.example/x.png"},
    "no picture": {**FRAME, "dataURL": "data:text/html;base64,AAAA"},
    "far too much": {**FRAME, "dataURL": "data:image/jpeg;base64," + "A" * 600_000},
    "no width": {**FRAME, "width": None},
    "no height": {"width": 8, "dataURL": FRAME["dataURL"]},
    "nothing wide": {**FRAME, "width": 0},
    "less than nothing": {**FRAME, "height": -8},
    "endlessly high": {**FRAME, "height": 10**9},
    "words for sizes": {**FRAME, "width": "256"},
}


def test_a_preview_is_read() -> None:
    event = read_event(EventKind.PROGRESS, {"image": FRAME})
    assert event.preview == Preview("data:image/jpeg;base64,AAAA", 256, 128)


@pytest.mark.parametrize("image", NO_FRAMES.values(), ids=NO_FRAMES.keys())
def test_what_is_no_preview_reads_as_none(image: Any) -> None:
    assert read_event(EventKind.PROGRESS, {"image": image, "percentage": 0.5}).preview is None


def test_only_progress_has_previews() -> None:
    assert read_event(EventKind.NODE_COMPLETE, {"image": FRAME}).preview is None


MEMBERS = [
    "image",
    "item_id",
    "percentage",
    "status",
    "canceled_item_ids",
    "session_id",
    "invocation",
    "message",
    "result",
]


@given(st.sampled_from(EventKind), st.dictionaries(st.sampled_from(MEMBERS), JSON))
@settings(max_examples=150, deadline=None)
def test_any_event_is_read(kind: EventKind, data: dict[str, Any]):
    assert read_event(kind, data).kind is kind


# One watch


async def test_a_watch_waits_no_longer_than_it_is_told():
    async with asyncio.timeout(1):
        await Watch().wait(0.01)


async def test_a_watch_begins_stale_and_wakes_by_an_event_or_a_poke():
    watch = Watch()
    assert watch.stale
    watch.push(Event(EventKind.STATUS, 1))
    watch.push(Event(EventKind.STATUS, 2))
    await watch.wait(60)
    assert [event.item_id for event in watch.take()] == [1, 2]
    assert watch.take() == []
    watch.poke()
    await watch.wait(60)
    assert watch.take() == []


async def test_a_watch_is_the_same_until_it_is_forgotten():
    events = EventStream("http://127.0.0.1:9", "q", nobody)
    watch = events.watch("a")
    assert events.watch("a") is watch
    events.forget("a")
    events.forget("a")
    assert events.watch("a") is not watch


# No connection


async def test_nobody_there_is_no_error():
    async with EventStream("http://127.0.0.1:9", "q", nobody) as events:
        assert not await events.wait_connected(0.3)
        assert not events.connected


async def test_a_server_that_comes_later_is_found(local_invokeai: LocalInvokeAI):
    await local_invokeai.stop()
    async with EventStream(local_invokeai.url, "q", nobody) as events:
        assert not await events.wait_connected(0.3)
        await local_invokeai.start()
        assert await events.wait_connected(10)


async def test_leaving_before_it_ever_began_is_fine():
    await EventStream("http://127.0.0.1:9", "q", nobody).__aexit__(None, None, None)


# A connection


async def test_a_job_is_heard_from_start_to_end(invoke_url: str, queue_id: str, client: Tidy, body: Any):
    batch_id, wanted = body()
    async with connected(invoke_url, queue_id) as events:
        watch = events.watch(batch_id)
        answer = await client.enqueue(wanted)
        heard = await until_ended(watch)
    assert [(event.kind, event.node_id) for event in heard if event.kind is not EventKind.PROGRESS] == [
        (EventKind.STATUS, ""),
        (EventKind.NODE_STARTED, "blank"),
        (EventKind.NODE_COMPLETE, "blank"),
        (EventKind.NODE_STARTED, "blur"),
        (EventKind.NODE_COMPLETE, "blur"),
        (EventKind.STATUS, ""),
    ]
    assert [event.status for event in heard if event.status] == [ItemStatus.IN_PROGRESS, ItemStatus.COMPLETED]
    assert {event.item_id for event in heard} == set(answer.item_ids)
    (item,) = await client.items(batch_id)
    assert {event.session_id for event in heard} == {item.session_id}
    progress = Progress(TITLES)
    for event in heard:
        progress.apply(event)
    assert (progress.overall, progress.items_done) == (1.0, set(answer.item_ids))
    assert progress.made == set(made_in(item.session.results)) != set()


async def test_twenty_watches_hear_their_own_and_nothing_else(invoke_url: str, queue_id: str, client: Tidy, body: Any):
    batches = dict(body() for _ in range(20))
    async with connected(invoke_url, queue_id) as events:
        watches = {batch_id: events.watch(batch_id) for batch_id in batches}
        answers = {batch_id: await client.enqueue(wanted) for batch_id, wanted in batches.items()}
        for batch_id, watch in watches.items():
            heard = await until_ended(watch)
            assert {event.item_id for event in heard} == set(answers[batch_id].item_ids)
            assert len([event for event in heard if event.kind is EventKind.NODE_COMPLETE]) == 2


async def test_two_streams_hear_the_same(invoke_url: str, queue_id: str, client: Tidy, body: Any):
    batch_id, wanted = body()
    async with connected(invoke_url, queue_id) as one, connected(invoke_url, queue_id) as other:
        watches = [one.watch(batch_id), other.watch(batch_id)]
        await client.enqueue(wanted)
        first, second = [await until_ended(watch) for watch in watches]
    assert first == second


async def test_other_queues_and_forgotten_batches_are_not_heard(
    invoke_url: str, queue_id: str, client: Tidy, body: Any
):
    batch_id, wanted = body()
    async with connected(invoke_url, "another queue") as elsewhere, connected(invoke_url, queue_id) as here:
        watches = [elsewhere.watch(batch_id), here.watch(batch_id)]
        here.forget(batch_id)
        again = here.watch(batch_id)
        await client.enqueue(wanted)
        await until_ended(again)
    assert [watch.take() for watch in watches] == [[], []]


async def test_events_come_though_the_answer_is_lost(local_invokeai: LocalInvokeAI, connect: Any, body: Any):
    client: InvokeClient = await connect(local_invokeai.url)
    batch_id, wanted = body()
    local_invokeai.faults.lose_answer_next("POST /api/v1/queue")
    async with connected(local_invokeai.url, "test") as events:
        watch = events.watch(batch_id)
        with pytest.raises(Unavailable):
            await client.enqueue(wanted)
        heard = await until_ended(watch)
    assert {event.item_id for event in heard} == {item.item_id for item in await client.items(batch_id)}


async def test_events_that_come_twice_count_once(local_invokeai: LocalInvokeAI, connect: Any, body: Any):
    client: InvokeClient = await connect(local_invokeai.url)
    batch_id, wanted = body()
    wanted["batch"]["runs"] = 2
    local_invokeai.faults.duplicate_events = True
    progress = Progress(TITLES, items=2)
    async with connected(local_invokeai.url, "test") as events:
        watch = events.watch(batch_id)
        await client.enqueue(wanted)
        for event in await until_ended(watch, items=2):
            progress.apply(event)
    assert (len(progress.done), progress.total, progress.overall) == (4, 4, 1.0)


async def test_items_cancelled_in_bulk_wake_every_watch(local_invokeai: LocalInvokeAI, connect: Any, body: Any):
    client: InvokeClient = await connect(local_invokeai.url)
    await local_invokeai.pause()
    batch_id, wanted = body()
    async with connected(local_invokeai.url, "test") as events:
        watches = [events.watch(batch_id), events.watch("another")]
        answer = await client.enqueue(wanted)
        await client.cancel(batch_id)
        for watch in watches:
            await watch.wait(10)
            assert [event.canceled_ids for event in watch.take()] == [tuple(answer.item_ids)]


async def test_silence_is_left_to_the_reader(local_invokeai: LocalInvokeAI, connect: Any, body: Any):
    client: InvokeClient = await connect(local_invokeai.url)
    local_invokeai.faults.silent_events = True
    batch_id, wanted = body()
    async with connected(local_invokeai.url, "test") as events:
        watch = events.watch(batch_id)
        await client.enqueue(wanted)
        await watch.wait(0.2)
        assert watch.take() == []


# A connection that ends


async def cut(server: LocalInvokeAI) -> None:
    await server.drop_sockets()


async def goodbye(server: LocalInvokeAI) -> None:
    """An orderly end on the Socket.IO level, after which python-socketio would never come back by itself."""
    sio = server._events.sio
    for sid, _ in list(sio.manager.get_participants("/", None)):
        await sio.disconnect(sid)


async def restart(server: LocalInvokeAI) -> None:
    await server.restart()


@pytest.mark.parametrize("end", [cut, goodbye, restart])
async def test_a_lost_connection_makes_watches_stale_and_comes_back(
    end: Any, local_invokeai: LocalInvokeAI, connect: Any, body: Any
):
    client: InvokeClient = await connect(local_invokeai.url)
    batch_id, wanted = body()
    async with connected(local_invokeai.url, "test") as events:
        for _ in range(2):
            watch = events.watch(batch_id)
            watch.stale = False
            watch.take()
            await end(local_invokeai)
            await watch.wait(10)
            await until(lambda watch=watch: watch.stale)
            await until(lambda: events.connected)
        await client.enqueue(wanted)
        assert await until_ended(watch)


async def test_a_watch_that_was_told_between_loss_and_return_is_stale_again(local_invokeai: LocalInvokeAI):
    async with connected(local_invokeai.url, "test") as events:
        await local_invokeai.stop()
        await until(lambda: not events.connected)
        watch = events.watch("x")
        watch.stale = False
        await local_invokeai.start()
        assert await events.wait_connected(10)
        assert watch.stale


HELLO = '0{"sid":"a","upgrades":[],"pingTimeout":20000,"pingInterval":25000}'

Speak = Callable[[web.WebSocketResponse, web.Request], Awaitable[None]]


async def stay_mute(socket: web.WebSocketResponse, request: web.Request) -> None:
    await asyncio.Event().wait()


async def drop_dead(socket: web.WebSocketResponse, request: web.Request) -> None:
    """Be gone in the moment in which the connection stands."""
    await socket.send_str(HELLO)
    await socket.send_str('40{"sid":"b"}')
    assert request.transport
    request.transport.abort()


async def say_goodbye(socket: web.WebSocketResponse, request: web.Request) -> None:
    for message in (HELLO, '40{"sid":"b"}', "1"):
        await socket.send_str(message)
    await asyncio.Event().wait()


@asynccontextmanager
async def rude_server(answer: int | Sequence[str | bytes] | Speak) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that does not speak as it should: an HTTP status, or what it says on the socket; and who called."""
    calls: list[str] = []

    async def serve(request: web.Request) -> web.StreamResponse:
        calls.append(request.path)
        if isinstance(answer, int):
            return web.Response(status=answer, text="<html>", content_type="text/html")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if callable(answer):
            await answer(socket, request)
            return socket
        for message in answer:
            await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_str(message))
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", calls
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "answer",
    [200, 302, 401, 500, ["hello"], [""], ["0"], ["0{}"], [b"\x00\xff"], [HELLO], [HELLO, '40{"sid":"b"}', "41"]],
    ids=repr,
)
async def test_a_server_that_answers_oddly_is_called_again(answer: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("workflows.events._PATIENCE", 0.2)
    monkeypatch.setattr("workflows.events._FIRST_DELAY", 0.01)
    async with rude_server(answer) as (url, calls), EventStream(url, "q", nobody):
        await until(lambda: len(calls) >= 2)


@pytest.mark.parametrize("answer", [stay_mute, drop_dead, say_goodbye])
async def test_a_server_that_falls_silent_as_it_connects_is_called_again(answer: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("workflows.events._PATIENCE", 0.2)
    monkeypatch.setattr("workflows.events._FIRST_DELAY", 0.01)
    async with rude_server(answer) as (url, calls), EventStream(url, "q", nobody):
        await until(lambda: len(calls) >= 2)


# Login

ADA = Credentials("ada@example.com", "a long Passw0rd")


async def test_the_connection_is_logged_in(connect: Any, body: Any):
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(LocalInvokeAI(users={ADA.username: ADA.password}))
        client: InvokeClient = await connect(server.url, ADA)
        batch_id, wanted = body()
        async with connected(server.url, "test", client.token) as events:
            watch = events.watch(batch_id)
            await client.enqueue(wanted)
            assert await until_ended(watch)
        async with EventStream(server.url, "test", nobody) as stranger:
            assert not await stranger.wait_connected(0.3)


async def test_a_login_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("workflows.events._FIRST_DELAY", 0.01)
    async with LocalInvokeAI(users={ADA.username: ADA.password}) as server:
        assert server.users
        token = server.users.issue(next(iter(server.users._by_email.values())))
        answers: list[Any] = [AuthError("refused"), Unavailable("not now"), None, "expired", token]

        async def take() -> str | None:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        async with EventStream(server.url, "test", take) as events:
            assert await events.wait_connected(20)
        assert answers == []


async def test_an_expired_login_is_renewed_without_any_other_call(connect: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("workflows.events._FIRST_DELAY", 0.01)
    async with LocalInvokeAI(users={ADA.username: ADA.password}) as server:
        client: InvokeClient = await connect(server.url, ADA)
        client._token = "expired"
        async with EventStream(server.url, "test", client.token, client.forget_token) as events:
            assert await events.wait_connected(20)
