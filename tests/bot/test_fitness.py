"""Which backend can run which published workflow; and who is told, once, when none can any more."""

import asyncio
import contextlib
import copy
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from aiosqlite import Connection

from bot import db
from bot.broken import Broken
from bot.catalog import Catalog, Published
from bot.config import BackendSettings
from bot.drafts import Draft
from bot.fitness import Fitness
from bot.jobs import new_id
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.models import installed
from bot.pool import Pool, open_pool
from tests.bot.conftest import Serve
from tests.bot.world import document, until
from tests.workflows.builders import node, raw
from workflows.check import check
from workflows.client import open_http
from workflows.document import read
from workflows.edits import Edits, InputEdit
from workflows.errors import BackendError, UserError
from workflows.inputs import NO_EDITS

ADMIN, GUILD = 77, 5
BLUR = document("blur")
BLANK = node("blank", "blank_image", {"width": 16, "height": 16}, version="1.0.0")
LOADER = node("loader", "main_model_loader", {"model": {"name": "tiny-sd15", "base": "sd-1", "type": "main"}})
FIXED_MODEL = json.dumps(raw(LOADER, BLANK)).encode()
ASKED_MODEL = json.dumps(raw(LOADER, BLANK, exposed=["loader.model"])).encode()
PLACE = ("loader", "model")
#: An admin gives everybody another model than the document's.
HIDDEN_MODEL = Edits(
    (InputEdit(*PLACE, hidden=True, default={"name": "tiny-inpaint", "base": "sd-1", "type": "main"}),)
)


class Mailbox:
    """Somebody who can tell admins, or not at the moment."""

    def __init__(self) -> None:
        self.news: list[tuple[str, bool]] = []
        self.whole: list[Broken] = []
        self.is_open = True

    async def __call__(self, news: Sequence[Broken]) -> set[int]:
        if not self.is_open:
            return set()
        self.whole += news
        self.news += [(one.slug, one.can_run) for one in news]
        return {one.workflow_id for one in news}

    def taken(self) -> list[tuple[str, bool]]:
        taken, self.news = self.news, []
        return taken


class Place:
    """Backends, a database, and what is published in it."""

    def __init__(self, servers: Sequence[LocalInvokeAI], pool: Pool, connection: Connection) -> None:
        self.servers = servers
        self.pool = pool
        self.connection = connection
        self.catalog = Catalog(connection)
        self.now = 0.0
        self.mail = Mailbox()
        self.fitness = self.start()

    def start(self) -> Fitness:
        """Begin anew, as the bot does at its start: only the database is left."""
        self.fitness = Fitness(self.pool, self.catalog, self.connection, clock=lambda: self.now)
        self.fitness.tell_by(self.mail)
        # As if what changes from here on came later.
        self.fitness._wake.clear()  # pyright: ignore[reportPrivateUsage]
        return self.fitness

    async def publish(
        self, slug: str, content: bytes = BLUR, edits: Edits = NO_EDITS, replaces: Published | None = None
    ) -> Published:
        backend = self.pool.first
        report = check(read(content), await backend.schemas(), backend.models, edits)
        assert report.can_run
        draft = Draft(new_id(), GUILD, ADMIN, slug, slug, "", content, report.inputs, edits)
        if replaces:
            draft = draft.evolve(workflow_id=replaces.workflow_id, base_version=replaces.version)
            return await self.catalog.add_version(draft)
        return await self.catalog.publish(draft)

    async def upgrade(self, number: int = 0, version: str = "6.15.0", **how: Any) -> None:
        """Upgrade a backend, and look at it."""
        backend, looks = [*self.pool][number], [*self.pool][number].looks
        await self.servers[number].upgrade(version, **how)
        while backend.looks == looks:
            # The first try may be by a connection to the server that was.
            with contextlib.suppress(BackendError):
                await backend.refresh(everything=True)

    async def change_models(self, number: int, *names: str) -> None:
        """Leave only these models, with keys of their own, on a backend."""
        kept = copy.deepcopy([record for record in installed() if record["name"] in names])
        self.servers[number].models.records[:] = [{**one, "key": f"there-{one['name']}"} for one in kept]
        await [*self.pool][number].refresh()

    async def recheck(self) -> list[tuple[str, bool]]:
        """Check everything, and return what admins were told."""
        self.fitness._wake.clear()  # pyright: ignore[reportPrivateUsage]
        await self.fitness.recheck()
        return self.mail.taken()

    async def marked(self) -> list[str]:
        return [*await self.fitness.broken(GUILD)]

    async def rows(self) -> list[tuple[Any, ...]]:
        found = await db.read(self.connection, "SELECT version, problems <> '', told_at <> '' FROM broken_workflows")
        return [tuple(row) for row in found]


