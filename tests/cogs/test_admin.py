"""/admin: what goes on here and nowhere else, backends for whoever runs the bot, and what a role's members may have."""

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from typing import cast

import pytest

from bot.backend import Backend
from bot.config import BackendSettings, Limits
from bot.playground.discord import ClientRefusal, LocalMember, Message
from bot.playground.discord.state import User
from bot.roles import RoleCap
from cogs._limits import limits_embed
from cogs._status import state_of
from cogs.admin import Admin
from cogs.workflows import Workflows
from tests.cogs.atelier import Atelier, blank, in_module_loop, job_id, option, text, workflow
from workflows.client import InvokeClient
from workflows.events import EventStream
from workflows.texts import Voice

STAMP = r"<t:\d+:R>"
_ISOLATES = dict.fromkeys(map(ord, "\u200e\u2068\u2069"))


@contextlib.contextmanager
def rows(room: Atelier) -> Iterator[sqlite3.Connection]:
    """Write into the database from beside the bot."""
    with contextlib.closing(sqlite3.connect(room.database, timeout=5, isolation_level=None)) as connection:
        yield connection


@contextlib.asynccontextmanager
async def held(room: Atelier, count: int, who: LocalMember | None = None) -> AsyncIterator[list[Message]]:
    """Have so many jobs under way in the block; two of them run, and get no further."""
    await room.publish(workflow(blank(), name="Blank [x](y)"), name="blank")
    await room.invoke.pause()
    cards = [await room.run("blank", who=who) for _ in range(count)]
    for card in cards[:2]:
        await room.shows(card, "🎨")
    yield cards
    await room.invoke.resume()
    for card in cards:
        await room.over(card)


def plain(said: str) -> str:
    """A text without what keeps names of another direction of writing in their place."""
    return said.translate(_ISOLATES)


async def part(room: Atelier, title: str) -> list[str]:
    """The lines of one part of /admin status."""
    shown = await room.ask(room.place.admin, "admin status")
    return plain(shown).partition(f"**{title}**\n")[2].partition("\n**")[0].splitlines()


# Who may


@in_module_loop
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("status", {}),
        ("backend", {"name": "main", "action": "drain"}),
        ("limits", {"clear": True}),
        ("pause", {}),
        ("resume", {}),
        ("unblock", {"member": "5"}),
        ("blocked", {}),
        ("cancel", {"everything": True}),
        ("usage", {}),
        ("audit", {}),
        ("settings", {"previews": False}),
    ],
)
async def test_members_are_kept_out(command: str, options: dict[str, object], room: Atelier) -> None:
    place = room.place
    with pytest.raises(ClientRefusal, match="needs permissions"):
        await place.member.slash(room.channel, f"admin {command}", options)
    # The Integrations page may show them the commands; that is not to manage the server.
    place.guild.override_command("admin", place.member, allowed=True)
    refused = await room.answer(await place.member.slash(room.channel, f"admin {command}", options))
    assert refused.ephemeral
    assert text(refused) == "You need the permission **Manage Server** for that."
    assert (await part(room, "Backends"))[0].startswith("🟢")


@in_module_loop
async def test_nothing_is_suggested_to_members(room: Atelier) -> None:
    place, member = room.place, room.place.member
    await room.ask(place.admin, "admin block", {"member": place.other})
    for group in ("admin", "workflow"):
        place.guild.override_command(group, member, allowed=True)
    async with held(room, 2):
        for command, name in (
            ("admin backend", "name"),
            ("admin cancel", "job"),
            ("admin unblock", "member"),
            ("workflow edit", "name"),
            ("workflow policy", "name"),
            ("workflow disable", "name"),
        ):
            assert await place.admin.autocomplete(room.channel, command, name), command
            assert await member.autocomplete(room.channel, command, name) == [], command
        versions = "workflow rollback", "version", "", {"name": "blank"}
        assert await place.admin.autocomplete(room.channel, *versions)
        assert await member.autocomplete(room.channel, *versions) == []


