"""What a person brings along by their own installation, to a server that does not have the bot."""

import pytest

from bot.playground.discord import ClientRefusal, LocalChannel, LocalMember, Permissions
from tests.playground.discord_place import Place
from tests.playground.test_discord_commands import command, put
from tests.playground.test_discord_interactions import hook, respond

MESSAGE = 4


async def guest_place(place: Place) -> tuple[LocalChannel, LocalMember]:
    """A server without the bot, and somebody there who brought it along."""
    await put(place, command("mine", integration_types=[0, 1]), command("theirs"), guild=False)
    elsewhere = place.server.add_guild("Strange")
    channel, guest = elsewhere.add_channel("hall"), elsewhere.add_member("Guest")
    place.server.remove_guild(elsewhere)
    return channel, guest


async def test_only_who_installed_it_is_offered_anything(place: Place) -> None:
    channel, guest = await guest_place(place)
    assert guest.offered(channel) == []
    with pytest.raises(ClientRefusal, match="unknown command"):
        await guest.slash(channel, "mine")
    guest.install()
    assert [offer.name for offer in guest.offered(channel)] == ["mine"]
    with pytest.raises(ClientRefusal, match="unknown command"):
        await guest.slash(channel, "theirs")


async def test_the_interaction_tells_who_installed_it(place: Place) -> None:
    channel, guest = await guest_place(place)
    guest.install()
    sent = place.server.desk.payload(await guest.slash(channel, "mine"))
    assert sent["authorizing_integration_owners"] == {"1": str(guest.id)}
    assert channel.guild
    assert sent["guild_id"] == str(channel.guild.id)
    here = place.server.desk.payload(await place.member.slash(place.channel, "mine"))
    assert here["authorizing_integration_owners"] == {"0": str(place.guild.id)}


async def test_it_answers_with_five_follow_ups_and_reads_no_channel(place: Place) -> None:
    channel, guest = await guest_place(place)
    guest.install()
    use = await guest.slash(channel, "mine")
    await respond(place, use, MESSAGE, {"content": "first"})
    assert [message.content for message in channel.messages] == ["first"]
    for number in range(5):
        assert (await place.http.post(hook(place, use), json={"content": str(number)})).status_code == 200
    spent = await place.http.post(hook(place, use), json={"content": "one more"})
    assert (spent.status_code, spent.json()["code"]) == (400, 40094)
    by_channel = await place.http.get(f"/channels/{channel.id}/messages/{channel.messages[0].id}")
    assert (by_channel.status_code, by_channel.json()["code"]) == (403, 50001)


@pytest.mark.parametrize("deferred", [False, True], ids=["at once", "deferred"])
async def test_where_no_apps_are_wanted_its_answers_are_private(place: Place, deferred: bool) -> None:
    channel, guest = await guest_place(place)
    guest.install()
    channel.overwrite(guest, deny=Permissions.USE_EXTERNAL_APPS)
    use = await guest.slash(channel, "mine")
    await respond(place, use, 5 if deferred else MESSAGE, {} if deferred else {"content": "x"})
    await place.http.post(hook(place, use), json={"content": "more"})
    assert use.ephemeral
    assert channel.messages == []
