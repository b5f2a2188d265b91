"""/admin settings: what is chosen for a server, shown and kept; and the audit channel, while it can be written to."""

import asyncio

import pytest

from bot.playground.discord import LocalMember, Permissions
from tests.cogs.atelier import PATIENCE, Atelier, in_module_loop, text
from tests.cogs.test_admin import plain

UNSET = (
    "Settings of this server\n**Previews** on: cards show the picture while it is made\n"
    "**Names in /queue** for moderators only\n**Language of cards** as Discord says of this server\n"
    "**Audit channel** none; `/admin audit` has it all\n**Covered results** in no channel\n"
    "To change something, give this command its option, such as language."
)


async def settings(room: Atelier, **options: object) -> str:
    return await room.ask(room.place.admin, "admin settings", options)


@in_module_loop
async def test_without_options_it_shows_what_is_set(room: Atelier) -> None:
    assert await settings(room) == UNSET


@in_module_loop
async def test_a_language_is_found_by_what_it_is_called_here_and_there(room: Atelier) -> None:
    options = next(
        one["options"] for one in room.discord.global_commands["admin"]["options"] if one["name"] == "settings"
    )
    choices = {one["value"]: one for option in options if option["name"] == "language" for one in option["choices"]}
    assert [choices[value]["name"] for value in ("English", "Deutsch")] == ["English", "Deutsch (German)"]
    german = {value: one["name_localizations"]["de"] for value, one in choices.items()}
    assert german == {"auto": "auto", "English": "English (Englisch)", "Deutsch": "Deutsch (German)"}


@in_module_loop
async def test_choices_are_kept_each_for_itself(room: Atelier) -> None:
    secret = room.place.guild.add_channel("secret")
    changed = await settings(room, previews=False, language="Deutsch")
    assert "**Previews** off\n" in changed and "**Language of cards** Deutsch" in changed
    assert changed.endswith("\nSaved.")
    assert "**Names in /queue** shown to everyone" in await settings(room, names_in_queue=True)
    assert f"**Covered results** in <#{secret.id}>" in await settings(room, spoiler_add=secret)
    assert f"**Covered results** in <#{secret.id}>, <#{room.channel.id}>" in await settings(
        room, spoiler_add=room.channel
    )
    assert f"**Covered results** in <#{room.channel.id}>" in await settings(room, spoiler_remove=secret)
    shown = await settings(room, language="auto")
    assert "**Language of cards** as Discord says" in shown
    assert "**Previews** off\n" in shown and "shown to everyone" in shown


@in_module_loop
async def test_what_cannot_be_is_refused_and_changes_nothing(room: Atelier) -> None:
    quiet = room.place.guild.add_channel("quiet")
    quiet.overwrite(room.place.guild.bot, deny=Permissions.SEND_MESSAGES | Permissions.EMBED_LINKS)
    told = await settings(room, audit_channel=quiet, previews=False)
    assert told == (f"I may not write in <#{quiet.id}>. Please give me **Send Messages**, **Embed Links** there first.")
    told = await settings(room, spoiler_remove=quiet)
    assert told == f"<#{quiet.id}> is not one of the channels where results are covered."
    told = await settings(room, audit_channel=room.channel, audit_off=True)
    assert told == "Please choose an audit channel or switch it off, not both."
    assert await settings(room) == UNSET


@in_module_loop
async def test_new_entries_are_told_in_the_audit_channel(room: Atelier) -> None:
    place = room.place
    office = place.guild.add_channel("office")
    who = f"<@{place.admin.user.id}>"
    await settings(room, audit_channel=office)
    await room.ask(place.admin, "admin block", {"member": place.other, "reason": "Too *loud*"})
    await room.ask(place.admin, "admin unblock", {"member": str(place.other.user.id)})
    await room.discord.until(lambda: len(office.messages) == 3, PATIENCE)
    assert [plain(text(post)).strip() for post in office.messages] == [
        f"{who} changed the settings · audit\\_channel: <#{office.id}>",
        rf"{who} blocked <@{place.other.user.id}> · Too \*loud\*",
        f"{who} unblocked <@{place.other.user.id}>",
    ]
    await settings(room, audit_off=True)
    await room.ask(place.admin, "admin pause")
    await room.ask(place.admin, "admin resume")
    assert len(office.messages) == 3


@in_module_loop
@pytest.mark.parametrize("how", ["deleted", "forbidden"])
async def test_an_audit_channel_that_is_gone_is_switched_off_and_told_of(how: str, room: Atelier) -> None:
    place = room.place
    office = place.guild.add_channel("office")
    await settings(room, audit_channel=office)
    await room.discord.until(lambda: office.messages, PATIENCE)
    if how == "deleted":
        office.delete()
    else:
        office.overwrite(place.guild.bot, deny=Permissions.SEND_MESSAGES)
    await room.ask(place.admin, "admin pause")
    # Those that come close behind find it switched off, or are refused too.
    await room.discord.until(lambda: room.discord.refused, PATIENCE)
    room.refusals()
    for _ in range(50):
        shown = await room.ask(place.admin, "admin status")
        if "⚠️" in shown:
            break
    assert f"⚠️ <#{office.id}> is gone, or I may not write there any more" in shown
    assert "none; `/admin audit` has it all" in await settings(room)
    # Another choice ends the complaint.
    await settings(room, audit_channel=room.channel)
    assert "⚠️" not in await room.ask(place.admin, "admin status")
    await room.ask(place.admin, "admin resume")
    await settings(room, audit_off=True)


@in_module_loop
async def test_a_channel_that_was_just_chosen_is_not_switched_off_for_the_one_before(room: Atelier) -> None:
    office, hall = (room.place.guild.add_channel(name) for name in ("office", "hall"))
    await settings(room, audit_channel=office)
    await room.discord.until(lambda: office.messages, PATIENCE)
    office.overwrite(room.place.guild.bot, deny=Permissions.SEND_MESSAGES)
    room.discord.faults.delay("POST /channels/{channel_id}/messages", 0.3, times=1)
    await room.ask(room.place.admin, "admin pause")
    await settings(room, audit_channel=hall)
    await room.discord.until(lambda: hall.messages, PATIENCE)
    assert room.refusals()
    shown = await settings(room)
    assert f"**Audit channel** <#{hall.id}>" in shown and "⚠️" not in shown
    await room.ask(room.place.admin, "admin resume")
    await settings(room, audit_off=True)


@in_module_loop
async def test_settings_speak_german(room: Atelier) -> None:
    admin: LocalMember = room.place.guild.add_member("Dora", manage_guild=True, locale="de")
    assert "**Vorschau** an: Karten zeigen das Bild" in await room.ask(admin, "admin settings")


@in_module_loop
async def test_of_two_admins_none_undoes_the_other(room: Atelier) -> None:
    guild = room.place.guild
    channels = [guild.add_channel(f"late-{number}") for number in range(4)]
    admins = [guild.add_member(f"Eve {number}", manage_guild=True) for number in range(4)]
    uses = [
        await admin.slash(room.channel, "admin settings", {"spoiler_add": channel})
        for admin, channel in zip(admins, channels, strict=True)
    ]
    await asyncio.gather(*(room.answer(use) for use in uses))
    shown = await settings(room)
    assert all(f"<#{channel.id}>" in shown for channel in channels)
