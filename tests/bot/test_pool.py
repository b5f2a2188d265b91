"""Several backends: which of them takes a job, and how they come and go while the bot runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot import db
from bot.config import BackendSettings
from bot.drained import DrainedBackends
from bot.line import Ticket
from bot.playground.invokeai import LocalInvokeAI
from bot.pool import Backend, Changes, Pool, open_pool
from tests.bot.conftest import Serve
from tests.bot.world import until
from workflows.client import open_http
from workflows.errors import Unavailable, UserError

#: Nobody listens there.
NOWHERE = "http://127.0.0.1:1"
TICKET = Ticket("job", 1, workflow_id=7, version=2)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.health._PATIENCE", 2)
    monkeypatch.setattr("bot.health._SECOND_PROBE_SECONDS", 0.02)
    monkeypatch.setattr("bot.health._DOUBT_SECONDS", 0.01)
    monkeypatch.setattr("bot.health._FIRST_PAUSE", 0.02)
    monkeypatch.setattr("bot.health._LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("bot.health._PAUSED_SECONDS", 0.02)
    monkeypatch.setattr("bot.pool._LEAVING_SECONDS", 0.02)


def named(name: str, url: str = NOWHERE, **more: object) -> BackendSettings:
    return BackendSettings.model_validate({"name": name, "url": url, **more})


@contextlib.asynccontextmanager
async def unwatched(*names: str) -> AsyncIterator[Pool]:
    """A pool of which nobody finds out that there is nothing behind it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.health.watch", lambda _: asyncio.Event().wait())
        async with open_pool([named(name) for name in names], open_http) as pool:
            yield pool


async def connected(pool: Pool) -> None:
    await until(lambda: all(backend.events.connected and backend.is_known for backend in pool))


def order(pool: Pool, ticket: Ticket = TICKET) -> str:
    return "".join(pool.offers(ticket))


def spread(pool: Pool, **jobs: int) -> None:
    pool.load = lambda name: jobs.get(name, 0)


# who takes a job


async def test_a_backend_that_is_not_there_is_known_for_that() -> None:
    async with open_pool([named("a")], open_http) as pool:
        await until(lambda: not pool.first.is_up)
        assert (pool.offers(TICKET), pool.slots()) == ([], {"a": 0})
        assert pool.choose() is pool.first is pool.get("a")
        with pytest.raises(Unavailable):
            await pool.first.schemas()
        with pytest.raises(KeyError):
            pool.get("b")


async def test_the_order_is_the_settings_then_who_has_the_least_to_do() -> None:
    async with unwatched("c", "a", "b") as pool:
        assert [backend.name for backend in pool] == ["c", "a", "b"]
        assert (order(pool), pool.choose().name, pool.first.name) == ("cab", "c", "c")
        spread(pool, c=2, a=1)
        assert (order(pool), pool.choose().name) == ("bac", "b")


async def test_load_is_what_there_is_to_do_for_each_slot() -> None:
    async with unwatched("a", "b") as pool:
        await pool.apply([named("a", max_in_flight=8), named("b", max_in_flight=2)])
        spread(pool, a=3, b=1)
        assert order(pool) == "ab"
        assert pool.slots() == {"a": 8, "b": 2}


async def test_where_its_files_are_is_best_then_where_its_models_are() -> None:
    async with unwatched("a", "b", "c") as pool:
        spread(pool, b=1, c=1)
        pool.given("c", 7, 2, {"x", "y"})
        assert order(pool) == "cab"
        assert pool.choose(7, 2).name == "c"
        assert order(pool, Ticket("job", 1, workflow_id=7, version=2, backend="b")) == "bca"
        # Of another workflow nobody knows which models it has.
        assert order(pool, Ticket("job", 1, workflow_id=8, version=2)) == "abc"
        pool.given("c", 8, 1, {"z"})
        assert order(pool) == "abc"
        pool.given("gone", 7, 2, {"x"})


def gone(backend: Backend) -> None:
    backend.set_aside("gone")


def paused(backend: Backend) -> None:
    backend.is_paused = True


