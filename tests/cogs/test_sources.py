"""Where pictures come from: fresh addresses by their source, and the results of a job wherever they stand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import discord
import pytest

from bot.bot import redirect
from bot.config import DiscordSettings
from bot.jobs import Attachment, Job, Place, now
from bot.playground.discord import LocalChannel, LocalDiscord, LocalGuild, Message, Permissions
from bot.playground.discord.rest import Upload
from cogs._sources import Source, is_fresh, pictures_of, read_address, refreshed, result_files
from tests.cogs.atelier import PHOTO, picture

SOURCES = {
    "whole": ("1/22/333", Source(1, 22, 333)),
    "web": ("web", None),
    "nothing": ("", None),
    "too short": ("1/2", None),
    "too long": ("1/2/3/4", None),
    "no number": ("1/2/x", None),
    "other digits": ("1/2/٣", None),
    "negative": ("1/2/-3", None),
}


@pytest.mark.parametrize(("written", "source"), SOURCES.values(), ids=SOURCES.keys())
def test_sources_are_read(written: str, source: Source | None) -> None:
    assert Source.read(written) == source
    assert source is None or str(source) == written


ADDRESSES = {
    "of a message": ("https://cdn.discordapp.com/attachments/1/22/cat.png?ex=1&is=2&hm=3", (22, "cat.png")),
    "scaled": ("https://media.discordapp.net/attachments/1/22/cat.png?width=40", (22, "cat.png")),
    "ephemeral": ("https://cdn.discordapp.com/ephemeral-attachments/1/22/cat.png", (22, "cat.png")),
    "another host": ("https://example.com/attachments/1/22/cat.png", None),
    "looks like it": ("https://cdn.discordapp.com.example.com/attachments/1/22/cat.png", None),
    "a user before the host": ("https://cdn.discordapp.com@example.com/attachments/1/22/cat.png", None),
    "another path": ("https://cdn.discordapp.com/avatars/1/22.png", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("url", "file"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_only_discords_own_store_is_read(
    url: str, file: tuple[int, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discord.Asset.BASE", "https://cdn.discordapp.com")
    assert read_address(url) == file


FRESH = {
    "not signed": ("https://cdn.discordapp.com/embed/avatars/1.png", True),
    "signed for later": (f"https://x/a.png?ex={int(now().timestamp()) + 7200:x}", True),
    "about to end": (f"https://x/a.png?ex={int(now().timestamp()) + 60:x}", False),
    "over": ("https://x/a.png?ex=1", False),
    "no number": ("https://x/a.png?ex=zz", False),
    "nothing": ("", False),
}


@pytest.mark.parametrize(("url", "fresh"), FRESH.values(), ids=FRESH.keys())
def test_addresses_go_stale(url: str, fresh: bool) -> None:
    assert is_fresh(url) is fresh


@dataclass
class Wall:
    """A channel, a client that reads it as the bot does, and a job with results there."""

    discord: LocalDiscord
    channel: LocalChannel
    client: Any
    job: Job

    def post(self, *names: str, **body: Any) -> Message:
        """Have the bot post files."""
        uploads = [Upload(number, name, picture()) for number, name in enumerate(names)]
        return self.discord.messages.create(self.channel, self.discord.bot, body, uploads)

    def posted(self, *messages: Message) -> Job:
        return self.job.evolve(posted=tuple(Place(message.channel.id, message.id) for message in messages))


@pytest.fixture
async def here() -> AsyncIterator[Wall]:
    async with LocalDiscord(rate_limits=False) as local:
        redirect(DiscordSettings(api_url=local.api_url, gateway_url=local.gateway_url, cdn_url=local.url))
        guild = local.add_guild("Sources")
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(local.token)
            job = Job(id="abcdefghij", user_id=1, title="t", created_at=now(), results=("a", "b"))
            yield Wall(local, guild.add_channel("pictures"), client, job)


async def names(here: Wall, job: Job) -> list[str]:
    return [file.filename for file in await result_files(here.client, job)]


# Results


async def test_results_that_are_gone_or_out_of_reach_are_none(here: Wall) -> None:
    gone, hidden = here.post("abcdefghij-1.png"), here.post("abcdefghij-2.png")
    here.discord.messages.delete(gone)
    assert await names(here, here.posted(gone)) == []
    assert here.channel.guild
    here.channel.overwrite(here.channel.guild.bot, deny=Permissions.READ_MESSAGE_HISTORY)
    assert await names(here, here.posted(gone, hidden)) == []
    assert await names(here, here.job) == []


async def test_results_are_those_that_are_named_so(here: Wall) -> None:
    card = here.post("abcdefghij-sheet.webp", "abcdefghij-1.png", "SPOILER_abcdefghij-2.webp", "another-1.png")
    further = here.post("abcdefghij-10.png", "abcdefghij.mp4")
    expected = ["abcdefghij-1.png", "SPOILER_abcdefghij-2.webp"]
    both = here.posted(card, further).evolve(results=tuple("abcd"))
    assert await names(here, both) == [*expected, "abcdefghij-10.png", "abcdefghij.mp4"]
    # Of older jobs the card alone is known.
    old = here.job.evolve(channel_id=card.channel.id, message_id=card.id)
    assert await names(here, old) == expected


async def test_of_a_job_that_was_shown_many_times_no_more_is_read_than_it_takes(here: Wall) -> None:
    shown = [here.post("abcdefghij-1.png", "SPOILER_abcdefghij-2.webp") for _ in range(5)]
    here.discord.messages.delete(shown[0])
    assert await names(here, here.posted(*shown)) == ["abcdefghij-1.png", "SPOILER_abcdefghij-2.webp"]
    assert len([one for one in here.discord.world.requests if one.method == "GET" and "messages" in one.route]) == 2


# Files by their source


def attachment(message: Message, url: str = "https://x/a.png?ex=1") -> Attachment:
    source = f"{message.channel.id}/{message.id}/{message.files[0].id}"
    return Attachment("photo", "a.png", url, 7, source)


async def test_a_file_gets_a_fresh_address(here: Wall) -> None:
    message = here.post("a.png")
    found = await refreshed(here.client, attachment(message))
    assert found
    assert (found.name, found.size) == ("photo", message.files[0].size)
    assert found.url.startswith(here.discord.url)
    assert is_fresh(found.url)


async def test_what_an_embed_shows_gets_one_too(here: Wall) -> None:
    message = here.post("a.png", embeds=[{"title": "x", "image": {"url": "attachment://a.png"}}])
    assert not message.attachments
    found = await refreshed(here.client, attachment(message))
    assert found
    assert is_fresh(found.url)


LATER = f"https://x/a.png?ex={int(now().timestamp()) + 86400:x}"


async def test_what_cannot_be_read_again_is_good_while_it_is_signed(here: Wall) -> None:
    assert isinstance(here.channel.guild, LocalGuild)
    other = here.channel.guild.add_member("Bo")
    foreign = await other.say(here.channel, "", [PHOTO])
    unseen = attachment(foreign, LATER)
    assert await refreshed(here.client, unseen)
    here.channel.overwrite(here.channel.guild.bot, deny=Permissions.READ_MESSAGE_HISTORY)
    assert await refreshed(here.client, unseen) == unseen
    assert await refreshed(here.client, attachment(foreign)) is None


async def test_what_is_gone_has_no_address(here: Wall) -> None:
    message = here.post("a.png")
    here.discord.messages.delete(message)
    assert await refreshed(here.client, attachment(message, LATER)) is None


UNSOURCED = {
    "of the web": ("web", "https://example.com/cat.png?ex=1", True),
    "given to a command": ("", LATER, True),
    "given long ago": ("", "https://x/a.png?ex=1", False),
    "of an older job": ("", "", False),
}


@pytest.mark.parametrize(("source", "url", "is_good"), UNSOURCED.values(), ids=UNSOURCED.keys())
async def test_what_has_no_message_is_good_while_it_is_signed(here: Wall, source: str, url: str, is_good: bool) -> None:
    given = Attachment("photo", "a.png", url, 7, source)
    assert await refreshed(here.client, given) == (given if is_good else None)


async def test_pictures_are_files_of_that_kind_and_what_embeds_show_of_discords_own(here: Wall) -> None:
    here.post("a.png")
    body = {"embeds": [{"title": "x", "image": {"url": "https://example.com/attachments/1/2/cat.png"}}]}
    message = here.post("a.png", "notes.txt", "b.webp", **body)
    read = await here.client.get_partial_messageable(here.channel.id).fetch_message(message.id)
    assert [one.filename for one in pictures_of(read)] == ["a.png", "b.webp"]
