"""Parts of what the page shows: files, embeds, components, colours."""

from __future__ import annotations

import pytest

from bot.playground.discord import LocalDiscord, Message
from bot.playground.discord.state import User
from bot.playground.page.drawn import PALETTE, Drawer, colour_of
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import Place
from tests.playground.test_discord_messages import V2, button, row, text
from tests.playground.test_page_drawn import PICTURE, fetched, posted

# Files


async def test_attachments(place: Place) -> None:
    files = [PICTURE, ("clip.mp4", b"x"), ("song.mp3", b"xy"), ("page.html", b"<b>"), ("drawing.svg", b"<svg>")]
    body = {"attachments": [{"id": 0, "description": "A <dot>"}]}
    drawn = (await posted(place, body, *files))["attachments"]
    assert [(d["filename"], d["kind"], d["size"], d["width"], d["spoiler"]) for d in drawn] == [
        ("SPOILER_a_b.png", "image", len(PNG), 1, True),
        ("clip.mp4", "video", 1, None, False),
        ("song.mp3", "audio", 2, None, False),
        ("page.html", "file", 3, None, False),
        ("drawing.svg", "file", 5, None, False),
    ]
    assert [d["alt"] for d in drawn[:2]] == ["A <dot>", None]
    assert await fetched(place, drawn[0]["url"]) == PNG


async def test_a_file_keeps_its_url_as_long_as_it_is_good(place: Place) -> None:
    said = await place.member.say(place.channel, "", [PICTURE])
    drawer = Drawer(place.server)
    first = drawer.file_url(said.files[0])
    place.server.advance(3600)
    assert drawer.file_url(said.files[0]) == first
    place.server.advance(24 * 3600)
    renewed = drawer.file_url(said.files[0])
    assert renewed != first
    assert await fetched(place, renewed) == PNG


# Embeds


async def test_an_embed(place: Place) -> None:
    embed = {
        "title": "**T** <@1>",
        "url": "https://a.b",
        "description": "# D\n[x](https://c.d)",
        "color": 0x00FF7F,
        "author": {"name": "*A*", "icon_url": "attachment://icon.png", "url": "https://e.f"},
        "footer": {"text": "*F*", "icon_url": "https://g.h/i.png"},
        "fields": [{"name": "`n`", "value": "- v", "inline": True}, {"name": "m", "value": "w"}],
        "image": {"url": "attachment://big.png"},
        "thumbnail": {"url": "https://g.h/i.png"},
        "timestamp": "2021-04-20T21:20:30+00:00",
    }
    body = {"embeds": [embed], "attachments": [{"id": 0, "description": "A dot"}]}
    drawn = await posted(place, body, ("big.png", PNG), ("icon.png", PNG))
    assert drawn["attachments"] == []
    (found,) = drawn["embeds"]
    image, icon = found["image"].pop("url"), found["author"].pop("icon_url")
    assert found == {
        "color": "#00ff7f",
        "title_html": "<strong>T</strong> &lt;@1&gt;",
        "url": "https://a.b",
        "html": '<h1>D</h1><a href="https://c.d" rel="noreferrer noopener" target="_blank">x</a>',
        "author": {"name": "*A*", "url": "https://e.f"},
        "fields": [
            {"name_html": "<code>n</code>", "value_html": "<ul><li>v</li></ul>", "inline": True},
            {"name_html": "m", "value_html": "w", "inline": False},
        ],
        "image": {"width": 1, "height": 1, "alt": "A dot"},
        "thumbnail": {"url": "https://g.h/i.png", "width": None, "height": None, "alt": None},
        "footer": {"text": "*F*", "icon_url": "https://g.h/i.png"},
        "timestamp": "2021-04-20T21:20:30+00:00",
    }
    assert await fetched(place, image) == await fetched(place, icon) == PNG


async def test_an_embed_of_little(place: Place) -> None:
    drawn = await posted(place, {"embeds": [{"title": "T", "color": 0}]})
    (found,) = drawn["embeds"]
    assert {key: value for key, value in found.items() if value} == {"color": "#000000", "title_html": "T"}


async def test_suppressed_embeds_are_not_shown(place: Place) -> None:
    assert (await posted(place, {"content": "x", "embeds": [{"title": "T"}], "flags": 4}))["embeds"] == []


# Components