@pytest.mark.parametrize("cog", [Admin, Workflows])
def test_it_is_for_servers_that_have_the_bot(cog: type[Admin | Workflows]) -> None:
    """What is left unsaid goes by how the application can be installed, which for other commands is by people too."""
    group = cog.__new__(cog).__cog_app_commands_group__
    installs = group and group.allowed_installs
    assert installs and (installs.guild, installs.user) == (True, False)


@in_module_loop
@pytest.mark.parametrize("action", ["drain", "give back"])
async def test_backends_are_not_a_servers_own(action: str, room: Atelier) -> None:
    told = await room.ask(room.place.admin, "admin backend", {"name": "main", "action": action})
    assert told == "All servers share the backends, so only whoever runs this bot can do that. Please ask them."
    assert (await part(room, "Backends"))[0].startswith("🟢")


# Status


@in_module_loop
async def test_where_nothing_goes_on_it_says_so(room: Atelier) -> None:
    answer = await room.answer(await room.place.admin.slash(room.channel, "admin status"))
    assert answer.ephemeral
    assert re.fullmatch(
        r"Status\n\*\*Backends\*\*\n🟢 \*\*main\*\* · [\d.]+ · 0 of 2 running, 0 waiting\n"
        r"\*\*Line\*\*\nNobody waits\.\n\*\*Under way on this server\*\*\nNothing at the moment\.\n"
        r"\*\*Still to be deleted\*\*\nNothing\.",
        text(answer),
    )


@in_module_loop
async def test_what_is_under_way_here_is_shown_and_of_others_only_counts(room: Atelier) -> None:
    elsewhere = room.open_place("Elsewhere")
    other = Atelier.__new__(Atelier)
    other.__dict__ |= {**room.__dict__, "place": elsewhere}
    async with held(room, 3) as cards:
        await other.publish(workflow(blank(), name="Secret"))
        theirs = await other.run("secret")
        lines = await part(room, "Under way on this server")
        who = f"<@{room.place.member.user.id}>"
        for line, card, sign in zip(lines, cards, "🎨🎨⏳", strict=True):
            ours = rf"{sign} `{job_id(card)}` Blank \\\[x\\\]\(y\) · {who} · {STAMP}"
            assert re.fullmatch(ours, line), line
        assert await part(room, "Line") == ["2 jobs wait; from this server: 1"]
        assert (await part(room, "Backends"))[0].endswith("2 of 2 running, 2 waiting")
        assert re.fullmatch(r"\*\*main\*\* · \d+ things?", (await part(room, "Still to be deleted"))[0])
        assert job_id(theirs) in "\n".join(await part(other, "Under way on this server"))
        for shown in (await room.ask(room.place.admin, "admin status"),):
            assert job_id(theirs) not in shown
            assert "Secret" not in shown
    await room.over(theirs)


@in_module_loop
async def test_what_gone_backends_hold_is_shown_and_so_is_that_there_is_more(room: Atelier) -> None:
    with rows(room) as connection:
        columns = "state, title, given, attachments, item_ids, results, attempt, guild_id, user_id, created_at, backend"
        for number in range(14):
            values = (
                "ready",
                "*" * 200,
                "{}",
                "[]",
                "[]",
                "[]",
                1,
                room.place.guild.id,
                5,
                "2026-01-01T00:00:00+00:00",
            )
            row = (f"planted{number:03}", *values, "attic")
            connection.execute(f"INSERT INTO jobs (id, {columns}) VALUES ({', '.join('?' * 12)})", row)
        connection.execute(
            "INSERT INTO assets (job_id, backend, kind, ref, noted_at) "
            "VALUES ('planted000', 'attic', 'upload', 'x', '')"
        )
        try:
            lines = await part(room, "Under way on this server")
            assert len(lines) == 11
            assert lines[-1] == "-# and 4 more jobs"
            left = await part(room, "Still to be deleted")
            assert left[0] == "**attic** · 1 thing · not in the settings any more"
        finally:
            connection.execute("DELETE FROM assets WHERE job_id LIKE 'planted%'")
            connection.execute("DELETE FROM jobs WHERE id LIKE 'planted%'")


