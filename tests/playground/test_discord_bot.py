"""A real discord.py bot answers people in the local Discord."""

from __future__ import annotations

import io

import discord
import httpx
import pytest

from bot.playground.discord import ClientRefusal, NoAnswer, Permissions
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import LivePlace


async def test_the_bot_sees_the_server(live: LivePlace) -> None:
    assert live.bot.user and live.bot.user.id == live.server.application_id == live.bot.application_id
    guild = live.bot.guilds[0]
    assert (guild.name, [c.name for c in guild.text_channels]) == ("Atelier", ["general"])
    assert guild.me.guild_permissions.value == live.guild.bot_permissions
    assert set(live.server.global_commands) >= {"blur", "workflow", "quick"}
    assert (await live.bot.application_info()).id == live.server.application_id
    assert (await live.bot.fetch_guild(guild.id)).name == "Atelier"
    assert (await guild.fetch_member(live.member.id)).display_name == "Bo"
    assert [c.name for c in await live.bot.tree.fetch_commands()] == list(live.server.global_commands)
    assert live.server.refused == []


async def test_slash_with_attachment_to_result(live: LivePlace) -> None:
    options = {"image": ("in put.png", PNG), "radius": 4, "mode": "Hard", "who": live.admin}
    message = await live.shown(await live.slash("blur", options), "done")
    assert message.content == f"done {len(PNG)}" and live.channel.messages == [message]
    assert [e.content.split()[0] for e in message.edits] == ["working", "done"]
    assert [a.filename for a in message.attachments] == ["raw.png"]
    assert [f.filename for f in message.files] == ["out_1.png", "raw.png"] and message.files[0].data == PNG
    rendered = live.server.render(message)
    async with httpx.AsyncClient() as client:
        answer = await client.get(rendered["embeds"][0]["image"]["url"])
    assert answer.content == PNG and answer.headers["content-type"] == "image/png"
    assert live.server.refused == [] and live.bot.errors == []


async def test_slash_answers_and_follow_ups(live: LivePlace) -> None:
    use = await live.slash("quick", {"text": "hi <@1>"})
    await live.server.until(lambda: use.followups)
    assert [m.content for m in live.channel.messages] == ["hi <@1>", "and more"]
    assert not use.ephemeral and not use.deferred
    await live.server.until(lambda: len(live.bot.seen) == 2)
    assert live.bot.seen[1].reference and live.bot.seen[1].reference.message_id == live.bot.seen[0].id


async def test_hidden_answers_are_for_one_person(live: LivePlace) -> None:
    use = await live.slash("quick", {"hidden": True})
    await live.server.until(lambda: use.followups)
    assert use.ephemeral and live.channel.messages == []
    assert len(live.channel.messages_for(live.member)) == 2 and live.channel.messages_for(live.admin) == []
    await live.server.until(lambda: live.bot.seen)
    assert live.bot.seen[0].guild is None
    assert use.response is not None
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel)
    with pytest.raises(discord.NotFound) as refused:
        await channel.get_partial_message(use.response.id).edit(content="x")
    assert refused.value.code == 10008


@pytest.mark.parametrize("hidden", [False, True])
async def test_the_first_follow_up_takes_the_place_of_thinking(live: LivePlace, hidden: bool) -> None:
    use = await live.slash("slow", {"hidden": hidden})
    assert use.deferred and use.response is None and use.original is not None and use.original.loading
    assert use.ephemeral is hidden
    live.bot.gate.set()
    message = await live.shown(use, "thought")
    assert message is use.original and message.ephemeral is hidden and use.followups == []


async def test_buttons(live: LivePlace) -> None:
    message = await live.shown(await live.slash("buttons"), "press")
    again = await (await live.admin.press(message, "Again")).answered()
    assert message.content == "again 7" and again.response is message
    cancel = await (await live.member.press(message, "cancel")).answered()
    assert cancel.deferred
    await live.server.until(lambda: message.content == "cancelled" and message.components == [])
    with pytest.raises(ClientRefusal, match="no button 'Cancel'"):
        await live.member.press(message, "Cancel")


