"""What people do with the product, in their browsers: by keys, in two windows, over a death of the bot."""

from __future__ import annotations

import re

from bot.playground.page.demo import Demo
from tests.browser.conftest import OpenWindow
from tests.browser.window import BUNDLED, IN_BROWSER, Window, expect

pytestmark = IN_BROWSER
PICTURE = BUNDLED / "samples" / "harbour.webp"
PERCENT = re.compile(r"([1-9]\d?)%")


async def publish(window: Window, name: str) -> None:
    """Publish one of the bundled workflows by its file, as an admin, by keys alone."""
    await window.begin("workflow add")
    await window.attach("file", BUNDLED / f"{name}.json")
    await window.send()
    report = window.message("Posts")
    await window.press(window.button("Publish", within=report))
    await expect(window.message("is ready for everyone here")).to_be_visible()


async def run(window: Window, command: str) -> None:
    await window.begin(command)
    await window.attach("picture", PICTURE)
    await window.send()


async def trick(window: Window, title: str) -> None:
    """Press one of the mischief box's buttons, and wait until it has told what happened."""
    said = window.tab.locator("#panel .tricks-said")
    before = await said.text_content() or ""
    await window.button(title).click()
    await expect(said).not_to_have_text(before)


async def test_a_workflow_is_published_and_run_by_keyboard_alone(demo: Demo, open_window: OpenWindow):
    window = await open_window(demo.page.url)
    await publish(window, "hue_sheet")
    await window.go_to(window.tab.locator("#seat"))
    await window.keys("B")
    await expect(window.tab.locator("#seat option:checked")).to_have_text("Bo")
    await window.begin("hue-sheet")
    await window.attach("picture", PICTURE)
    await window.fill("pictures", "4")
    await window.send()
    card = window.message("Hue sheet")
    await expect(card).to_contain_text("Bo used /hue-sheet")
    await expect(card).to_contain_text(PERCENT)
    first = percent(await card.inner_text())

    async def moved() -> bool:
        return percent(await card.inner_text()) > first

    await window.until(moved, f"the bar moves on from {first} %")
    await expect(card.locator("img[data-file], [data-file] img")).to_have_count(4)
    await expect(window.button("Details", within=card)).to_be_visible()
    await expect(window.button("Cancel", within=card)).to_have_count(0)
    assert await window.pointers() == 0


async def test_cancel_ends_a_job_and_again_outlives_the_bot(demo: Demo, open_window: OpenWindow):
    admin = await open_window(demo.page.url)
    await publish(admin, "hue_sheet")
    await run(admin, "hue-sheet")
    card = admin.message(PERCENT)
    await admin.button("Cancel", within=card).click()
    await expect(admin.message("Cancelled.")).to_be_visible()

    await admin.button("Behind the scenes").click()
    await run(admin, "hue-sheet")
    await expect(admin.message(PERCENT)).to_be_visible()
    await trick(admin, "Fill InvokeAI's disk")
    again = admin.button("Again", within=admin.message("❌"))
    await expect(again).to_be_visible()
    await trick(admin, "Free InvokeAI's disk")
    await trick(admin, "Kill the bot")
    assert not demo.bot.running
    await again.click()
    await expect(admin.message("This interaction failed")).to_be_visible()
    await trick(admin, "Start the bot again")
    await demo.discord.online(30)
    await again.click()
    await expect(admin.tab.locator("article [data-file]").first).to_be_visible()


async def test_a_modal_keeps_what_was_typed_until_it_is_right(demo: Demo, open_window: OpenWindow):
    window = await open_window(demo.page.url)
    await publish(window, "enhance")
    await window.begin("run")
    await window.tab.keyboard.type("enhance")
    await window.send()
    panel = window.message("Still needed")
    await window.press(window.button(re.compile("^1–5"), within=panel))
    dialog = window.tab.locator("dialog.modal")
    await dialog.get_by_label("contrast").fill("a lot")
    await window.keys("Enter")
    # The client itself refuses this one, and keeps the rest.
    await expect(dialog.locator("[role=alert]", has_text="This field is required")).to_be_visible()
    await window.button("Samples for picture").click()
    await window.tab.get_by_role("menuitem", name="Harbour").click()
    await expect(dialog.locator(".held:not([aria-busy])")).to_be_visible()
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog).to_have_count(0)
    refused = window.message("Please correct")
    await expect(refused).to_contain_text("contrast")
    await window.press(window.button(re.compile("^1–5"), within=refused))
    await expect(dialog.get_by_label("contrast")).to_have_value("a lot")
    await dialog.get_by_label("contrast").fill("1.5")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(window.message("contrast 1.5")).to_be_visible()
    await expect(window.message("Please correct")).to_have_count(0)
    await window.button("Run", within=window.message("contrast 1.5")).click()
    await expect(window.tab.locator("article [data-file]").first).to_be_visible()


async def test_a_private_answer_is_for_one_person(demo: Demo, open_window: OpenWindow):
    ours, theirs = await open_window(demo.page.url, "Bo"), await open_window(demo.page.url, "Cy")
    await ours.begin("jobs")
    await ours.send()
    await expect(ours.message("You have not run anything here yet.")).to_contain_text("Only you can see this")
    await ours.composer.fill("Did you see that?")
    await ours.composer.press("Enter")
    await expect(theirs.message("Did you see that?")).to_be_visible()
    assert await theirs.tab.get_by_text("You have not run anything here yet.").count() == 0
    await ours.button("Dismiss message").click()
    await expect(ours.tab.get_by_text("You have not run anything here yet.")).to_have_count(0)


async def test_a_command_that_is_published_meanwhile_disturbs_nobody(demo: Demo, open_window: OpenWindow):
    admin, member = await open_window(demo.page.url), await open_window(demo.page.url, "Bo")
    await publish(admin, "blur")
    await member.begin("blur")
    await member.attach("picture", PICTURE)
    await member.fill("radius", "1")
    await publish(admin, "hue")
    await member.tab.keyboard.type("2")
    await expect(member.option("radius").locator("input")).to_have_value("12")
    await member.keys("Enter")
    card = member.message("Bo used /blur")
    await member.press(member.button("Details", within=card))
    await expect(member.message("radius 12")).to_contain_text("Only you can see this")


def percent(text: str) -> int:
    found = PERCENT.search(text)
    # Without a bar it is over.
    return int(found[1]) if found else 100