async def test_components_v2(place: Place) -> None:
    media = {"media": {"url": "attachment://a.png"}}
    thumbnail = {"type": 11, "description": "t", "spoiler": True, **media}
    section = {"type": 9, "components": [text("**S**")], "accessory": thumbnail}
    pressed = {"type": 9, "components": [text("b")], "accessory": button(1)}
    gallery = {"type": 12, "items": [{**media, "description": "g"}, {"media": {"url": "https://x.y/z.png"}}]}
    file = {"type": 13, "file": {"url": "attachment://SPOILER_f.zip"}}
    inner = [section, pressed, gallery, file, {"type": 14, "divider": False, "spacing": 2}, row(button(2))]
    container = {"type": 17, "accent_color": 255, "components": inner}
    body = {"flags": V2, "components": [text("# top"), container]}
    drawn = await posted(place, body, ("a.png", PNG), ("SPOILER_f.zip", b"zip"))
    assert drawn["v2"] and drawn["attachments"] == [] and drawn["html"] == ""
    top, box = drawn["components"]
    assert top["html"] == "<h1>top</h1>"
    assert (box["type"], box["accent_color"]) == (17, "#0000ff")
    first, second, many, filed, separator, buttons = box["components"]
    assert first["components"][0]["html"] == "<strong>S</strong>"
    thumbnail = first["accessory"]
    assert (thumbnail["description"], thumbnail["spoiler"], thumbnail["media"]["width"]) == ("t", True, 1)
    assert await fetched(place, thumbnail["media"]["url"]) == PNG
    assert second["accessory"]["custom_id"] == "b1"
    own, other = many["items"]
    assert (own["spoiler"], own["description"], own["media"]["content_type"]) == (False, "g", "image/png")
    assert other["media"]["url"] == "https://x.y/z.png"
    assert (filed["name"], filed["size"], filed["spoiler"]) == ("SPOILER_f.zip", 3, True)
    assert await fetched(place, filed["file"]["url"]) == b"zip"
    assert (separator["divider"], separator["spacing"]) == (False, 2)
    assert buttons["components"][0]["label"] == "b"


async def test_selects_know_the_names_of_what_is_chosen(place: Place) -> None:
    role = place.guild.add_role("Painters")
    ids = (place.member.id, "user"), (role.id, "role"), (1, "role")
    mixed = [{"id": str(thing), "type": kind} for thing, kind in ids]
    channel = [{"id": str(place.channel.id), "type": "channel"}]
    options = [{"label": "One", "value": "1", "default": True}, {"label": "Two", "value": "2"}]
    drawn = await posted(
        place,
        {
            "content": "x",
            "components": [
                row({"type": 7, "custom_id": "who", "max_values": 3, "default_values": mixed}),
                row({"type": 8, "custom_id": "where", "default_values": channel}),
                row({"type": 3, "custom_id": "what", "options": options}),
                row({"type": 2, "style": 5, "label": "Go", "url": "https://a.b"}),
            ],
        },
    )
    who, where, what, link = (r["components"][0] for r in drawn["components"])
    assert [d["label"] for d in who["default_values"]] == ["Bo", "Painters", "1"]
    assert [d["label"] for d in where["default_values"]] == ["general"]
    assert what["options"] == options
    assert link["url"] == "https://a.b"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//a.b", "/\\a.b", "data:text/html,x", ""])
def test_addresses_that_lead_nowhere(url: str) -> None:
    discord = LocalDiscord()
    channel = discord.add_guild("G").add_channel("c")
    message = Message(1, channel, discord.bot, embeds=[{"title": "t", "url": url, "image": {"url": url}}])
    link, thumbnail = {"type": 2, "style": 5, "label": "x", "url": url}, {"type": 11, "id": 2, "media": {"url": url}}
    message.components = [row(link), thumbnail]
    drawn = Drawer(discord).message(message, discord.bot)
    assert (drawn["embeds"][0]["url"], drawn["embeds"][0]["image"]) == (None, None)
    assert drawn["components"][0]["components"][0]["url"] is None
    assert drawn["components"][1]["media"]["url"] == ""


# Colours


def luminance(colour: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", PALETTE)
@pytest.mark.parametrize("ground", ["#ffffff", "#313338"])
def test_colours_are_readable_on_light_and_dark(colour: str, ground: str) -> None:
    dark, light = sorted((luminance(colour), luminance(ground)))
    assert (light + 0.05) / (dark + 0.05) > 3


def test_people_who_came_one_after_the_other_have_colours_of_their_own() -> None:
    colours = [colour_of(User(1234567890 << 22 | serial, "x")) for serial in range(len(PALETTE))]
    assert sorted(colours) == sorted(PALETTE)