async def test_buttons_that_cannot_be_pressed(live: LivePlace) -> None:
    message = await live.shown(await live.slash("buttons"), "press")
    with pytest.raises(ClientRefusal, match="disabled"):
        await live.member.press(message, "Off")
    with pytest.raises(ClientRefusal, match=r"there are: .*Cancel"):
        await live.member.press(message, "Start")
    live.server.messages.delete(message)
    with pytest.raises(ClientRefusal, match="does not see"):
        await live.member.press(message, "Cancel")


async def test_selects(live: LivePlace) -> None:
    message = await live.shown(await live.slash("buttons"), "press")
    one = await (await live.member.select(message, "pick", ["One"])).answered()
    who = await (await live.member.select(message, "who", [live.admin])).answered()
    assert one.response and who.response
    assert (one.response.content, who.response.content) == ("picked ['1']", "picked Ada")
    with pytest.raises(ClientRefusal, match="not one of: One"):
        await live.member.select(message, "pick", ["Two"])


async def test_modals(live: LivePlace) -> None:
    message = await live.shown(await live.slash("buttons"), "press")
    use = await (await live.member.press(message, "Settings")).answered()
    assert use.modal and use.modal["title"] == "Settings"
    fields = {"Prompt": "a cat", "Style": ["Ink"], "Picture": [("a.png", PNG)]}
    done = await (await live.member.submit(use, fields)).answered()
    assert done.response and done.response.content == f"a cat ['Ink'] ['a.png:{len(PNG)}']"
    for bad, why in (
        ({"Prompt": "x" * 21, "Style": ["Ink"]}, "0 to 20 characters"),
        ({"Style": ["Ink"]}, "Prompt: this field is required"),
        ({"Prompt": "x"}, "Style: this field is required"),
        ({"Prompt": "x", "Style": ["Wax"]}, "not one of: Oil, Ink"),
        ({"Prompt": "x", "Style": ["Ink"], "Nope": 1}, "no such field: Nope"),
    ):
        with pytest.raises(ClientRefusal, match=why):
            await live.member.submit(use, bad)


async def test_autocomplete(live: LivePlace) -> None:
    found = await live.member.autocomplete(live.channel, "blur", "scheduler", "eul", {"radius": 3})
    assert [c["value"] for c in found] == ["euler", "euler_a"]
    with pytest.raises(ClientRefusal, match="no option 'mode'"):
        await live.member.autocomplete(live.channel, "blur", "mode", "s")


async def test_subcommands(live: LivePlace) -> None:
    use = await live.slash("workflow add", {"name": "x"})
    assert use.response and use.response.content == "added x"


async def test_silence(live: LivePlace) -> None:
    use = await live.member.slash(live.channel, "silent")
    with pytest.raises(NoAnswer, match="did not respond"):
        await use.answered(0.05)


GOOD: dict[str, object] = {"image": ("a.png", PNG), "radius": 3}


@pytest.mark.parametrize(
    ("command", "options", "why"),
    [
        ("nope", {}, "unknown command"),
        ("workflow", {}, "needs one of its subcommands: add"),
        ("workflow drop", {}, "unknown command"),
        ("blur", {"radius": 3}, "required option missing: image"),
        ("blur", {**GOOD, "colour": 1}, "no such option: colour"),
        ("blur", {**GOOD, "radius": "3"}, "not an integer"),
        ("blur", {**GOOD, "radius": True}, "not an integer"),
        ("blur", {**GOOD, "radius": 11}, "out of bounds"),
        ("blur", {**GOOD, "strength": 1.5}, "out of bounds"),
        ("blur", {**GOOD, "mode": "Medium"}, "not one of the choices: Soft, Hard"),
        ("blur", {**GOOD, "note": "too long"}, "1 to 5 characters"),
        ("blur", {**GOOD, "who": "Ada"}, "not what this option takes"),
        ("blur", {**GOOD, "image": "a.png"}, "not a file"),
        ("nobody", {}, "needs permissions"),
    ],
)
async def test_what_a_client_refuses(live: LivePlace, command: str, options: dict[str, object], why: str) -> None:
    with pytest.raises(ClientRefusal, match=why):
        await live.member.slash(live.channel, command, options)