def test_a_backend_says_all_that_keeps_it_from_taking_jobs() -> None:
    settings = BackendSettings(name="attic")
    backend = Backend(settings, cast(InvokeClient, None), cast(EventStream, None))
    assert state_of(backend, Voice()) == ("🟢", "")
    backend.is_paused = True
    assert state_of(backend, Voice()) == ("⏸️", "its queue is paused")
    backend.set_aside("it is away")
    assert state_of(backend, Voice()) == ("🔴", "set aside, does not answer, its queue is paused")
    backend.is_paused, backend.is_drained = False, True
    assert state_of(backend, Voice()) == ("🚧", "draining, gets nothing new, set aside, does not answer")
    backend.set_up()
    backend.is_leaving = True
    assert state_of(backend, Voice()) == ("🚪", "not in the settings any more, draining, gets nothing new")


@in_module_loop
async def test_the_last_errors_are_shown_as_typed(room: Atelier) -> None:
    with rows(room) as connection:
        columns = "id, state, title, given, attachments, item_ids, results, attempt, guild_id, user_id, created_at"
        for number, (outcome, problem) in enumerate(
            [("failed", "**size**: is [too](http://x) @everyone large"), ("lost", None), ("failed", "x " * 900)]
        ):
            at = f"2026-01-0{number + 1}T00:00:00+00:00"
            values = (f"broken{number}", "closed", "Blur *it*", "{}", "[]", "[]", "[]", 1, room.place.guild.id, 5, at)
            query = f"INSERT INTO jobs ({columns}, outcome, problem, finished_at) VALUES ({', '.join('?' * 14)})"
            connection.execute(query, (*values, outcome, problem, at))
        try:
            lines = await part(room, "Last errors")
        finally:
            connection.execute("DELETE FROM jobs WHERE id LIKE 'broken%'")
    assert re.fullmatch(rf"❌ `broken2` Blur \\\*it\\\* · {STAMP}", lines[0])
    assert len(lines) == 6 and len(lines[1]) < 130
    assert lines[3] == "-# no more is known"
    assert lines[5].startswith("-# size: is \\[too\\](http://x")
    assert "@everyone" not in lines[5]


@in_module_loop
async def test_what_a_private_run_failed_of_is_not_told(room: Atelier) -> None:
    with rows(room) as connection:
        columns = "id, state, title, given, attachments, item_ids, results, attempt, guild_id, user_id, created_at"
        values = (
            "hushed",
            "closed",
            "Blur",
            "{}",
            "[]",
            "[]",
            "[]",
            1,
            room.place.guild.id,
            5,
            "2026-01-01T00:00:00+00:00",
        )
        query = f"INSERT INTO jobs ({columns}, outcome, problem, is_private) VALUES ({', '.join('?' * 14)})"
        connection.execute(query, (*values, "failed", "nothing is found for my secret", 1))
        try:
            lines = await part(room, "Last errors")
        finally:
            connection.execute("DELETE FROM jobs WHERE id = 'hushed'")
    assert lines[1] == "-# a private run: what went wrong was told to its member alone"


@in_module_loop
async def test_a_full_status_fits_an_embed(room: Atelier) -> None:
    """Discord refuses what is too long, and the local one too."""
    long = "~*_`" * 50
    with rows(room) as connection:
        columns = "id, state, title, given, attachments, item_ids, results, attempt, guild_id, user_id, created_at"
        for number in range(30):
            at, outcome = "2026-01-01T00:00:00+00:00", "failed" if number % 2 else None
            values = (f"full{number}", "closed", long, "{}", "[]", "[]", "[]", 1, room.place.guild.id, 10**18, at)
            query = f"INSERT INTO jobs ({columns}, outcome, problem, backend) VALUES ({', '.join('?' * 14)})"
            connection.execute(query, (*values, outcome, long * 3, f"attic {long} {number}"))
        try:
            await room.ask(room.place.admin, "admin pause", {"reason": long})
            shown = await room.ask(room.place.admin, "admin status")
            await room.ask(room.place.admin, "admin resume")
        finally:
            connection.execute("DELETE FROM jobs WHERE id LIKE 'full%'")
    assert shown.startswith("Status\n⏸️ Paused by")
    assert "**Last errors**" in shown