def leaving(backend: Backend) -> None:
    backend.is_leaving = True


def drained(backend: Backend) -> None:
    backend.is_drained = True


@pytest.mark.parametrize("hinder", [gone, leaving, drained])
async def test_who_cannot_take_anything_is_not_offered(hinder) -> None:
    async with unwatched("a", "b") as pool:
        hinder(pool.get("a"))
        assert (order(pool), pool.choose().name, pool.slots()) == ("b", "b", {"a": 0, "b": 2})
        assert order(pool, Ticket("job", 1, backend="a")) == "b"
        hinder(pool.get("b"))
        # Its files have to go somewhere, and where they are does not bind it.
        assert (order(pool), pool.choose().name, pool.slots()) == ("", "a", {"a": 0, "b": 0})


async def test_a_paused_backend_takes_jobs_only_where_there_is_no_other() -> None:
    async with unwatched("a", "b") as pool:
        paused(pool.get("a"))
        assert (order(pool), pool.choose().name, pool.slots()) == ("b", "b", {"a": 0, "b": 2})
        assert order(pool, Ticket("job", 1, backend="a")) == "b"
        gone(pool.get("b"))
        assert (order(pool), pool.choose().name, pool.slots()) == ("a", "a", {"a": 2, "b": 0})


async def test_a_backend_that_is_only_paused_is_chosen_before_one_that_is_on_its_way_out() -> None:
    async with unwatched("a", "b", "c", "d") as pool:
        hinders = (leaving, drained, gone, paused)
        for backend, hinder in zip(pool, hinders, strict=True):
            hinder(backend)
        for name in "dcba":
            assert pool.choose().name == name
            leaving(pool.get(name))
            drained(pool.get(name))
            gone(pool.get(name))
            paused(pool.get(name))
            if name == "b":
                break


async def test_who_cannot_run_it_is_not_offered() -> None:
    async with unwatched("a", "b") as pool:
        asked: list[tuple[object, ...]] = []
        pool.fits = lambda *what: asked.append(what) or what[2] == "b"
        assert (order(pool), pool.choose(7, 2).name) == ("b", "b")
        assert set(asked) == {(7, 2, "a"), (7, 2, "b")}
        pool.fits = lambda *_: False
        assert (order(pool), pool.choose(7, 2).name) == ("", "a")


async def test_every_change_is_told(server: LocalInvokeAI) -> None:
    told: list[dict[str, int]] = []
    async with open_pool([named("a", server.url)], open_http) as pool:
        pool.on_change(lambda: told.append(pool.slots()))

        async def tells(slots: dict[str, int]) -> None:
            await until(lambda: bool(told) and told[-1] == slots)
            told.clear()

        await connected(pool)
        await tells({"a": 2})
        await server.crash()
        pool.first.doubt()
        await tells({"a": 0})
        await server.restart()
        await tells({"a": 2})
        await server.pause()
        pool.first.doubt()
        await until(lambda: pool.first.is_paused)
        await tells({"a": 2})
        await server.resume()
        await until(lambda: not pool.first.is_paused)
        await tells({"a": 2})
        await pool.drain("a")
        await tells({"a": 0})
        await pool.give_back("a")
        await tells({"a": 2})
        await pool.apply([named("a", server.url, max_in_flight=5)])
        await tells({"a": 5})
        await pool.apply([named("a", server.url, max_in_flight=5)])
        assert told == []


async def test_a_listener_that_fails_keeps_nobody_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[bool] = []
    async with unwatched("a") as pool:
        pool.on_change(lambda: heard.append(bool(1 / 0)))
        pool.on_change(lambda: heard.append(True))
        await pool.drain("a")
    assert heard == [True]
    assert "division by zero" in caplog.text


# how they come and go