async def test_permissions_reach_the_bot(live: LivePlace) -> None:
    live.channel.overwrite(live.guild.bot, deny=Permissions.ATTACH_FILES)
    use = await (await live.admin.slash(live.channel, "nobody")).answered()
    assert use.response
    assert use.response.content == f"True {live.guild.bot_permissions & ~Permissions.ATTACH_FILES}"
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await live.server.until(lambda: not channel.permissions_for(channel.guild.me).attach_files)
    with pytest.raises(discord.Forbidden) as refused:
        await channel.send(file=discord.File(io.BytesIO(PNG), "a.png"))
    assert refused.value.code == 50013


async def test_the_integrations_page(live: LivePlace) -> None:
    live.guild.override_command("quick", live.channel, allowed=False)
    live.guild.override_command("nobody", live.member, allowed=True)
    with pytest.raises(ClientRefusal, match="not allowed in #general"):
        await live.member.slash(live.channel, "quick")
    assert (await live.slash("nobody")).response
    await live.slash("buttons")
    live.guild.override_command("buttons", live.guild.members_role, allowed=False)
    with pytest.raises(ClientRefusal, match="needs permissions"):
        await live.member.slash(live.channel, "buttons")
    changed = live.bot.wait_for(
        "raw_app_command_permissions_update", check=lambda e: e.target_id == live.bot.application_id, timeout=5
    )
    live.guild.override_command(None, None, allowed=True)
    event = await changed
    assert (event.application_id, event.guild.id) == (live.bot.application_id, live.guild.id)
    (rule,) = event.permissions
    assert isinstance(rule.target, discord.app_commands.AllChannels)
    assert rule.permission


async def test_direct_messages(live: LivePlace) -> None:
    use = await (await live.member.slash(live.member.dm, "quick", {"text": "psst"})).answered()
    assert use.response and use.response.channel is live.member.dm
    user = await live.bot.fetch_user(live.member.id)
    await user.send("done")
    assert [m.content for m in live.member.dm.messages] == ["psst", "and more", "done"]


async def test_what_others_write_is_hidden_without_the_intent(live: LivePlace) -> None:
    await live.member.say(live.channel, "secret", [("a.png", PNG)])
    await live.member.say(live.channel, f"hello <@{live.server.application_id}>")
    await live.server.until(lambda: len(live.bot.seen) == 2)
    assert [m.content for m in live.bot.seen] == ["", f"hello <@{live.server.application_id}>"]
    assert live.bot.seen[0].attachments == [] and live.channel.messages[0].attachments


async def test_components_v2(live: LivePlace) -> None:
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel)
    view = discord.ui.LayoutView()
    view.add_item(
        discord.ui.Container(
            discord.ui.TextDisplay("# Done"),
            discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://my pic.png")),
            discord.ui.ActionRow(discord.ui.Button(label="Go", custom_id="go")),
        )
    )
    sent = await channel.send(view=view, file=discord.File(io.BytesIO(PNG), "my pic.png"))
    message = live.channel.messages[0]
    assert message.v2 and message.attachments == [] and [f.filename for f in message.files] == ["my_pic.png"]
    assert sent.attachments == []
    with pytest.raises(discord.HTTPException) as refused:
        await sent.edit(view=view)
    assert "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND" in str(live.server.refused[-1].body)
    with pytest.raises(discord.HTTPException) as refused:
        await sent.edit(content="plain", view=None)
    assert refused.value.code == 50035
    use = await live.member.press(message, "Go")
    assert use.data["custom_id"] == "go"


async def test_a_picture_in_an_embed_is_dropped_with_its_file(live: LivePlace) -> None:
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel)
    embed = discord.Embed(title="t").set_image(url="attachment://a.png")
    sent = await channel.send(embed=embed, file=discord.File(io.BytesIO(PNG), "a.png"))
    assert sent.attachments == [] and sent.embeds[0].image.width == 1
    kept = await sent.edit(content="still there", embed=sent.embeds[0])
    assert kept.embeds[0].image.url and live.channel.messages[0].embeds[0]["image"]["url"] == "attachment://a.png"
    gone = await kept.edit(attachments=[*kept.attachments, discord.File(io.BytesIO(PNG), "b.png")])
    assert [a.filename for a in gone.attachments] == ["b.png"] and gone.embeds[0].image.url is None