@in_module_loop
async def test_the_answers_are_in_the_language_of_who_asks(room: Atelier) -> None:
    admin = room.place.guild.add_member("Dora", manage_guild=True, locale="de")
    assert "Auf diesem Server im Gang" in await room.ask(admin, "admin status")
    assert (await room.ask(admin, "admin limits")).startswith("Grenzen\nAlle: so oft an der Reihe wie üblich")


# Backends


@pytest.fixture
def operator(room: Atelier) -> LocalMember:
    """The owner of the application, who manages this server too."""
    return room.place.guild.add_member("Developer", manage_guild=True, user=User(1, "Developer"))


@in_module_loop
async def test_a_backend_is_drained_and_given_back(room: Atelier, operator: LocalMember) -> None:
    async with held(room, 3) as cards:
        drained = await room.ask(operator, "admin backend", {"name": "main", "action": "drain"})
        assert drained == (
            "🚧 **main**: draining, gets nothing new.\nIt ends what it has: 2 jobs.\n"
            "No backend takes jobs at the moment: what is asked for waits until one does."
        )
        assert (await part(room, "Backends"))[0].startswith("🚧 **main** · draining, gets nothing new")
        await room.invoke.resume()
        for card in cards[:2]:
            await room.over(card)
        assert (await part(room, "Line")) == ["1 job waits; from this server: 1"]
        again = await room.ask(operator, "admin backend", {"name": "main", "action": "drain"})
        assert "Nothing runs there." in again
        given = await room.ask(operator, "admin backend", {"name": "main", "action": "give back"})
        assert given == "🟢 **main**: takes jobs."


@in_module_loop
async def test_an_unknown_backend_is_told_of(room: Atelier, operator: LocalMember) -> None:
    use = await operator.slash(room.channel, "admin backend", {"name": "attic", "action": "drain"})
    answer = await room.answer(use)
    # Before anything that may take longer than Discord waits.
    assert use.deferred
    assert answer.ephemeral
    assert text(answer) == "There is no backend **attic**. There are: main."


@in_module_loop
async def test_backends_are_suggested(room: Atelier) -> None:
    async def suggested(typed: str) -> list[str]:
        admin = room.place.admin
        return [one["value"] for one in await admin.autocomplete(room.channel, "admin backend", "name", typed)]

    assert await suggested("") == await suggested(" MA") == ["main"]
    assert await suggested("x") == []


# Limits


@in_module_loop
async def test_the_limits_of_a_role_are_set_shown_and_cleared(room: Atelier) -> None:
    admin = room.place.admin
    role = room.place.guild.add_role("Patrons")
    everyone = "Everyone: ordinary turns · any number running at a time · 5 under way at a time · any time of InvokeAI"

    async def lines(**options: object) -> list[str]:
        return (await room.ask(admin, "admin limits", options)).splitlines()[1:-1]

    assert await lines() == [everyone]
    plain = everyone.replace("Everyone", f"<@&{role.id}>")
    assert await lines(role=role) == [plain]
    heavy = plain.replace("ordinary turns", "**2.5 turns where others have one**")
    assert await lines(role=role, weight=2.5) == await lines(role=role) == [heavy]
    full = (
        f"<@&{role.id}>: **2.5 turns where others have one** · **3 running at a time** · **10 under way at a time** · "
        "**90.5 min of InvokeAI in 24 hours**"
    )
    assert await lines(role=role, running=3, waiting=10, daily_minutes=90.5) == [full]
    assert await lines() == [everyone, full]
    # Clearing and setting in one is to set anew.
    assert await lines(role=role, clear=True, weight=2.5) == [heavy]
    assert await lines(role=role, clear=True) == await lines(role=role, clear=True) == [plain]
    assert await lines() == [everyone]


@in_module_loop
async def test_limits_without_a_role_are_refused(room: Atelier) -> None:
    told = await room.ask(room.place.admin, "admin limits", {"waiting": 3})
    assert told == "Please say for which **role** that is to be; `@everyone` is one, too."


