"""A card that goes on in another message: nothing of it is lost, whenever that happens."""

import pytest

from bot.playground.discord import LocalChannel, Message
from bot.preferences import GuildChoices, PreferenceStore
from cogs._card import DiscordCard
from tests.cogs.atelier import Atelier, blank, buttons, in_module_loop, job_id, numbers, text, workflow
from tests.cogs.test_direct import EXPIRED, delivery, posted

SHOW = "familiar:show:"


async def running(atelier: Atelier, document=None, **chosen: object) -> Message:
    atelier.prefer(atelier.place.member, **chosen)
    command = await atelier.publish(document or workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    return await atelier.shows(await atelier.run(command["name"]), "🎨")


async def shown_in(atelier: Atelier, channel: LocalChannel, job: str) -> Message:
    """Have /job show a card anew, and return that."""
    member = atelier.place.member
    told = await atelier.answer(await member.slash(channel, "job", {"id": job}))
    use = await atelier.press_raw(member, told, SHOW + job)
    return await atelier.shows(await atelier.answer(use), job)


@in_module_loop
async def test_a_card_goes_on_where_it_is_shown_and_the_one_before_says_where(room: Atelier) -> None:
    card = await running(room, numbers(12))
    job, there = job_id(card), room.place.guild.add_channel("elsewhere")
    moved = await shown_in(room, there, job)
    await room.shows(card, f"https://discord.com/channels/{room.place.guild.id}/{there.id}/{moved.id}")
    assert not buttons(card)
    await room.shows(moved, "🎨")
    assert buttons(moved) == ["Cancel"]
    await room.invoke.resume()
    await room.over(moved)
    await room.tidy()
    assert not card.attachments
    assert [len(message.attachments) for message in there.messages if message.attachments] == [10, 3]
    assert posted(room, job) == [[there.id, message.id] for message in there.messages if message.attachments]
    assert delivery(room, job) == "card"


@in_module_loop
async def test_a_card_that_goes_on_on_another_server_is_cancelled_there(room: Atelier) -> None:
    card = await running(room)
    elsewhere = room.open_place("Elsewhere")
    there = elsewhere.guild.add_member("Bo there", user=room.place.member.user)
    told = await room.answer(await there.slash(elsewhere.channel, "job", {"id": job_id(card)}))
    moved = await room.answer(await room.press_raw(there, told, SHOW + job_id(card)))
    await room.shows(moved, "🎨")
    refused = await room.answer(await elsewhere.admin.press(moved, "Cancel"))
    assert text(refused) == "That job is no longer known here."
    await there.press(moved, "Cancel")
    await room.over(moved)
    assert "🛑 Cancelled." in text(moved)
    await room.invoke.resume()
    await room.tidy()


@in_module_loop
async def test_a_private_card_that_is_shown_anew_lives_as_long_as_that(room: Atelier) -> None:
    room.place.member.close_direct_messages()
    card = await running(room, private=True)
    job = job_id(card)
    room.discord.advance(EXPIRED)
    moved = await shown_in(room, room.channel, job)
    assert moved.ephemeral
    await room.invoke.resume()
    await room.over(moved)
    await room.tidy()
    assert len(moved.attachments) == 1
    assert delivery(room, job) == "card"
    assert {refusal.code for refusal in room.refusals()} <= {50027, 50007}


@in_module_loop
async def test_a_card_that_somebody_deleted_is_shown_anew(room: Atelier) -> None:
    card = await running(room)
    job = job_id(card)
    room.discord.messages.delete(card)
    moved = await shown_in(room, room.channel, job)
    await room.invoke.resume()
    await room.over(moved)
    await room.tidy()
    assert len(moved.attachments) == 1
    assert {refusal.code for refusal in room.refusals()} <= {10008}


async def test_a_card_that_was_moved_goes_on_there_after_a_restart(atelier: Atelier) -> None:
    card = await running(atelier)
    job, there = job_id(card), atelier.place.guild.add_channel("elsewhere")
    moved = await shown_in(atelier, there, job)
    await atelier.restart()
    await atelier.invoke.resume()
    await atelier.over(moved)
    await atelier.tidy()
    assert len(moved.attachments) == 1
    assert not card.attachments
    assert "goes on" in text(card)


@in_module_loop
async def test_a_card_is_moved_back_and_forth(room: Atelier) -> None:
    card = await running(room)
    job, there = job_id(card), room.place.guild.add_channel("elsewhere")
    moved = [await shown_in(room, channel, job) for channel in (there, room.channel, there)]
    await room.invoke.resume()
    await room.over(moved[-1])
    await room.tidy()
    assert [len(message.attachments) for message in (card, *moved)] == [0, 0, 0, 1]
    for message in (card, *moved[:-1]):
        await room.shows(message, "goes on [over there]")


@in_module_loop
async def test_a_card_that_is_moved_while_its_results_are_on_the_way_has_them_where_it_is(
    room: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await running(room, numbers(12))
    job, there = job_id(card), room.place.guild.add_channel("elsewhere")
    fresh = room.discord.messages.create(there, room.discord.world.bot, {"content": "Here."}, [])
    put = DiscordCard._put

    async def put_and_move(self: DiscordCard, *given):
        done = await put(self, *given)
        if self._spot.place.message_id == card.id:
            place = {"channel_id": there.id, "message_id": fresh.id, "interaction_token": None}
            self.move(await self._bot.engine.store.place(self._job.evolve(**place)))
        return done

    with monkeypatch.context() as patched:
        patched.setattr(DiscordCard, "_put", put_and_move)
        await room.invoke.resume()
        await room.tidy()
    assert [len(message.attachments) for message in there.messages] == [10, 3]
    left = room.channel.messages[-1]
    assert [len(message.attachments) for message in (card, left)] == [0, 3]
    assert posted(room, job) == [[one.channel.id, one.id] for one in (*there.messages, left)]
    await room.shows(card, "goes on [over there]")


@pytest.mark.parametrize("restarts", [False, True], ids=["at once", "after a restart"])
async def test_a_channel_that_covers_results_covers_those_of_a_card_that_was_moved_there(
    atelier: Atelier, restarts: bool
) -> None:
    card = await running(atelier, numbers(12))
    hall = atelier.place.guild.add_channel("hall")
    async with atelier.catalog() as catalog:
        choices = GuildChoices(spoiler_channels=(hall.id,))
        await PreferenceStore(catalog._db).change_guild(atelier.place.guild.id, **choices.model_dump())
    moved = await shown_in(atelier, hall, job_id(card))
    if restarts:
        await atelier.restart()
    await atelier.invoke.resume()
    await atelier.over(moved)
    await atelier.tidy()
    files = [file.filename for message in hall.messages for file in message.attachments]
    assert len(files) == 13
    assert all(name.startswith("SPOILER_") for name in files)