Open = Callable[[int], "contextlib.AbstractAsyncContextManager[Place]"]


@pytest.fixture
def opened(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setattr("bot.fitness._CALM_SECONDS", 0.01)

    @contextlib.asynccontextmanager
    async def open_place(count: int) -> AsyncIterator[Place]:
        servers = [await serve() for _ in range(count)]
        settings = [BackendSettings(name="abc"[i], url=server.url) for i, server in enumerate(servers)]
        async with db.connect(":memory:") as connection, open_pool(settings, open_http) as pool:
            await until(lambda: all(backend.looks and backend.is_known for backend in pool))
            yield Place(servers, pool, connection)

    return open_place


# What is known


async def test_what_is_not_known_counts_as_fit(opened: Open) -> None:
    async with opened(1) as place:
        published = await place.publish("blur")
        for known in ((None, None), (published.workflow_id, 1), (99, 99)):
            assert place.fitness.fits(*known, "a")
            assert place.fitness.fits(*known, "nobody")
            assert place.fitness.problems(*known, "a") == ""
            place.fitness.require(*known)


async def test_with_one_backend_nothing_is_learned_before_a_run(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(1) as place:
        published = await place.publish("blur")
        await place.upgrade(without={"img_blur"})
        monkeypatch.setattr("bot.fitness.lacks", None)
        await place.fitness.learn(published.workflow_id, 1)
        assert place.fitness.fits(published.workflow_id, 1, "a")


@pytest.mark.parametrize(
    ("content", "edits", "lost", "models", "told"),
    [
        (BLUR, NO_EDITS, {"img_blur"}, (), "lacks the node `img_blur`"),
        (FIXED_MODEL, NO_EDITS, {"main_model_loader"}, (), "lacks the node `main_model_loader`"),
        (
            FIXED_MODEL,
            Edits(),
            set[str](),
            ("tiny-sdxl", "tiny-inpaint"),
            "Not installed on this InvokeAI: `tiny-sd15`",
        ),
        # What is found by its hash, under a key of its own.
        (FIXED_MODEL, NO_EDITS, set[str](), ("tiny-sd15",), ""),
        (ASKED_MODEL, HIDDEN_MODEL, set[str](), ("tiny-inpaint",), ""),
        (ASKED_MODEL, HIDDEN_MODEL, set[str](), ("tiny-sd15",), "`model`, the same for everyone: “tiny-inpaint” is no"),
        # Members may ask for another.
        (ASKED_MODEL, NO_EDITS, set[str](), ("tiny-inpaint",), ""),
        (ASKED_MODEL, NO_EDITS, set[str](), ("tiny-vae",), "Not installed on this InvokeAI: any sd-1/sd-2 main"),
    ],
)
async def test_a_backend_is_unfit_for_what_no_run_can_do_without(
    opened: Open, content: bytes, edits: Edits, lost: set[str], models: tuple[str, ...], told: str
) -> None:
    async with opened(2) as place:
        published = await place.publish("it", content, edits)
        if lost:
            await place.upgrade(1, without=lost)
        if models:
            await place.change_models(1, *models)
        assert place.fitness.fits(published.workflow_id, 1, "b")
        await place.fitness.learn(published.workflow_id, 1)
        assert told in place.fitness.problems(published.workflow_id, 1, "b")
        assert place.fitness.fits(published.workflow_id, 1, "b") is (told == "")
        assert place.fitness.fits(published.workflow_id, 1, "a")
        place.fitness.require(published.workflow_id, 1)


async def test_a_version_that_is_not_there_or_cannot_be_read_stays_unknown(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(2) as place:
        published = await place.publish("blur")
        await db.write(place.connection, "UPDATE versions SET document = '{'", ())
        for number in (1, 2):
            await place.fitness.learn(published.workflow_id, number)
            assert place.fitness.fits(published.workflow_id, number, "b")
        assert caplog.text.count("cannot be read") == 2


async def test_many_jobs_at_once_have_a_version_checked_once(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.fitness import lacks

    checked: list[object] = []

    def counted(*asked: Any) -> list[str]:
        checked.append(asked)
        return lacks(*asked)

    monkeypatch.setattr("bot.fitness.lacks", counted)
    async with opened(2) as place:
        published = await place.publish("blur")
        await asyncio.gather(*(place.fitness.learn(published.workflow_id, 1) for _ in range(20)))
        assert len(checked) == 2
        await place.change_models(1, "tiny-sd15")
        await place.fitness.learn(published.workflow_id, 1)
        assert len(checked) == 3


async def test_a_refused_run_counts_against_its_backend_for_a_while(opened: Open) -> None:
    async with opened(2) as place:
        published = await place.publish("blur")
        known = published.workflow_id, 1
        await place.fitness.learn(*known)
        place.fitness.unfit(*known, "b", "it lacks the node")
        assert not place.fitness.fits(*known, "b")
        place.fitness.require(*known)
        place.fitness.unfit(*known, "a", "")
        with pytest.raises(UserError, match="cannot run at the moment"):
            place.fitness.require(*known)
        place.now = 601
        assert place.fitness.fits(*known, "b")
        place.fitness.unfit(*known, "b", "again")
        # It was looked at again, and found to be another.
        await place.change_models(1, "tiny-sd15")
        assert place.fitness.fits(*known, "b")


async def test_who_waits_hears_that_a_backend_may_have_become_fit(opened: Open) -> None:
    async with opened(2) as place:
        heard: list[None] = []
        published = await place.publish("model", FIXED_MODEL)
        await place.change_models(1, "tiny-vae")
        await place.fitness.learn(published.workflow_id, 1)
        assert not place.fitness.fits(published.workflow_id, 1, "b")
        place.fitness.on_change(lambda: heard.append(None))
        await place.change_models(1, "tiny-sd15")
        assert heard
        assert place.fitness.fits(published.workflow_id, 1, "b")


# What broke


async def test_what_broke_is_told_once_and_once_more_when_it_can_run_again(opened: Open) -> None:
    async with opened(1) as place:
        blur, _ = await place.publish("blur"), await place.publish("model", FIXED_MODEL)
        assert (await place.recheck(), await place.rows()) == ([], [])
        await place.upgrade(without={"img_blur"})
        assert await place.recheck() == [("blur", False)]
        (told,) = place.mail.whole
        assert (told.workflow_id, told.version, told.guild_id, told.user_id) == (blur.workflow_id, 1, GUILD, ADMIN)
        assert "lacks the node `img_blur`" in told.problems
        assert await place.marked() == ["blur"]
        with pytest.raises(UserError, match="cannot run at the moment"):
            place.fitness.require(blur.workflow_id, 1)
        place.start()
        assert (await place.recheck(), await place.marked()) == ([], ["blur"])
        await place.upgrade(version="6.15.1", without={"img_blur"}, models=[])
        assert await place.recheck() == [("model", False)]
        await place.servers[0].restart()
        await place.upgrade(version="6.15.2", models=installed())
        # Upgrades add to one another: the node is still away.
        assert await place.recheck() == [("model", True)]
        assert (await place.marked(), await place.rows()) == (["blur"], [(1, 1, 1)])


async def test_what_breaks_again_is_told_again(opened: Open) -> None:
    async with opened(1) as place:
        published = await place.publish("model", FIXED_MODEL)
        for _ in range(2):
            await place.change_models(0, "tiny-vae")
            assert await place.recheck() == [("model", False)]
            await place.change_models(0, "tiny-sd15")
            assert await place.recheck() == [("model", True)]
            place.fitness.require(published.workflow_id, 1)
            assert (await place.rows(), await place.recheck()) == ([], [])


async def test_who_cannot_be_told_is_told_later(opened: Open) -> None:
    async with opened(1) as place:
        await place.publish("model", FIXED_MODEL)
        await place.change_models(0, "tiny-vae")
        place.mail.is_open = False
        assert (await place.recheck(), await place.rows()) == ([], [(1, 1, None)])
        place.start()
        place.mail.is_open = True
        assert await place.recheck() == [("model", False)]
        place.mail.is_open = False
        await place.change_models(0, "tiny-sd15")
        # Nothing is marked any more, but that it is over is still to be told.
        assert (await place.recheck(), await place.marked(), await place.rows()) == ([], [], [(1, 0, 1)])
        place.start()
        place.mail.is_open = True
        assert (await place.recheck(), await place.rows()) == ([("model", True)], [])


async def test_nobody_hears_of_what_was_over_before_they_could_be_told(opened: Open) -> None:
    async with opened(1) as place:
        await place.publish("model", FIXED_MODEL)
        place.mail.is_open = False
        for names, rows in ((("tiny-vae",), [(1, 1, None)]), (("tiny-sd15",), [])):
            await place.change_models(0, *names)
            await place.recheck()
            assert await place.rows() == rows
        # The other way round: told that it broke, and broken again before anybody heard that it was over.
        place.mail.is_open = True
        await place.change_models(0, "tiny-vae")
        assert await place.recheck() == [("model", False)]
        place.mail.is_open = False
        await place.change_models(0, "tiny-sd15")
        await place.recheck()
        await place.change_models(0, "tiny-vae")
        await place.recheck()
        place.mail.is_open = True
        assert (await place.recheck(), await place.rows()) == ([], [(1, 1, 1)])


async def test_what_one_backend_can_run_is_not_broken(opened: Open) -> None:
    async with opened(2) as place:
        published = await place.publish("model", FIXED_MODEL)
        await place.change_models(0, "tiny-vae")
        assert await place.recheck() == []
        # Away is not unfit: it comes back as it was, as far as is known.
        place.pool.get("b").set_aside("a test")
        await place.change_models(0, "tiny-inpaint")
        assert await place.recheck() == []
        place.fitness.require(published.workflow_id, 1)
        await place.pool.drain("b")
        with pytest.raises(UserError):
            place.fitness.require(published.workflow_id, 1)
        assert await place.recheck() == [("model", False)]
        await place.pool.give_back("b")
        assert await place.recheck() == [("model", True)]


async def test_a_backend_that_was_never_seen_may_be_the_one_that_can(serve: Serve) -> None:
    server = await serve()
    settings = [BackendSettings(name="a", url=server.url), BackendSettings(name="b", url="http://127.0.0.1:1")]
    async with db.connect(":memory:") as connection, open_pool(settings, open_http) as pool:
        await until(lambda: bool(pool.get("a").looks) and not pool.get("b").is_up)
        place = Place([server], pool, connection)
        published = await place.publish("model", FIXED_MODEL)
        await place.change_models(0, "tiny-vae")
        assert (await place.recheck(), await place.rows()) == ([], [])
        place.fitness.require(published.workflow_id, 1)
        assert not place.fitness.fits(published.workflow_id, 1, "a")


async def test_each_backends_problems_are_named_where_they_differ(opened: Open) -> None:
    async with opened(2) as place:
        await place.publish("model", FIXED_MODEL)
        await place.upgrade(0, without={"main_model_loader"})
        await place.change_models(1, "tiny-vae")
        assert await place.recheck() == [("model", False)]
        first, second = place.mail.whole[0].problems.split("\n")
        assert first.startswith("a: This InvokeAI lacks the node")
        assert second.startswith("b: Not installed on this InvokeAI: `tiny-sd15`")


@pytest.mark.parametrize("how", ["removed", "switched off", "changed"])
async def test_what_is_not_published_any_more_is_forgotten(opened: Open, how: str) -> None:
    async with opened(1) as place:
        published = await place.publish("model", FIXED_MODEL)
        await place.change_models(0, "tiny-inpaint")
        assert await place.recheck() == [("model", False)]
        if how == "removed":
            await place.catalog.remove(GUILD, "model")
        elif how == "switched off":
            await place.catalog.set_enabled(published.workflow_id, False)
        else:
            await place.publish("model", BLUR, replaces=published)
            assert await place.marked() == []
        await place.change_models(0, "tiny-sd15")
        assert (await place.recheck(), await place.rows()) == ([], [])


async def test_one_that_cannot_be_checked_keeps_no_other_from_it(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from bot.fitness import lacks

    def stumbling(recipe: Any, *more: Any) -> list[str]:
        if recipe.document.name == "odd":
            raise ZeroDivisionError
        return lacks(recipe, *more)

    monkeypatch.setattr("bot.fitness.lacks", stumbling)
    async with opened(1) as place:
        await place.publish("odd", json.dumps({**json.loads(FIXED_MODEL), "name": "odd"}).encode())
        unread = await place.publish("unread", FIXED_MODEL)
        await place.publish("model", FIXED_MODEL)
        query = "UPDATE versions SET document = '[]' WHERE workflow_id = ?"
        await db.write(place.connection, query, (unread.workflow_id,))
        await place.change_models(0, "tiny-vae")
        assert await place.recheck() == [("model", False)]
        assert "ZeroDivisionError" in caplog.text


async def test_a_change_in_the_middle_of_it_is_looked_at_before_anybody_is_told(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.fitness import lacks

    async with opened(1) as place:
        await place.publish("model", FIXED_MODEL)
        await place.publish("second", FIXED_MODEL)
        await place.change_models(0, "tiny-vae")
        loop, backend = asyncio.get_running_loop(), place.pool.first

        def changing(*asked: Any) -> list[str]:
            monkeypatch.setattr("bot.fitness.lacks", lacks)
            asyncio.run_coroutine_threadsafe(place.change_models(0, "tiny-sd15"), loop).result()
            return lacks(*asked)

        monkeypatch.setattr("bot.fitness.lacks", changing)
        looks = backend.looks
        assert await place.recheck() == []
        assert backend.looks == looks + 1
        assert (await place.recheck(), await place.rows()) == ([], [])


async def test_an_upgrade_is_noticed_and_told_by_itself(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.fitness")
    async with opened(1) as place, place.fitness.watching():
        for number in range(5):
            await place.publish(f"blur{number}")
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        await place.upgrade(without={"img_blur"})
        ticking = asyncio.create_task(others())
        await until(lambda: len(place.mail.news) == 5)
        ticking.cancel()
        assert turns > 5
        assert await place.marked() == [f"blur{number}" for number in range(5)]


async def test_what_was_switched_on_is_looked_at(opened: Open) -> None:
    async with opened(1) as place, place.fitness.watching():
        published = await place.publish("model", FIXED_MODEL)
        await place.catalog.set_enabled(published.workflow_id, False)
        await place.change_models(0, "tiny-vae")
        assert await place.recheck() == []
        await place.catalog.set_enabled(published.workflow_id, True)
        place.fitness.recheck_soon()
        await until(lambda: place.mail.news == [("model", False)])


async def test_a_failure_of_the_database_does_not_end_the_watch(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(1) as place, place.fitness.watching():
        await place.publish("model", FIXED_MODEL)
        await place.connection.execute("ALTER TABLE broken_workflows RENAME TO elsewhere")
        await place.change_models(0, "tiny-vae")
        await until(lambda: "could not be checked" in caplog.text)
        await place.connection.execute("ALTER TABLE elsewhere RENAME TO broken_workflows")
        place.fitness.tell_by(place.mail)
        await until(lambda: place.mail.news == [("model", False)])


async def test_news_wait_for_somebody_who_can_tell_them(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.fitness._TELL_AGAIN_SECONDS", 0.02)
    async with opened(1) as place, place.fitness.watching():
        place.fitness.tell_by(None)
        await place.publish("model", FIXED_MODEL)
        await place.change_models(0, "tiny-vae")
        await until(lambda: "cannot run any more" in caplog.text)
        assert await place.rows() == [(1, 1, None)]
        place.mail.is_open = False
        place.fitness.tell_by(place.mail)
        await asyncio.sleep(0.05)
        place.mail.is_open = True
        await until(lambda: place.mail.news == [("model", False)])
