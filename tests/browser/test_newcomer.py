"""What somebody sees who opens the page for the first time, at a desk and on a phone."""

from __future__ import annotations

import re

from bot.playground.page.demo import Demo
from tests.browser.conftest import OpenWindow
from tests.browser.test_story import publish, trick
from tests.browser.window import IN_BROWSER, expect

pytestmark = IN_BROWSER
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DONE = re.compile(r"\bdone\b")


async def test_the_hint_ticks_what_was_done_and_nothing_else(demo: Demo, open_window: OpenWindow):
    window = await open_window(demo.page.url, hint=True)
    step = window.tab.locator(".hint-steps > li").nth
    await window.button("Fill it in for me").click()
    await expect(window.tab.locator("#composer .slash-name")).to_have_text("/workflow add")
    await window.button("Behind the scenes").click()
    await expect(window.tab.locator("#panel .trick").first).to_be_visible()
    for number in range(3):
        await expect(step(number)).not_to_have_class(DONE)
    await trick(window, "Kill the bot")
    await expect(step(2)).to_have_class(DONE)
    await trick(window, "Start the bot again")
    await demo.discord.online(30)
    await expect(step(0)).not_to_have_class(DONE)
    await window.tab.reload()
    await publish(window, "blur")
    await expect(step(0)).to_have_class(DONE)
    await window.button("Fill it in for me").click()
    await expect(window.tab.locator("#composer .slash-name")).to_have_text("/blur")


async def test_on_a_phone_the_hint_tells_how_and_the_people_make_room(demo: Demo, open_window: OpenWindow):
    window = await open_window(demo.page.url, hint=True, **PHONE)
    await expect(window.tab.locator(".hint-now")).to_contain_text("type /workflow add")
    assert await window.overflow() <= 0
    await window.button("People").click()
    await window.button("More about Cy").click()
    await window.tab.get_by_role("menuitem", name="Run on avatar").click()
    await expect(window.tab.locator("#people")).not_to_be_in_viewport()


async def test_a_german_browser_is_answered_in_german(demo: Demo, open_window: OpenWindow):
    window = await open_window(demo.page.url, locale="de-DE")
    await window.composer.fill("/help")
    german = demo.discord.global_commands["help"]["description_localizations"]["de"]
    await expect(window.tab.locator("#composer .offers")).to_contain_text(german)
    assert demo.members["Ada"].user.locale == "de"
