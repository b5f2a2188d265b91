"""A page that stays open for long: connections that end, and channels with many messages."""

from __future__ import annotations

from bot.playground.discord import LocalDiscord
from bot.playground.page.server import Page
from tests.browser.conftest import OpenWindow
from tests.browser.window import IN_BROWSER, expect, people

pytestmark = IN_BROWSER
MANY = 500
_AT_FIRST = 60
#: In pixels: how high messages are that were never in sight, the browser only guesses.
_TWO_LINES = 40


async def test_the_page_comes_back_by_itself(quiet: tuple[LocalDiscord, Page], open_window: OpenWindow):
    discord, page = quiet
    channel, members = people(discord)
    window = await open_window(page.url)
    window.expected += ["WebSocket", "ERR_CONNECTION_REFUSED"]
    await window.composer.fill("half a sentence")
    await page.stop()
    await expect(window.tab.locator("#lost")).to_be_visible()
    await members["Bo"].say(channel, "Said while nobody could hear it")
    await page.start()
    await expect(window.message("Said while nobody could hear it")).to_be_visible()
    await expect(window.tab.locator("#lost")).to_be_hidden()
    assert await window.composer.input_value() == "half a sentence"
    await window.composer.press("Enter")
    await expect(window.message("half a sentence")).to_be_visible()


async def test_many_messages_load_as_one_scrolls(quiet: tuple[LocalDiscord, Page], open_window: OpenWindow):
    discord, page = quiet
    channel, members = people(discord)
    for number in range(MANY):
        await members["Bo" if number % 7 else "Cy"].say(channel, f"message {number} of many")
    window = await open_window(page.url)
    articles = window.tab.locator("#messages article")
    await expect(window.message(f"message {MANY - 1} of many")).to_be_in_viewport()
    assert await articles.count() <= _AT_FIRST

    async def at_the_top() -> bool:
        await window.tab.locator("#messages").evaluate("node => node.scrollTop = 0")
        return await articles.count() == MANY

    await window.until(at_the_top, "all messages are there")
    await expect(window.message("message 0 of many")).to_be_in_viewport()
    seen = [await articles.nth(index).locator(".content").text_content() for index in (0, 1, MANY // 2, MANY - 1)]
    assert seen == [f"message {number} of many" for number in (0, 1, MANY // 2, MANY - 1)]
    await window.composer.fill("still quick")
    await window.composer.press("Enter")
    await expect(window.message("still quick")).to_have_count(1)


async def test_older_messages_move_nothing(quiet: tuple[LocalDiscord, Page], open_window: OpenWindow):
    discord, page = quiet
    channel, members = people(discord)
    for number in range(MANY):
        await members["Bo"].say(channel, f"message {number} of many")
    window = await open_window(page.url)
    await expect(window.message(f"message {MANY - 1} of many")).to_be_in_viewport()
    for _ in range(3):
        assert await window.tab.evaluate(_JUMP) < _TWO_LINES


#: Scroll up, and tell by how many pixels the message that is in sight jumps when older ones come.
_JUMP = """() => new Promise(done => {
  const root = document.querySelector("#messages"), list = root.querySelector(".list");
  const top = node => node.getBoundingClientRect().top;
  list.prepend = (...older) => {
    const kept = [...list.children].find(node => top(node) > innerHeight / 2), before = top(kept);
    delete list.prepend;
    list.prepend(...older);
    requestAnimationFrame(() => requestAnimationFrame(() => done(Math.abs(top(kept) - before))));
  };
  root.scrollTop = 300;
})"""
