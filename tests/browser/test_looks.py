"""How the page looks: light and dark, on a phone, to a screen reader; and pictures of single messages."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageStat

from bot.playground.discord import LocalDiscord
from bot.playground.page.demo import Demo
from bot.playground.page.render import Stills, render_demo
from bot.playground.page.server import Page
from bot.playground.page.stills import Still
from tests.browser.conftest import Draw, OpenWindow
from tests.browser.test_story import publish, run
from tests.browser.window import IN_BROWSER, expect, people

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = IN_BROWSER
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


async def test_light_and_dark_are_not_the_same(quiet: tuple[LocalDiscord, Page], open_window: OpenWindow, shots: Path):
    discord, page = quiet
    channel, members = people(discord)
    await members["Bo"].say(channel, "Good **evening**!")
    seen: dict[str, float] = {}
    for scheme in ("light", "dark"):
        window = await open_window(page.url, color_scheme=scheme)
        await expect(window.message("Good evening!")).to_be_visible()
        path = shots / f"page-{scheme}.png"
        await window.tab.screenshot(path=path)
        seen[scheme] = brightness(path)
    assert seen["light"] > 200
    assert seen["dark"] < 80


async def test_nothing_is_wider_than_a_phone(demo: Demo, open_window: OpenWindow, shots: Path):
    admin = await open_window(demo.page.url)
    await publish(admin, "hue_sheet")
    await run(admin, "hue-sheet")
    await expect(admin.message("Hue sheet").locator("[data-file]").first).to_be_visible()
    phone = await open_window(demo.page.url, **PHONE)
    await expect(phone.message("Hue sheet").locator("[data-file]").first).to_be_visible()
    await phone.tab.screenshot(path=shots / "phone.png")
    assert await phone.overflow() == 0
    await phone.begin("hue-sheet")
    await phone.tab.screenshot(path=shots / "phone-command.png")
    assert await phone.overflow() == 0
    await phone.keys("Escape")
    for drawer in ("Channels", "People"):
        await phone.button(drawer).tap()
        await phone.tab.screenshot(path=shots / f"phone-{drawer.lower()}.png", animations="disabled")
        assert await phone.overflow() == 0
        await phone.keys("Escape")


async def test_everything_has_a_name(demo: Demo, open_window: OpenWindow):
    window = await open_window(demo.page.url)
    await publish(window, "enhance")
    assert await window.nameless() == []
    await window.begin("workflow edit")
    await window.tab.keyboard.type("enhance")
    assert await window.nameless() == []
    await window.send()
    await expect(window.message("Editing").or_(window.message("What members will notice")).last).to_be_visible()
    await window.button(re.compile("^Name"), within=window.message("Posts")).click()
    await expect(window.tab.locator("dialog.modal")).to_be_visible()
    assert await window.nameless() == []
    await window.keys("Escape")
    await window.button("Behind the scenes").click()
    await expect(window.button("Kill the bot")).to_be_visible()
    assert await window.nameless() == []
    await window.message("Posts").click(button="right")
    await expect(window.tab.get_by_role("menu")).to_be_visible()
    assert await window.nameless() == []


async def test_a_message_is_drawn_on_its_own(draw: Draw):
    embed = {"title": "Blur", "description": "**radius** 8", "color": 0x57F287}
    button = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Again", "custom_id": "again"}]}
    for scheme, least, most in (("light", 200, 255), ("dark", 0, 80)):
        (words, card) = await draw({"Words": Still("Hello!"), "Card": Still("", [embed], [button])}, scheme=scheme)
        assert least <= brightness(card) <= most
        with Image.open(words) as small, Image.open(card) as large:
            assert small.width == large.width
            assert small.height < large.height


async def test_a_picture_of_a_message_shows_its_files(stills: Stills, draw: Draw):
    (path,) = await draw({"Done": Still(files=(stills.discord.cdn.store("red.png", red(), 0),))})
    with Image.open(path) as drawn:
        colours = drawn.convert("RGB").getcolors(1 << 24) or []
    assert max(count for count, colour in colours if colour == (200, 30, 30)) > 10_000


async def test_a_modal_is_drawn_on_its_own(stills: Stills, draw: Draw):
    use = stills.discord.desk.open(2, stills.people[0], stills.guild.add_channel("modals"), {"name": "edit"})
    field = {"type": 4, "custom_id": "prompt", "style": 1, "value": "a cat"}
    label = {"type": 18, "label": "Prompt", "component": field}
    use.modal = {"title": "Edit", "custom_id": "edit", "components": [label]}
    (small,) = await draw({"Modal": use})
    use.modal["components"] += [{**label, "component": {**field, "custom_id": "negative", "style": 2}}]
    (large,) = await draw({"Modal of two": use})
    with Image.open(small) as one, Image.open(large) as two:
        assert one.width == two.width
        assert one.height + 100 < two.height


@pytest.mark.timeout(600)
async def test_the_real_bots_states_are_drawn(chromium: Browser, tmp_path: Path):
    paths = await render_demo(tmp_path)
    assert paths[-1] == tmp_path / "cards.png"
    names = [path.relative_to(tmp_path).as_posix() for path in paths]
    members = "running-with-a-preview", "done-more-than-ten-pictures", "details", "use-as-input", "done-in-german"
    admins = "policy", "usage", "audit"
    for name in ("waiting", "running", "done", "done-several-pictures", "failed", "form-its-fields", *members, *admins):
        assert {f"light/{name}.png", f"dark/{name}.png"} <= set(names)
    assert all(path.stat().st_size > 10_000 for path in paths)


def brightness(path: Path) -> float:
    with Image.open(path) as picture:
        return ImageStat.Stat(picture.convert("L")).median[0]


def red() -> bytes:
    """A picture that is red all over."""
    stream = io.BytesIO()
    Image.new("RGB", (200, 150), (200, 30, 30)).save(stream, "PNG")
    return stream.getvalue()
