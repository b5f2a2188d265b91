"""Discord is told of commands when they changed, and only then."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
from discord.http import HTTPClient
from pydantic import SecretStr

from bot.bot import Familiar
from bot.config import ConfigError, DatabaseSettings, Settings
from bot.drafts import Draft
from bot.engine import open_engine
from bot.jobs import new_id, now
from bot.playground.discord import LocalDiscord, LocalGuild, payloads
from bot.playground.discord.gateway import GUILDS
from bot.service import open_service
from cogs import _sync
from cogs._translate import keys
from tests.cogs.atelier import PATIENCE, PHOTO, Atelier, bundled, fixture, in_module_loop, names, text
from tests.cogs.test_history import ONE, TWO, say
from tests.workflows.test_texts import messages
from workflows.texts import ENGLISH, LANGUAGES, Voice

GLOBAL = "/applications/{application_id}/commands"


def global_puts(atelier: Atelier) -> int:
    return sum(r.method == "PUT" and r.route == GLOBAL for r in atelier.discord.requests)


async def remove(atelier: Atelier, name: str) -> None:
    question = await atelier.answer(await atelier.place.admin.slash(atelier.channel, "workflow remove", {"name": name}))
    await atelier.place.admin.press(question, "Remove")
    await atelier.shows(question, "is removed")


async def test_nothing_is_sent_at_a_restart(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    before = atelier.calls("PUT")
    assert global_puts(atelier) == 1
    await atelier.restart()
    await atelier.over(await atelier.run("fog-glass", {"photo": PHOTO}))
    await atelier.tidy()
    assert atelier.calls("PUT") == before


async def test_each_change_is_sent_once(atelier: Atelier) -> None:
    assert atelier.puts() == 0
    await atelier.publish(fixture("blur"))
    assert atelier.puts() == 1
    await atelier.publish(bundled("hue"))
    assert atelier.puts() == 2
    await remove(atelier, "hue")
    assert atelier.puts() == 3
    assert list(atelier.place.guild.commands) == ["fog-glass"]
    await remove(atelier, "fog-glass")
    assert not atelier.place.guild.commands
    assert global_puts(atelier) == 1


async def test_a_removal_that_discord_did_not_hear_of_is_told_at_the_next_start(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    question = await atelier.answer(
        await atelier.place.admin.slash(atelier.channel, "workflow remove", {"name": "fog-glass"})
    )
    atelier.discord.faults.fail_next("PUT /applications", 403)
    await atelier.place.admin.press(question, "Remove")
    await atelier.shows(question, "`/fog-glass` is removed, but Discord still lists it (403")
    assert "fog-glass" in atelier.place.guild.commands
    gone = await atelier.run("fog-glass", {"photo": PHOTO})
    assert text(gone) == "That command was just removed from this server."
    await atelier.restart()
    await atelier.discord.until(lambda: not atelier.place.guild.commands)
    atelier.refusals()


async def test_another_application_is_told_everything(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    await atelier.stop()
    await atelier.discord.stop()
    # At the same address: a test bot's token in place of the real one's.
    async with LocalDiscord(atelier.discord.port, rate_limits=False) as another:
        assert another.application_id != atelier.discord.application_id
        settings = atelier.settings.model_copy(update={"token": SecretStr(another.token)})
        async with open_service(settings):
            await another.online()
            await another.until(lambda: {"workflow", "jobs"} <= set(another.global_commands))
            await another.until(lambda: any(refusal.code == 50001 for refusal in another.refused))


async def test_a_token_that_discord_does_not_know_is_one_clear_line(atelier: Atelier) -> None:
    await atelier.stop()
    good, atelier.discord.token = atelier.discord.token, token_urlsafe(40)
    with pytest.raises(ConfigError, match="DISCORD_TOKEN: Discord does not know this token"):
        await atelier.start()
    atelier.discord.token = good
    assert {refusal.status for refusal in atelier.refusals()} == {401}


@pytest.mark.slow
async def test_a_server_that_takes_the_bot_back_gets_its_commands_again(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    guild = atelier.place.guild
    # For two seconds the library takes every server that appears for one that was there before.
    await asyncio.sleep(2.1)
    atelier.discord.remove_guild(guild)
    guild.commands.clear()
    world = atelier.discord.world
    world.guilds[guild.id] = guild
    world.channels[atelier.channel.id] = atelier.channel
    # Discord says "unavailable" only of servers that the bot was in before.
    joined = {key: value for key, value in payloads.guild_create(guild).items() if key != "unavailable"}
    world.send("GUILD_CREATE", joined, guild, GUILDS)
    await atelier.discord.until(lambda: "fog-glass" in guild.commands)
    await atelier.over(await atelier.run("fog-glass", {"photo": PHOTO}))
    # Discord dropped it, so it is new to it once more; that is written down when Discord has answered.
    assert creates_noted(atelier, guild) == 2


async def test_a_new_server_costs_no_call(atelier: Atelier) -> None:
    elsewhere = atelier.open_place("Elsewhere")
    await atelier.answer(await elsewhere.admin.slash(elsewhere.channel, "workflow list"))
    assert atelier.puts() == 0


async def kill_at_the_sync(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch, command: str, options: Mapping[str, object], *, before: bool
) -> None:
    """Use a command, and let the bot die as it tells Discord: before Discord hears of it, or before the bot hears."""
    dead = asyncio.Event()
    tell = HTTPClient.bulk_upsert_guild_commands

    async def last_words(http: HTTPClient, *what: Any, **payload: Any) -> Any:
        if not before:
            await tell(http, *what, **payload)
        dead.set()
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(HTTPClient, "bulk_upsert_guild_commands", last_words)
        await atelier.place.admin.slash(atelier.channel, f"workflow {command}", options)
        async with asyncio.timeout(PATIENCE):
            await dead.wait()
        await atelier.stop()
    await atelier.start()


@pytest.mark.parametrize("before", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["before", "after"])
@pytest.mark.parametrize(
    ("command", "options", "expected"),
    [
        ("enable", {"name": "off"}, {"off": ["width"], "on": ["width", "height"]}),
        ("disable", {"name": "on"}, {}),
        ("rollback", {"name": "on", "version": 1}, {"on": ["width"]}),
        ("copy", {"name": "on"}, {"on": ["width", "height"]}),
    ],
)
async def test_what_a_dying_bot_did_not_tell_is_told_at_the_next_start(
    command: str,
    options: dict[str, object],
    expected: dict[str, list[str]],
    before: bool,
    atelier: Atelier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = atelier.open_place("Elsewhere")
    elsewhere.guild.add_member("Ada", user=atelier.place.admin.user, manage_guild=True)
    await atelier.plant("off", ONE)
    await atelier.plant("on", ONE, TWO)
    await say(atelier, "enable", name="on")
    guild = elsewhere.guild if command == "copy" else atelier.place.guild
    if command == "copy":
        options = {**options, "server": str(guild.id)}
    await kill_at_the_sync(atelier, monkeypatch, command, options, before=before)
    await atelier.discord.until(lambda: {name: names(c) for name, c in guild.commands.items()} == expected, PATIENCE)
    for _ in range(200):
        if creates_noted(atelier, guild) >= len({"on", *expected}):
            break
        await asyncio.sleep(0.01)
    assert creates_noted(atelier, guild) == len({"on", *expected})


def creates_noted(atelier: Atelier, guild: LocalGuild) -> int:
    with contextlib.closing(sqlite3.connect(atelier.database)) as connection:
        query = "SELECT count(*) FROM command_creates WHERE guild_id = ?"
        return int(connection.execute(query, (guild.id,)).fetchone()[0])


class TestTheDay:
    """Discord takes 200 new commands a day on a server, and says so only when it is too late."""

    def spend(self, atelier: Atelier, count: int, *, hours: float = 1) -> None:
        """Note that so many commands were new to Discord, for both to remember."""
        guild = atelier.place.guild
        stamp = (now() - timedelta(hours=hours)).isoformat()
        with contextlib.closing(sqlite3.connect(atelier.database, isolation_level=None)) as connection:
            rows = [(guild.id, f"spent-{number}", stamp) for number in range(count)]
            connection.executemany("INSERT INTO command_creates VALUES (?, ?, ?)", rows)
        guild.creates += [atelier.discord.world.clock.now() - 3600 * hours] * count

    @in_module_loop
    async def test_a_new_command_over_the_limit_is_refused_before_discord_does(self, room: Atelier) -> None:
        await room.plant("card", ONE, TWO)
        self.spend(room, 150, hours=20)
        self.spend(room, 50, hours=2)
        said = await say(room, "enable", name="card")
        assert said.startswith("Discord allows a server 200 new commands a day, and 200 are used. It works again <t:")
        assert said.endswith(":R>; a workflow without a command of its own runs by `/run` meanwhile.")
        when = int(said.split("<t:")[1].split(":")[0])
        assert abs(when - (now() + timedelta(hours=4)).timestamp()) < 60
        assert "card" not in room.place.guild.commands
        # It stays off, and can be rolled back meanwhile.
        assert "is version 1 again" in await say(room, "rollback", name="card", version=1)
        assert not room.place.guild.commands
        assert await say(room, "enable", name="card") == said

    @in_module_loop
    async def test_what_discord_has_already_can_change_at_the_limit(self, room: Atelier) -> None:
        await room.plant("card", ONE, TWO)
        await say(room, "enable", name="card")
        self.spend(room, 198)
        assert "is version 1 again" in await say(room, "rollback", name="card", version=1)
        assert names(room.place.guild.commands["card"]) == ["width"]
        # The last one of the day; what is switched off and on is new to Discord again.
        await say(room, "disable", name="card")
        assert "is on again" in await say(room, "enable", name="card")
        await say(room, "disable", name="card")
        assert "200 are used" in await say(room, "enable", name="card")
        assert creates_noted(room, room.place.guild) == 200 == len(room.place.guild.creates)

    @in_module_loop
    async def test_a_limit_that_only_discord_knew_of(self, room: Atelier) -> None:
        await room.plant("card", ONE)
        room.place.guild.creates += [room.discord.world.clock.now()] * 200
        said = await say(room, "enable", name="card")
        assert said == "Discord allows a server 200 new commands a day. Nothing changed; please try tomorrow."
        assert [refusal.code for refusal in room.refusals()] == [30034]
        assert creates_noted(room, room.place.guild) == 0

    @in_module_loop
    async def test_the_limit_is_the_other_servers_where_it_is_copied_to(self, room: Atelier) -> None:
        elsewhere = room.open_place("Elsewhere")
        elsewhere.guild.add_member("Ada", user=room.place.admin.user, manage_guild=True)
        await room.plant("card", ONE)
        self.spend(room, 200)
        options = {"name": "card", "server": str(elsewhere.guild.id)}
        assert "is ready for everyone on **Elsewhere**" in await say(room, "copy", **options)


@pytest.mark.parametrize(
    ("commands", "spent", "note"),
    [
        (1, 0, ""),
        (79, 159, ""),
        (87, 0, "Discord's limits: this server has 87 of 100 commands"),
        (2, 190, "Discord's limits: this server has 190 of 200 new commands today"),
        (100, 160, "Discord's limits: this server has 100 of 100 commands, and 160 of 200 new commands today"),
    ],
)
async def test_how_near_the_limits_are(commands: int, spent: int, note: str, tmp_path: Path) -> None:
    settings = Settings(database=DatabaseSettings(path=tmp_path / "familiar.sqlite"))
    async with open_engine(settings) as engine:
        await engine.catalog._db.execute("PRAGMA synchronous = OFF")
        for number in range(commands + 1):
            draft = Draft(new_id(), 5, 1, f"w{number}", "W", "", b"{}", ())
            # One of them is no command, and those of another server count there.
            await engine.catalog.publish(draft.evolve(has_command=number > 0))
        await engine.sent.note_creates(5, [f"w{number}" for number in range(spent)])
        await engine.sent.note_creates(6, ["elsewhere"] * 200)
        assert await _sync.limits_note(Familiar(engine), 5) == note


# As long as it does not know their rate limit, the library itself sends the lists one after the other.
@pytest.mark.parametrize("atelier", [{"rate_limits": True}], indirect=True, ids=["with rate limits"])
async def test_of_two_changes_at_once_neither_is_lost(atelier: Atelier) -> None:
    """The first list is on its way for longer than the second: it must not arrive last."""
    for slug in ("one", "two", "three"):
        await atelier.plant(slug, ONE, TWO)
    await say(atelier, "enable", name="three")
    atelier.discord.faults.delay("PUT /applications", 0.2, times=1)
    admin = atelier.place.admin
    uses = [await admin.slash(atelier.channel, "workflow enable", {"name": "one"})]
    await atelier.discord.until(lambda: not atelier.discord.faults._slow)
    uses += [
        await admin.slash(atelier.channel, "workflow enable", {"name": "two"}),
        await admin.slash(atelier.channel, "workflow rollback", {"name": "three", "version": 1}),
    ]
    for use in uses:
        await atelier.answer(use)
    found = {name: names(command) for name, command in atelier.place.guild.commands.items()}
    assert found == {"one": ["width", "height"], "two": ["width", "height"], "three": ["width"]}


async def test_what_is_taken_back_takes_nothing_else_along(atelier: Atelier) -> None:
    """One change is refused while another one waits for its turn."""
    for slug in ("one", "two"):
        await atelier.plant(slug, ONE)
    atelier.discord.faults.delay("PUT /applications", 0.1, times=1)
    atelier.discord.faults.fail_next("PUT /applications", 400, body={"code": 50035, "message": "No."})
    admin = atelier.place.admin
    first = await admin.slash(atelier.channel, "workflow enable", {"name": "one"})
    await atelier.discord.until(lambda: not atelier.discord.faults._slow, PATIENCE)
    second = await admin.slash(atelier.channel, "workflow enable", {"name": "two"})
    assert "Discord did not take the command" in text(await atelier.answer(first))
    assert "is on again" in text(await atelier.answer(second))
    assert list(atelier.place.guild.commands) == ["two"]
    atelier.refusals()


async def test_the_bots_own_commands_have_their_words_in_every_language(atelier: Atelier) -> None:
    """What a command says stands in commands.ftl: a new option without words, or words that nobody says, are found."""
    told = atelier.discord.global_commands.values()
    ours = {key for key in messages(ENGLISH, "commands") if not key.startswith("commands-extra_")}
    assert {key for command in told for key in keys(command)} == ours
    jobs = atelier.discord.global_commands["jobs"]
    assert jobs["description"] == Voice("en")("commands-jobs")
    assert jobs["description_localizations"] == {"de": Voice("de")("commands-jobs")}
    assert "name_localizations" not in {key for key, value in jobs.items() if value}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_description_is_longer_than_discord_takes(language: str) -> None:
    long = {key for key in messages(language, "commands") if len(Voice(language)(key)) > 100}
    assert not long
