"""Show here: a job's card once more, where whoever asked for it is; under way, over, after a restart, and refused."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.playground.discord import LocalMember, Message, Permissions
from bot.policies import Held
from bot.policies import Policies as PolicyStore
from bot.policy import Named, Policy
from bot.preferences import GuildChoices, PreferenceStore
from cogs._revive import _is_kept_private
from tests.cogs.atelier import PHOTO, Atelier, blank, buttons, fixture, in_module_loop, job_id, numbers, text, workflow
from workflows.errors import UserError

SHOW = "Show its card here"


async def looked_at(room: Atelier, card: Message | str, channel, who: LocalMember | None = None) -> Message:
    job = card if isinstance(card, str) else job_id(card)
    return await room.answer(await (who or room.place.member).slash(channel, "job", {"id": job}))


async def shown_in(room: Atelier, card: Message, channel, who: LocalMember | None = None) -> Message:
    """Ask for a job in a channel and press there; return the answer."""
    who = who or room.place.member
    return await room.answer(await who.press(await looked_at(room, card, channel, who), SHOW))


# Refused


@in_module_loop
async def test_only_whoever_asked_may_and_gone_jobs_are_told_so(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    moderator = room.place.guild.add_member("Moderator", manage_messages=True)
    looked = await looked_at(room, card, room.channel, moderator)
    assert SHOW not in buttons(looked)
    pressed = await room.press_raw(moderator, looked, f"familiar:show:{job_id(card)}")
    assert text(await room.answer(pressed)) == "Only the one who asked for it can show it somewhere else."
    pressed = await room.press_raw(moderator, looked, "familiar:show:2222222222")
    assert text(await room.answer(pressed)) == "That job is no longer known here."


MISSING = {
    "the member may not write": ("member", Permissions.SEND_MESSAGES, "You may not post here: you would need **Send"),
    "the member may not attach": ("member", Permissions.ATTACH_FILES, "you would need **Attach Files** in this"),
    "neither": (
        "member",
        Permissions.SEND_MESSAGES | Permissions.ATTACH_FILES,
        "you would need **Send Messages** and **Attach Files** in this channel.",
    ),
    "the bot may not attach": ("bot", Permissions.ATTACH_FILES, "I may not post results here."),
}


@pytest.mark.parametrize(("who", "denied", "words"), MISSING.values(), ids=MISSING.keys())
@in_module_loop
async def test_both_must_be_allowed_to_post(room: Atelier, who: str, denied: Permissions, words: str) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    hall = room.place.guild.add_channel("hall")
    hall.overwrite(room.place.member if who == "member" else room.place.guild.bot, deny=denied)
    answer = await shown_in(room, card, hall)
    assert words in text(answer)
    assert answer.ephemeral
    assert not hall.messages


@in_module_loop
async def test_results_that_are_gone_are_told_so(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    room.discord.messages.delete(card)
    shown = await shown_in(room, card, room.channel)
    assert "The pictures are gone: the messages that held them were deleted" in text(shown)
    assert not shown.attachments
    assert "Use as input" not in buttons(shown)
    assert {refused.status for refused in room.refusals()} == {404}


# Over


@in_module_loop
async def test_results_are_posted_again_with_their_buttons(room: Atelier) -> None:
    await room.publish(numbers(12))
    card = await room.over(await room.run("many"))
    await room.tidy()
    hall = room.place.guild.add_channel("hall")
    shown = await shown_in(room, card, hall)
    await room.discord.until(lambda: sum(len(message.attachments) for message in hall.messages) == 12)
    first, second = hall.messages
    assert first is shown
    assert (len(first.attachments), len(second.attachments)) == (10, 2)
    names = [file.filename for message in hall.messages for file in message.attachments]
    assert sorted(names) == sorted(set(names))
    assert buttons(first) == buttons(card)
    assert f"job {job_id(card)}" in text(first)
    # From now on this is its card, and shown once more there are no more files than there were.
    link = f"https://discord.com/channels/{room.place.guild.id}/{hall.id}/{first.id}"
    assert link in text(await looked_at(room, card, room.channel))
    dm = room.place.member.dm
    await shown_in(room, card, dm)
    await room.discord.until(lambda: sum(len(message.attachments) for message in dm.messages) == 12)
    assert f"https://discord.com/channels/@me/{dm.id}/" in text(await looked_at(room, card, room.channel))


@in_module_loop
async def test_what_another_server_took_may_be_too_large_here(room: Atelier) -> None:
    room.place.guild.upload_limit = 50_000_000
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    elsewhere = room.open_place("Small")
    there = elsewhere.guild.add_member("Bo there", user=room.place.member.user)
    elsewhere.guild.upload_limit = 10
    shown = await shown_in(room, card, elsewhere.channel, there)
    link = f"https://discord.com/channels/{room.place.guild.id}/{room.channel.id}/{card.id}"
    assert f"One file is too large for this place; it is [where it was posted first]({link})." in text(shown)


@in_module_loop
async def test_one_that_failed_says_so_once_more(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await room.over(await room.run("fog-glass", {"photo": ("x.png", b"nothing")}))
    await room.tidy()
    shown = await shown_in(room, card, room.place.member.dm)
    assert "❌" in text(shown)
    assert buttons(shown) == buttons(card)


@in_module_loop
async def test_brought_along_it_posts_results_and_says_why_it_does_not_go_on(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    await room.invoke.pause()
    running = await room.shows(await room.run("blank"), "🎨")
    elsewhere = room.open_place("Strange")
    guest = elsewhere.guild.add_member("Bo there", user=room.place.member.user)
    guest.install()
    room.discord.remove_guild(elsewhere.guild)
    shown = await shown_in(room, card, elsewhere.channel, guest)
    assert len(shown.attachments) == 1
    assert not shown.ephemeral
    refused = await shown_in(room, running, elsewhere.channel, guest)
    assert text(refused).startswith("I am no member here and could not keep the card up to date.")
    await room.invoke.resume()
    await room.over(running)
    # Discord lets nobody but the bot's own server read what it posted there.
    assert f"/{room.channel.id}/{card.id})" in text(await looked_at(room, card, room.channel))


@in_module_loop
async def test_a_channel_where_results_are_covered_covers_them(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    hall = room.place.guild.add_channel("hall")
    async with room.catalog() as catalog:
        choices = GuildChoices(spoiler_channels=(hall.id,))
        await PreferenceStore(catalog._db).change_guild(room.place.guild.id, **choices.model_dump())
    shown = await shown_in(room, card, hall)
    assert [file.filename for file in shown.attachments] == [f"SPOILER_{card.attachments[0].filename}"]


# Policies


@in_module_loop
async def test_a_policy_holds_where_it_is_shown(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    hall, cellar = room.place.guild.add_channel("hall"), room.place.guild.add_channel("cellar", nsfw=True)
    async with room.catalog() as catalog:
        published = await catalog.find(room.place.guild.id, "blank")
        assert published
        policies = PolicyStore(catalog._db)
        await policies.save(published.workflow_id, Policy(age_restricted_only=True))
        assert "for age-restricted channels only" in text(await shown_in(room, card, hall))
        assert len((await shown_in(room, card, cellar)).attachments) == 1
        await policies.save(published.workflow_id, Policy(channels=Named(denied=(hall.id,))))
        assert "Its workflow is not meant for this channel." in text(await shown_in(room, card, hall))
        await policies.save(published.workflow_id, Policy(private_only=True))
        shown = await shown_in(room, card, hall)
        assert shown.ephemeral
        assert len(shown.attachments) == 1
        assert {"Post", "Keep private"}.isdisjoint(buttons(shown))


@in_module_loop
async def test_who_is_blocked_shows_nothing_to_others_there(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    member, hall = room.place.member, room.place.guild.add_channel("hall")
    looked = await looked_at(room, card, hall)
    await room.answer(await room.place.admin.slash(room.channel, "admin block", {"member": member}))
    assert "keeps you from running things here" in text(await room.answer(await member.press(looked, SHOW)))
    assert not hall.messages
    # What is theirs is still theirs.
    assert len((await shown_in(room, card, member.dm)).attachments) == 1


@in_module_loop
async def test_what_a_workflow_covers_stays_covered(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    async with room.catalog() as catalog:
        published = await catalog.find(room.place.guild.id, "blank")
        assert published
        await PolicyStore(catalog._db).save(published.workflow_id, Policy(spoiler=True))
    (file,) = (await shown_in(room, card, room.channel)).attachments
    assert file.filename.startswith("SPOILER_")


@in_module_loop
async def test_what_was_shown_before_something_went_wrong_can_be_deleted(room: Atelier) -> None:
    await room.publish(numbers(12))
    card = await room.over(await room.run("many"))
    await room.tidy()
    hall = room.place.guild.add_channel("hall")
    room.discord.faults.cut_next("POST /webhooks/")
    shown = await shown_in(room, card, hall)
    await room.discord.until(lambda: not room.discord.faults.pending)
    question = await room.answer(await room.place.member.press(shown, "Delete"))
    await room.changed(question, await room.place.member.press(question, "Yes, delete them"))
    assert shown.deleted
    assert card.deleted
    room.refusals()


# Under way


async def test_it_goes_on_where_it_is_shown_also_after_a_restart(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    card = await atelier.shows(await atelier.run("blank"), "🎨")
    job, hall = job_id(card), atelier.place.guild.add_channel("hall")
    looked = await looked_at(atelier, card, hall)
    await atelier.restart()
    shown = await atelier.answer(await atelier.place.member.press(looked, SHOW))
    assert not shown.ephemeral
    assert "Cancel" in buttons(shown)
    await atelier.shows(card, "goes on [over there]")
    assert buttons(card) == []
    await atelier.invoke.resume()
    await atelier.over(shown)
    assert job_id(shown) == job
    assert len(shown.attachments) == 1
    assert not card.attachments
    await atelier.tidy()


@in_module_loop
async def test_it_can_go_on_in_a_direct_message(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    await room.invoke.pause()
    card = await room.shows(await room.run("fog-glass", {"photo": PHOTO}), "🎨")
    shown = await shown_in(room, card, room.place.member.dm)
    await room.shows(card, f"https://discord.com/channels/@me/{shown.channel.id}/{shown.id}")
    await room.place.member.press(shown, "Cancel")
    await room.over(shown)
    assert "🛑 Cancelled." in text(shown)
    await room.invoke.resume()
    await room.tidy()


# Private


async def private_card(room: Atelier, who: LocalMember) -> Message:
    settings = await room.answer(await who.slash(room.channel, "settings"))
    await room.changed(settings, await who.press(settings, "🔒 Private by default: off"))
    return await room.answer(await who.slash(room.channel, "blank"))


@in_module_loop
async def test_a_private_one_stays_private(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.shows(await private_card(room, room.place.member), "🎨")
    assert card.ephemeral
    hall = room.place.guild.add_channel("hall")
    hall.overwrite(room.place.member, deny=Permissions.ATTACH_FILES)
    shown = await shown_in(room, card, hall)
    assert shown.ephemeral
    await room.invoke.resume()
    await room.over(shown)
    assert len(shown.attachments) == 1
    await room.tidy()
    again = await shown_in(room, shown, room.channel)
    assert again.ephemeral
    assert "The pictures were shown to you alone, and Discord keeps no way back to them." in text(again)
    assert {"Post", "Keep private"} <= set(buttons(shown))
    assert {"Post", "Keep private"}.isdisjoint(buttons(again))
    moderator = room.place.guild.add_member("Moderator", manage_messages=True)
    assert SHOW not in buttons(await looked_at(room, shown, room.channel, moderator))


@pytest.mark.parametrize(
    ("policy", "among_people", "expected"),
    [
        (Policy(age_restricted_only=True), False, False),
        (Policy(age_restricted_only=True), True, None),
        (Policy(private_only=True), False, True),
        (Policy(private_only=True), True, True),
        (Policy(), True, False),
    ],
)
async def test_other_peoples_direct_messages_are_no_age_restricted_channel(
    policy: Policy, among_people: bool, expected: bool | None
) -> None:
    async def of(workflow_id: int | None) -> Held:
        return Held(7, policy)

    engine = SimpleNamespace(policies=SimpleNamespace(of=of))
    asked: Any = SimpleNamespace(
        client=SimpleNamespace(engine=engine),
        user=SimpleNamespace(id=1),
        channel=None,
        guild_id=None,
        context=SimpleNamespace(private_channel=among_people),
    )
    job: Any = SimpleNamespace(workflow_id=3, is_private=False)
    if expected is None:
        with pytest.raises(UserError, match="age-restricted"):
            await _is_kept_private(asked, job)
    else:
        assert await _is_kept_private(asked, job) is expected
