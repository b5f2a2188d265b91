"""Discord is told of commands when they changed, and only then."""

import asyncio
from secrets import token_urlsafe

import pytest
from pydantic import SecretStr

from bot.config import ConfigError
from bot.playground.discord import LocalDiscord, payloads
from bot.playground.discord.gateway import GUILDS
from bot.service import open_service
from tests.cogs.atelier import PHOTO, Atelier, bundled, fixture, text

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


async def test_a_new_server_costs_no_call(atelier: Atelier) -> None:
    elsewhere = atelier.open_place("Elsewhere")
    await atelier.answer(await elsewhere.admin.slash(elsewhere.channel, "workflow list"))
    assert atelier.puts() == 0
