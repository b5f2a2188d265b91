"""/settings: each switch, a member's defaults, after a restart, and for nobody else."""

from bot.preferences import Preferences, PreferenceStore
from tests.cogs.atelier import Atelier, Field, buttons, in_module_loop, menus, text, texts


async def opened(room: Atelier, who=None, channel=None):
    who = who or room.place.member
    shown = await room.answer(await who.slash(channel or room.channel, "settings"))
    assert shown.ephemeral
    return shown


async def chosen(room: Atelier, who) -> Preferences:
    async with room.catalog() as catalog:
        return await PreferenceStore(catalog._db).of_user(who.id)


@in_module_loop
async def test_strangers_and_gone_workflows_are_told_so(room: Atelier) -> None:
    member, other = room.place.member, room.place.other
    shown = await opened(room, other)
    refused = "Those are somebody else's settings. `/settings` shows yours."
    for raw in (f"familiar:settings:{member.id}:private:on", f"familiar:forget:{member.id}:1"):
        assert text(await room.answer(await room.press_raw(other, shown, raw))) == refused
    assert await chosen(room, member) == Preferences()
    # What was removed since, or forgotten by another press already.
    await room.changed(shown, await room.press_raw(other, shown, f"familiar:forget:{other.id}:99999"))
    assert "There were none left to forget." in text(shown)


@in_module_loop
async def test_each_switch_says_its_state_and_is_kept(room: Atelier) -> None:
    member = room.place.member
    shown = await opened(room)
    assert buttons(shown) == [
        "🔒 Private by default: off",
        "🫣 Spoiler: off",
        "👁️ Previews: on",
        "🔔 Ping when done: off",
        "📬 Direct message when done: off",
    ]
    # Short jobs are not told of, and both ways of telling say so.
    assert text(shown).count("When a job that took longer than 20 s is over, I ") == 2
    for label in ("🔒 Private by default: off", "👁️ Previews: on", "📬 Direct message when done: off"):
        await room.changed(shown, await member.press(shown, label))
    assert await chosen(room, member) == Preferences(private=True, previews=False, direct=True)
    assert "🔒 Private by default: **on**" in text(shown)
    assert "👁️ Previews: **off**" in text(shown)
    # It is the same everywhere, and pressed twice it says the same.
    shown = await opened(room, channel=member.dm)
    assert "🔒 Private by default: on" in buttons(shown)
    for _ in range(2):
        await room.changed(shown, await room.press_raw(member, shown, f"familiar:settings:{member.id}:private:off"))
    assert not (await chosen(room, member)).private


async def test_defaults_are_seen_and_forgotten_also_after_a_restart(atelier: Atelier) -> None:
    member = atelier.place.member
    await atelier.publish(texts(Field("value", "", "Prompt"), name="Poster"), name="poster")
    shown = await opened(atelier)
    assert "None yet. Open a workflow's form with `/run`" in text(shown)
    assert menus(shown) == {}
    async with atelier.catalog() as catalog:
        published = await catalog.find(atelier.place.guild.id, "poster")
        assert published
        given = {"prompt": "a *red* fox [x](https://evil.example)"}
        await PreferenceStore(catalog._db).save_defaults(member.id, published.workflow_id, given)
    shown = await opened(atelier)
    assert menus(shown) == {"See the defaults of …": ["Poster"]}
    await atelier.restart()
    await atelier.changed(shown, await member.select(shown, "See the defaults of …", ["Poster"]))
    assert "Your defaults for Poster" in text(shown)
    assert r"**prompt** a \*red\* fox \[x\](https://evil.example)" in text(shown)
    await atelier.changed(shown, await member.press(shown, "Back"))
    await atelier.changed(shown, await member.select(shown, "See the defaults of …", ["Poster"]))
    await atelier.changed(shown, await member.press(shown, "Forget these"))
    assert "Forgotten: **Poster** takes its own defaults again." in text(shown)
    assert menus(shown) == {}


@in_module_loop
async def test_it_speaks_its_readers_language(room: Atelier) -> None:
    frieda = room.place.guild.add_member("Frieda", locale="de")
    shown = await opened(room, frieda)
    await room.changed(shown, await frieda.press(shown, "🔒 Von sich aus privat: aus"))
    assert "🔒 Von sich aus privat: **an**" in text(shown)