async def test_new_settings_add_change_and_remove(serve: Serve) -> None:
    one, two = await serve(), await serve()
    async with open_pool([named("a", one.url), named("b", one.url)], open_http) as pool:
        pool.in_use = used
        await connected(pool)
        changes = await pool.apply([named("c", two.url), named("a", two.url)])
        assert changes == Changes(added=("c",), changed=("a",), removed=("b",))
        assert str(changes) == "added c, changed a, removed b"
        assert [(backend.name, backend.is_draining) for backend in pool] == [("c", False), ("a", False), ("b", True)]
        await connected(pool)
        assert (pool.first.name, pool.get("b").url, pool.get("a").url) == ("c", one.url, two.url)
        assert str(await pool.apply([named("c", two.url), named("a", two.url)])) == "no other backends"


async def used(_: str) -> bool:
    return True


async def test_one_that_stays_as_it_is_notices_nothing(serve: Serve) -> None:
    server = await serve()
    settings = [named("a", server.url)]
    async with open_pool(settings, open_http) as pool:
        await connected(pool)
        client, events = pool.first.client, pool.first.events
        await pool.apply([*settings, named("b")])
        changes = await pool.apply([settings[0].model_copy(update={"max_in_flight": 9})])
        assert (changes.changed, pool.slots()["a"]) == (("a",), 9)
        assert (pool.first.client, pool.first.events) == (client, events)


@pytest.mark.parametrize("change", ["url", "queue_id"])
async def test_another_way_to_a_backend_is_a_new_connection_to_the_same_one(change: str, serve: Serve) -> None:
    here, there = await serve(), await serve()
    before = named("a", here.url)
    after = before.model_copy(update={change: {"url": there.url, "queue_id": "other"}[change]})
    async with open_pool([before], open_http) as pool:
        await connected(pool)
        backend, client, events, looks = pool.first, pool.first.client, pool.first.events, pool.first.looks
        assert (await pool.apply([after])).changed == ("a",)
        assert pool.first is backend
        assert (backend.client is client, backend.events is events, events.connected) == (False, False, False)
        await connected(pool)
        assert (backend.settings, backend.looks > looks) == (after, True)
        # Whoever still asks the old one fails at once.
        with pytest.raises((Unavailable, RuntimeError), match="closed"):
            await client.version()


@pytest.mark.parametrize(
    "wrong", [{"password": SecretStr("Secret-words-2")}, {"username": "y@example.com"}], ids=["password", "user"]
)
async def test_a_login_that_is_mended_needs_no_restart(wrong: dict[str, object]) -> None:
    async with LocalInvokeAI(users={"x@example.com": "Secret-words-1"}) as server:
        right = named("a", server.url, username="x@example.com", password=SecretStr("Secret-words-1"))
        async with open_pool([right.model_copy(update=wrong)], open_http) as pool:
            await until(lambda: not pool.first.is_up)
            assert (await pool.apply([right])).changed == ("a",)
            await connected(pool)
            assert pool.first.models


async def test_one_that_is_away_comes_back_at_its_new_address(serve: Serve) -> None:
    server = await serve()
    async with open_pool([named("a")], open_http) as pool:
        await until(lambda: not pool.first.is_up)
        await pool.apply([named("a", server.url)])
        assert pool.first.is_up
        await connected(pool)
        assert pool.first.models


async def test_a_removed_backend_goes_when_nothing_is_left_there(serve: Serve) -> None:
    server = await serve()
    left = {"a": 2, "b": 0}

    async def in_use(name: str) -> bool:
        asked.append(name)
        return left[name] > 0

    asked: list[str] = []
    async with open_pool([named("a", server.url), named("b", server.url)], open_http) as pool:
        pool.in_use = in_use
        await connected(pool)
        backend, told = pool.get("a"), list[set[str]]()
        pool.on_change(lambda: told.append({one.name for one in pool}))
        await pool.apply([named("b", server.url)])
        await until(lambda: len(asked) > 3)
        assert (pool.get("a"), backend.is_up, backend.events.connected) == (backend, True, True)
        assert (order(pool), pool.choose().name, await backend.client.version()) == ("b", "b", "6.14.2")
        left["a"] = 0
        await until(lambda: told[-1] == {"b"})
        assert set(asked) == {"a"}
        assert not backend.events.connected
        with pytest.raises(KeyError):
            pool.get("a")