@in_module_loop
async def test_limits_have_bounds(room: Atelier) -> None:
    found = next(o for o in room.discord.global_commands["admin"]["options"] if o["name"] == "limits")
    bounds = {
        name: (option(found, name)["min_value"], option(found, name)["max_value"])
        for name in ("weight", "running", "waiting", "daily_minutes")
    }
    assert bounds == {"weight": (0.25, 4), "running": (1, 25), "waiting": (1, 25), "daily_minutes": (1, 10080)}


@in_module_loop
async def test_a_deleted_role_shows_as_such_until_it_is_cleared(room: Atelier) -> None:
    admin, guild = room.place.admin, room.place.guild
    role = guild.add_role("Patrons")
    await room.ask(admin, "admin limits", {"role": role, "weight": 2})
    with rows(room) as connection:
        connection.execute("INSERT INTO role_caps (guild_id, role_id, waiting) VALUES (?, 4711, 2)", (guild.id,))
    shown = await room.ask(admin, "admin limits")
    assert "\nA deleted role (`4711`): ordinary turns" in shown
    cleared = await room.ask(admin, "admin limits", {"clear": True})
    assert "deleted" not in cleared
    assert f"<@&{role.id}>: **2 turns" in cleared


@in_module_loop
async def test_limits_hold_for_who_has_the_role(room: Atelier) -> None:
    guild, place = room.place.guild, room.place
    patrons = guild.add_role("Patrons")
    place.other.roles.append(patrons)
    await room.ask(place.admin, "admin limits", {"role": guild.everyone, "waiting": 1})
    await room.ask(place.admin, "admin limits", {"role": patrons, "waiting": 2, "weight": 3, "running": 1})
    async with held(room, 1) as cards:
        refused = await room.run("blank")
        assert refused.ephemeral
        assert text(refused).startswith("You have one job under way, which is as many as you may have.")
        cards += [await room.run("blank", who=place.other) for _ in range(2)]
        with rows(room) as connection:
            found = connection.execute(
                "SELECT weight, running_cap FROM jobs WHERE guild_id = ? AND outcome IS NULL ORDER BY rowid",
                (guild.id,),
            ).fetchall()
        assert found == [(1, None), (3, 1), (3, 1)]
        assert text(await room.run("blank", who=place.other)).startswith("You have 2 jobs under way")


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        ([], "1: ordinary turns · 2 running at a time · 5 under way at a time · 30 min of InvokeAI in 24 hours"),
        # What a role has of its own is told from what everyone has.
        (
            [RoleCap(1, waiting=9), RoleCap(2, weight=0.5)],
            "1: ordinary turns · 2 running at a time · **9 under way at a time** · 30 min of InvokeAI in 24 hours\n"
            "2: **0.5 turns where others have one** · 2 running at a time · 9 under way at a time · "
            "30 min of InvokeAI in 24 hours",
        ),
        (
            [RoleCap(1, waiting=9), RoleCap(2, waiting=3, running=1)],
            "1: ordinary turns · 2 running at a time · **9 under way at a time** · 30 min of InvokeAI in 24 hours\n"
            "2: ordinary turns · **1 running at a time** · 9 under way at a time · 30 min of InvokeAI in 24 hours\n"
            "-# What is less than everyone has does not count.",
        ),
    ],
)
def test_limits_in_words(caps: list[RoleCap], expected: str) -> None:
    limits = Limits(running_per_user=2, daily_minutes_per_user=30)
    assert limits_embed(Voice(), limits, 1, caps, str).description == expected


def test_many_roles_are_shown_in_whole_lines() -> None:
    caps = [RoleCap(number, 2, 2, 2, 60) for number in range(2, 200)]
    embed = limits_embed(Voice(), Limits(), 1, caps, lambda role_id: f"<@&{10**18 + role_id}>")
    lines = (embed.description or "").splitlines()
    assert len(embed) <= 4096
    assert lines[-1] == f"-# and {199 - (len(lines) - 1)} more lines"
