"""What a workflow's policy says holds at each entrance, whatever Discord and older messages offer."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import aiosqlite
import discord
import pytest

from bot.moderation import Moderation
from bot.playground.discord import LocalChannel, LocalGuild, LocalMember, Message, Use
from bot.policies import Policies
from bot.policy import Bound, Named, Policy, Standing
from cogs._policy import standing_of
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    custom_id,
    in_module_loop,
    node,
    text,
    workflow,
)

# Everything that somebody can come in by


@dataclass
class Stage:
    """A workflow on its server, and everything by which a member can run it, opened before any policy said no."""

    room: Atelier
    workflow_id: int
    card: Message
    form: Message
    picker: Message
    edit: Use
    variations: Use
    channel: LocalChannel
    who: LocalMember

    def __post_init__(self) -> None:
        self.guild: LocalGuild = self.room.place.guild

    async def answer(self, use: Use) -> Message:
        return await self.room.answer(use)

    async def press(self, label: str) -> Message:
        return await self.answer(await self.room.press_raw(self.who, self.card, custom_id(self.card, label)))


def stage_workflow() -> dict[str, Any]:
    """A workflow that takes a picture if one is there, a text, a number, and a seed."""
    return workflow(
        node("t", "string", Field("value", "a harbour", "Prompt")),
        node("n", "integer", Field("value", 5, "Steps")),
        node("grain", "noise", Field("seed", 3)),
        node("hue", "img_hue_adjust", Field("image")),
        name="Stage",
    )


GIVEN = {"image": PHOTO, "prompt": "a bad harbour", "steps": 9}


@contextlib.asynccontextmanager
async def beside(room: Atelier) -> AsyncIterator[aiosqlite.Connection]:
    """Reach into the database from beside the bot, by a connection of one's own."""
    async with aiosqlite.connect(room.database, isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        await connection.execute("PRAGMA busy_timeout = 5000")
        yield connection


async def stage(room: Atelier) -> Stage:
    await room.publish(stage_workflow())
    who, channel = room.place.member, room.channel
    card = await room.over(await room.run("stage", GIVEN))
    edit, variations = await who.press(card, "Edit"), await who.press(card, "Variations")
    for use in (edit, variations):
        await use.answered()
    picker = await room.answer(await who.press(card, "Use as input"))
    form = await room.answer(await who.select(picker, "Workflow", ["stage"]))
    async with room.catalog() as catalog:
        published = await catalog.find(room.place.guild.id, "stage")
    assert published
    return Stage(room, published.workflow_id, card, form, picker, edit, variations, channel, who)


async def by_command(at: Stage) -> Message:
    return await at.answer(await at.who.slash(at.channel, "stage", GIVEN))


async def by_opening_the_form(at: Stage) -> Message:
    return await at.answer(await at.room.slash_raw(at.who, "run", {"workflow": "stage"}))


async def by_running_the_form(at: Stage) -> Message:
    return await at.answer(await at.room.press_raw(at.who, at.form, custom_id(at.form, "Run")))


async def by_again(at: Stage) -> Message:
    return await at.press("Again")


async def by_edit(at: Stage) -> Message | None:
    use = await at.who.press(at.card, "Edit")
    await use.answered()
    return None if use.modal else await at.answer(use)


async def by_sending_what_was_edited(at: Stage) -> Message:
    return await at.answer(await at.who.submit(at.edit))


async def by_variations(at: Stage) -> Message | None:
    use = await at.who.press(at.card, "Variations")
    await use.answered()
    return None if use.modal else await at.answer(use)


async def by_sending_how_many(at: Stage) -> Message:
    return await at.answer(await at.who.submit(at.variations, {"count": ["2"]}))


async def by_using_as_input(at: Stage) -> Message:
    return await at.press("Use as input")


async def by_picking_the_workflow(at: Stage) -> Message:
    return await at.answer(await at.who.select(at.picker, "Workflow", ["stage"]))


async def by_the_menu_of_a_message(at: Stage) -> Message:
    return await at.answer(await at.who.context(at.channel, "Run on this image", at.card))


async def by_the_menu_of_a_member(at: Stage) -> Message:
    return await at.answer(await at.who.context(at.channel, "Run on avatar", at.room.place.other))


Entrance = Callable[[Stage], Awaitable[Message | None]]
#: Entrances that end in a job, and those that only lead to one.
RUNNING: tuple[Entrance, ...] = (
    by_command,
    by_running_the_form,
    by_again,
    by_sending_what_was_edited,
    by_sending_how_many,
)
OPENING: tuple[Entrance, ...] = (by_opening_the_form, by_edit, by_variations, by_picking_the_workflow)
#: Entrances that list what may be run, and so say nothing of what may not.
LISTING: tuple[Entrance, ...] = (by_using_as_input, by_the_menu_of_a_message, by_the_menu_of_a_member)
NOTHING = "No workflow of this server takes a picture, or none that you may run here."


# Who and where


NOT_YOU = "This server keeps that workflow for some of its members. An admin can let you use it too."
NOT_HERE = "That workflow is not meant for this channel. Please try it in another one."
AGE = "That workflow runs in age-restricted channels only. Please use it in one."
ROLE_ID, CHANNEL_ID, USER_ID = 7, 8, 9


def rules(at: Stage) -> dict[str, tuple[Policy, str]]:
    """Policies that keep the member out here, by what they say, each with what they are told."""
    mine, here, everyone = at.who.user.id, at.channel.id, at.guild.id
    return {
        "another role is allowed": (Policy(roles=Named(allowed=(ROLE_ID,))), NOT_YOU),
        "everyone is denied": (Policy(roles=Named(denied=(everyone,))), NOT_YOU),
        "another member is allowed": (Policy(members=Named(allowed=(USER_ID,))), NOT_YOU),
        "the member is denied": (Policy(members=Named(denied=(mine,))), NOT_YOU),
        "another channel is allowed": (Policy(channels=Named(allowed=(CHANNEL_ID,))), NOT_HERE),
        "the channel is denied": (Policy(channels=Named(denied=(here,))), NOT_HERE),
        "age-restricted channels only": (Policy(age_restricted_only=True), AGE),
    }


@in_module_loop
@pytest.mark.parametrize("entrance", [*RUNNING, *OPENING, *LISTING], ids=lambda entrance: entrance.__name__)
async def test_who_and_where_at_each_entrance(entrance: Entrance, room: Atelier) -> None:
    at = await stage(room)
    jobs = await count_jobs(room)
    async with beside(room) as connection:
        policies, moderation = Policies(connection), Moderation(connection)
        for what, (policy, told) in rules(at).items():
            await policies.save(at.workflow_id, policy)
            said = await entrance(at)
            assert said and said.ephemeral, what
            assert text(said) == (NOTHING if entrance in LISTING else told), what
        await policies.save(at.workflow_id, Policy())
        await moderation.block(at.guild.id, at.who.user.id, at.room.place.admin.user.id, "too much")
        said = await entrance(at)
        assert said and (text(said) == NOTHING or "too much" in text(said))
        assert await count_jobs(room) == jobs
        # And what keeps nobody out lets them in, by the very same way.
        await moderation.unblock(at.guild.id, at.who.user.id)
        allowed = Named(allowed=(at.who.user.id,))
        await policies.save(at.workflow_id, Policy(members=allowed, channels=Named(allowed=(at.channel.id,))))
    said = await entrance(at)
    assert said is None or NOTHING not in text(said)
    await room.tidy()
    assert (await count_jobs(room) > jobs) is (entrance in RUNNING)


async def count_jobs(room: Atelier) -> int:
    async with (
        beside(room) as connection,
        connection.execute("SELECT count(*) FROM jobs WHERE guild_id = ?", (room.place.guild.id,)) as cursor,
    ):
        row = await cursor.fetchone()
    assert row
    return int(row[0])


# With what, and how it is shown


@in_module_loop
@pytest.mark.parametrize("entrance", RUNNING, ids=lambda entrance: entrance.__name__)
async def test_values_at_each_entrance(entrance: Entrance, room: Atelier) -> None:
    at = await stage(room)
    jobs = await count_jobs(room)
    # The form was opened with the picture alone: all else in it is as the workflow has it.
    steps, prompt = (5, "a harbour") if entrance is by_running_the_form else (9, "a bad harbour")
    bound = Bound(role_id=at.guild.id, place=("n", "value"), name="steps", maximum=steps - 1)
    async with beside(room) as connection:
        policies = Policies(connection)
        await policies.save(at.workflow_id, Policy(bounds=(bound,)))
        said = await entrance(at)
        assert said and said.ephemeral
        assert refused(said) == f"**steps**: may be at most {steps - 1} for you on this server."
        artists = at.guild.add_role("Artists")
        at.who.roles.append(artists)
        generous = bound.model_copy(update={"role_id": artists.id, "maximum": steps})
        await policies.save(at.workflow_id, Policy(bounds=(bound, generous), private_only=True, spoiler=True))
        await policies.add_words(at.guild.id, "bad", 1, is_pattern=False)
        if "bad" in prompt:
            said = await entrance(at)
            assert said and refused(said) == (
                "**prompt**: that holds something that this server does not allow. Please say it in other words."
            )
            (rule,) = await policies.words(at.guild.id)
            await policies.drop_words(at.guild.id, rule.id)
    assert await count_jobs(room) == jobs
    said = await entrance(at)
    assert said and said.ephemeral
    card = await room.over(said)
    assert all(file.filename.startswith("SPOILER_") for file in card.attachments), text(card)
    await room.tidy()


def refused(said: Message) -> str:
    """What is told of a value: by itself, or in the form that has it still."""
    fields = [field["value"] for embed in said.embeds for field in embed.get("fields", ())]
    return fields[-1] if fields else text(said)


@in_module_loop
async def test_a_cap_of_its_own_holds_at_the_command(room: Atelier) -> None:
    at = await stage(room)
    async with beside(room) as connection:
        await Policies(connection).save(at.workflow_id, Policy.model_validate({"caps": {"daily": 2}}))
    await room.over(await by_command(at))
    assert "You have run this workflow 2 times in the last 24 hours" in text(await by_again(at))
    await room.over(await at.answer(await room.place.other.slash(at.channel, "stage", GIVEN)))


# What is offered


@in_module_loop
async def test_only_what_may_be_run_is_suggested(room: Atelier) -> None:
    at = await stage(room)
    await room.publish(workflow(blank(), name="Blank"))

    async def suggested(who: LocalMember) -> list[str]:
        return [choice["value"] for choice in await who.autocomplete(at.channel, "run", "workflow")]

    async with beside(room) as connection:
        policies, moderation = Policies(connection), Moderation(connection)
        for what, (policy, _) in rules(at).items():
            await policies.save(at.workflow_id, policy)
            assert await suggested(at.who) == ["blank"], what
        assert await suggested(room.place.admin) == ["blank"], "age-restricted channels only: for admins too"
        await policies.save(at.workflow_id, Policy(roles=Named(denied=(at.guild.id,))))
        assert await suggested(room.place.admin) == ["blank", "stage"]
        await moderation.block(at.guild.id, at.who.user.id, 1)
        assert await suggested(at.who) == []


@in_module_loop
async def test_it_runs_in_an_age_restricted_channel(room: Atelier) -> None:
    at = await stage(room)
    async with beside(room) as connection:
        await Policies(connection).save(at.workflow_id, Policy(age_restricted_only=True))
    at = replace(at, channel=at.guild.add_channel("late", nsfw=True))
    assert "Stage" in text(await room.over(await by_command(at)))


@in_module_loop
async def test_who_manages_the_server_is_told_which_rule_it_was(
    room: Atelier, caplog: pytest.LogCaptureFixture
) -> None:
    at = await stage(room)
    async with beside(room) as connection:
        await Policies(connection).add_words(at.guild.id, "b[ae]d", 1, is_pattern=True)
    admin = await at.answer(await room.place.admin.slash(at.channel, "stage", GIVEN))
    assert text(admin).endswith("the rule `b[ae]d` of `/workflow words`.")
    assert "b[ae]d" not in text(await by_command(at))
    assert sum("breaks the word rule" in line and "b[ae]d" in line for line in caplog.messages) == 2


@in_module_loop
async def test_a_text_that_cannot_be_checked_is_refused(
    room: Atelier, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = await stage(room)
    async with beside(room) as connection:
        await Policies(connection).add_words(at.guild.id, "(a+)+$", 1, is_pattern=True)
    monkeypatch.setattr("bot.word_rules._CHECK_SECONDS", 0.05)
    given = GIVEN | {"prompt": "a" * 5000 + "!"}
    said = await at.answer(await at.who.slash(at.channel, "stage", given))
    assert text(said).startswith("**prompt**: that could not be checked against this server's rules in time.")
    assert any("could not be looked at in time" in line for line in caplog.messages)


@in_module_loop
async def test_published_again_it_starts_anew(room: Atelier) -> None:
    at = await stage(room)
    async with beside(room) as connection:
        await Policies(connection).save(at.workflow_id, Policy(roles=Named(denied=(at.guild.id,))))
    question = await at.answer(await room.place.admin.slash(at.channel, "workflow remove", {"name": "stage"}))
    await room.place.admin.press(question, "Remove")
    await room.discord.until(lambda: "is removed" in text(question))
    await room.publish(stage_workflow())
    assert "Stage" in text(await room.over(await by_command(at)))


# Threads, categories, and other places


GUILD, HERE, CATEGORY, THREAD, ME = 100, 31, 32, 33, 1
CHANNEL: dict[str, Any] = {
    "id": str(HERE),
    "type": 0,
    "name": "pictures",
    "position": 0,
    "permission_overwrites": [],
    "parent_id": str(CATEGORY),
    "nsfw": True,
}
IN_THREAD: dict[str, Any] = {
    "id": str(THREAD),
    "type": 11,
    "name": "Talk",
    "parent_id": str(HERE),
    "owner_id": "2",
    "message_count": 1,
    "member_count": 1,
    "guild_id": str(GUILD),
    "permissions": "2048",
    "thread_metadata": {
        "archived": False,
        "locked": False,
        "auto_archive_duration": 60,
        "archive_timestamp": "2026-11-01T00:00:00+00:00",
    },
}


def asked(place: dict[str, Any], *, is_known: bool, permissions: int = 2048, guild_id: int = GUILD) -> Any:
    """An interaction as Discord sends it, on a server whose channels the library knows, or does not."""
    user: Any = {"id": str(ME), "username": "bo", "discriminator": "0", "avatar": None}
    member = {"user": user, "roles": ["20"], "permissions": str(permissions), "joined_at": None, "flags": 0}
    data: Any = {"id": "5", "type": 2, "token": "t", "version": 1, "application_id": "6", "attachment_size_limit": 1}
    data |= {"guild_id": str(guild_id), "channel": place, "channel_id": place["id"], "member": member}
    state: Any = discord.Client(intents=discord.Intents.none())._connection
    bot: Any = {**user, "id": "6", "bot": True}
    state.user = discord.ClientUser(state=state, data=bot)
    if is_known:
        guild: Any = {"id": str(guild_id), "name": "Atelier", "channels": [CHANNEL], "roles": [], "emojis": []}
        state._add_guild(discord.Guild(data=guild, state=state))
    return discord.Interaction(data=data, state=state)


@pytest.mark.parametrize(
    ("place", "is_known", "places", "is_age_restricted"),
    [
        (CHANNEL, True, (HERE, CATEGORY), True),
        (CHANNEL, False, (HERE, CATEGORY), True),
        (IN_THREAD, True, (THREAD, HERE, CATEGORY), True),
        # Of a thread whose channel is not known nothing is believed.
        (IN_THREAD, False, (THREAD, HERE), False),
    ],
)
async def test_where_somebody_is(
    place: dict[str, Any], is_known: bool, places: tuple[int, ...], is_age_restricted: bool
) -> None:
    found = standing_of(asked(place, is_known=is_known), GUILD)
    assert found == Standing(ME, GUILD, (20,), places, is_age_restricted=is_age_restricted)


async def test_elsewhere_nothing_is_known_but_who_it_is() -> None:
    manager = 1 << 5
    here = asked(CHANNEL, is_known=True, permissions=manager)
    assert standing_of(here, GUILD).is_manager
    assert standing_of(here, 101) == standing_of(here, None) == Standing(ME)