async def test_a_backend_comes_back_while_it_is_on_its_way_out(serve: Serve) -> None:
    one, two = await serve(), await serve()
    settings = [named("a", one.url), named("b", one.url)]
    async with open_pool(settings, open_http) as pool:
        pool.in_use = used
        await connected(pool)
        backend = pool.get("a")
        await pool.apply(settings[1:])
        assert backend.is_draining
        assert (await pool.apply(settings)).added == ("a",)
        assert (pool.first, backend.is_draining, order(pool)[0] in "ab") == (backend, False, True)
        await pool.apply(settings[1:])
        await pool.apply([named("a", two.url), settings[1]])
        assert (pool.get("a"), backend.url, backend.is_draining) == (backend, two.url, False)
        await connected(pool)


async def test_what_cannot_be_asked_about_a_removed_backend_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    async with unwatched("a", "b") as pool:
        answers = iter([ZeroDivisionError("no"), False])

        async def in_use(_: str) -> bool:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return bool(answer)

        pool.in_use = in_use
        await pool.apply([named("b")])
        await until(lambda: len(list(pool)) == 1)
    assert "backend a could not be closed" in caplog.text


async def test_settings_come_one_after_the_other(server: LocalInvokeAI) -> None:
    async with open_pool([named("a")], open_http) as pool:
        wanted = [
            [named("a", "http://127.0.0.1:2")],
            [named("a"), named("b")],
            [named("c")],
            [named("a", server.url)],
        ]
        await asyncio.gather(*(pool.apply(settings) for settings in wanted))
        assert (pool.first.name, pool.first.is_draining) == ("a", False)
        await until(lambda: len(list(pool)) == 1)
        await connected(pool)
        assert pool.first.url == server.url


async def test_closing_waits_for_nobody_and_leaves_nothing_running(serve: Serve) -> None:
    """Also in the middle of a probe that hangs, and of one that waits for its second."""
    slow, dead, fine = await serve(), await serve(), await serve()
    slow.freeze()
    before = asyncio.all_tasks()
    settings = [named("slow", slow.url), named("dead", dead.url), named("fine", fine.url), named("nowhere")]
    async with open_pool(settings, open_http) as pool, asyncio.timeout(5):
        await until(lambda: pool.get("fine").events.connected)
        await dead.crash()
        for backend in pool:
            backend.doubt()
    async with asyncio.timeout(1):
        await until(lambda: not any(_is_ours(task) for task in asyncio.all_tasks() - before))
    slow.thaw()


def _is_ours(task: asyncio.Task[object]) -> bool:
    return task.get_name().startswith(("watch ", "see ", "events "))


# out of service


@pytest.mark.parametrize("name", ["c", "", "A"])
async def test_a_backend_that_there_is_not_cannot_be_drained(name: str) -> None:
    async with unwatched("a", "b") as pool:
        for refused in (pool.drain(name, 5), pool.give_back(name)):
            with pytest.raises(UserError, match=r"There are: a, b\."):
                await refused


async def test_a_drained_backend_stays_so_over_restarts_and_new_settings() -> None:
    async with db.connect(":memory:") as connection:
        drained = DrainedBackends(connection)
        async with open_pool([named("a"), named("b")], open_http, drained) as pool:
            await pool.drain("a", 5)
            await pool.drain("a", 6)
            assert (pool.get("a").is_draining, pool.get("b").is_draining) == (True, False)
        async with open_pool([named("a"), named("b")], open_http, drained) as pool:
            assert pool.get("a").is_draining
            await pool.apply([named("b")])
            await until(lambda: len(list(pool)) == 1)
            await pool.apply([named("a"), named("b")])
            assert pool.get("a").is_draining
            await pool.give_back("a")
            assert not pool.get("a").is_draining
        async with open_pool([named("a")], open_http, drained) as pool:
            assert not pool.first.is_draining


async def test_what_was_given_back_is_still_on_its_way_out_where_the_settings_do_not_name_it() -> None:
    async with unwatched("a", "b") as pool:
        pool.in_use = used
        await pool.drain("a")
        await pool.apply([named("b")])
        await pool.give_back("a")
        assert pool.get("a").is_draining
