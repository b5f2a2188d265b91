"""/workflow add: from an uploaded file to a command, and everything that keeps it from becoming one."""

import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.playground.discord import ClientRefusal
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    bundled,
    buttons,
    custom_id,
    edge,
    fixture,
    furnished,
    in_module_loop,
    names,
    node,
    option,
    text,
    workflow,
)

#: Of a report: its buttons, and its menus, which are pressed alike.
EVERY_BUTTON = ("Publish", "Cancel", "Name …", "More …", "Choose an input to change")
COMFY = {"3": {"class_type": "KSampler", "inputs": {}}}
GRAPH = {"id": "g", "nodes": {"a": {"id": "a", "type": "blank_image"}}, "edges": []}


def with_version(version: str | None) -> dict[str, Any]:
    document = workflow(blank())
    document["meta"] = {"category": "user"} | ({"version": version} if version is not None else {})
    return document


BAD_FILES = {
    "empty file": (b"", "not JSON"),
    "not JSON": (b"\x89PNG\r\n", "not JSON"),
    "cut JSON": (b'{"nodes": [', "not JSON"),
    "another JSON": ({"hello": 1}, "but not a workflow"),
    "a list": (b"[]", "but not a workflow"),
    "ComfyUI's API format": (COMFY, "ComfyUI"),
    "ComfyUI's editor": ({"last_node_id": 3, "nodes": [], "links": []}, "ComfyUI"),
    "a graph": (GRAPH, "graph for InvokeAI's API"),
    "no version": (with_version(None), "too old"),
    "newer version": (with_version("5.0.0"), "newer than this bot knows"),
    "version without end": (with_version("9" * 4000), "That workflow has format 999"),
    "no nodes": (workflow(), "is empty"),
    "too large": (b" " * (5 * 1024 * 1024 + 1), "up to 5 MiB"),
}


@pytest.mark.parametrize(("data", "words"), BAD_FILES.values(), ids=BAD_FILES.keys())
@in_module_loop
async def test_a_bad_file_is_answered_with_one_sentence_and_changes_nothing(
    room: Atelier, data: Any, words: str
) -> None:
    before = room.puts()
    answer = await room.add(data)
    assert words in answer.content
    assert len(answer.content.splitlines()) == 1
    assert answer.ephemeral
    assert not answer.embeds
    assert not answer.components
    assert not room.place.guild.commands
    assert room.puts() == before


UNFIT = {
    "no picture": (workflow(node("n", "integer", Field("value", 1))), ["none of its nodes makes an image"]),
    "missing nodes": (
        workflow(blank(), node("x", "grounded_sam"), node("y", "my_pack_upscale")),
        ["lacks these nodes: `grounded_sam`, `my_pack_upscale`"],
    ),
    "reads the server's files": (
        workflow(blank(), node("p", "prompt_from_file")),
        ["`prompt_from_file` reads any file"],
    ),
    "spends money": (workflow(blank(), node("p", "openai_image_generation")), ["spends money at a provider"]),
    "everything at once": (
        workflow(blank(), node("x", "nothing_known"), node("p", "prompt_from_file")),
        ["`nothing_known`", "`prompt_from_file`"],
    ),
    "too much to show": (
        workflow(
            *(
                node(f"s{i}", "string", Field("value", label=f"Choice {i}", settings=long_choices))
                for i, long_choices in enumerate(
                    [{"component": "dropdown", "options": [{"value": f"v{j}", "label": "long " * 8} for j in range(6)]}]
                    * 25
                )
            ),
            blank(),
            node("x", "nothing_known"),
        ),
        ["`nothing_known`"],
    ),
}


@pytest.mark.parametrize(("document", "words"), UNFIT.values(), ids=UNFIT.keys())
@in_module_loop
async def test_what_cannot_run_here_is_reported_and_cannot_be_published(
    room: Atelier, document: Any, words: list[str]
) -> None:
    report = await room.add(document)
    assert not [word for word in ("Cannot be published", *words) if word not in text(report)]
    assert buttons(report) == []
    assert not room.place.guild.commands


@in_module_loop
async def test_the_report_tells_everything(room: Atelier) -> None:
    document = workflow(
        node(
            "noise",
            "img_noise",
            Field("image", label="Photo", description="What to grain"),
            Field("seed", 5),
            Field("noise_type", "gaussian"),
            Field("amount", 0.25, label="Grain", settings={"min": 0.1, "max": 0.5}),
            Field("noise_color", True),
            Field("size", 2, settings={"min": 1, "max": 8}),
            Field("board", "auto"),
            Field("vanished", 3),
            label="Grain",
        ),
        node("fed", "img_blur", Field("image"), Field("radius", 2.0)),
        node("old", "string", Field("value", label="Words")),
        edges=(edge("noise.image", "fed.image"),),
        name="Film *grain*",
        description="Makes it **old**.",
    )
    document["nodes"][2]["data"]["version"] = "0.9.0"
    shown = text(await room.add(document))
    for words in (
        "# `/film-grain`",
        r"Makes it \*\*old\*\*.",
        "`photo` image, required",
        "`seed` whole number from 0 to 4294967295, random if left empty",
        r"`noise_type` one of gaussian, salt\_and\_pepper, default gaussian",
        "`grain` number from 0.1 to 0.5, default 0.25",
        "`noise_color` yes or no, default yes",
        "`size` whole number from 1 to 8, default 2",
        "`radius` number, at least 0, default 2",
        "`words` text",
        "**Posts**",
        "Worth a look",
        "is of version 0.9.0; this InvokeAI has 1.0.1: it runs as the file has it",
        "Ignored",
        "another node feeds it",
        "this InvokeAI has no such field",
    ):
        assert words in shown


@in_module_loop
async def test_publishing_makes_a_command_at_once_and_only_here(room: Atelier) -> None:
    elsewhere = room.open_place("Elsewhere")
    command = await room.publish(fixture("blur"))
    assert command["name"] == "fog-glass"
    assert command["description"] == "Blurs one image; the smallest useful form."
    assert names(command) == ["photo", "radius"]
    assert option(command, "photo") | {"type": 11} == option(command, "photo")
    radius = option(command, "radius")
    assert (radius["type"], radius["min_value"], radius["max_value"]) == (10, 0, 40)
    assert "required" not in radius
    assert not elsewhere.guild.commands
    with pytest.raises(ClientRefusal, match="unknown command"):
        await elsewhere.member.slash(elsewhere.channel, "fog-glass", {"photo": PHOTO})
    await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    await room.tidy()


@in_module_loop
async def test_the_report_is_private_and_becomes_a_mention_of_the_command(room: Atelier) -> None:
    report = await room.add(fixture("blur"))
    assert report.ephemeral
    assert buttons(report) == ["Publish", "Name …", "Cancel"]
    await room.place.admin.press(report, "Publish")
    await room.shows(report, "is ready for everyone here")
    command = room.place.guild.commands["fog-glass"]
    assert f"</fog-glass:{command['id']}>" in report.content
    assert buttons(report) == []
    assert not report.embeds


@in_module_loop
async def test_cancel_publishes_nothing(room: Atelier) -> None:
    before = room.puts()
    report = await room.add(fixture("blur"))
    await room.place.admin.press(report, "Cancel")
    await room.shows(report, "Nothing was published.")
    late = await room.press_raw(room.place.admin, report, "familiar:draft:publish:0")
    await room.discord.until(lambda: late.followups)
    assert "That draft is gone" in text(late.followups[0])
    assert report.content == "Nothing was published."
    assert not room.place.guild.commands
    assert room.puts() == before


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one after the other"])
@in_module_loop
async def test_pressing_publish_twice_publishes_once_and_confuses_nobody(room: Atelier, at_once: bool) -> None:
    report = await room.add(fixture("blur"))
    press = custom_id(report, "Publish")
    first = await room.press_raw(room.place.admin, report, press)
    if not at_once:
        await room.shows(report, "is ready for everyone here")
    second = await room.press_raw(room.place.admin, report, press)
    await room.shows(report, "is ready for everyone here")
    await room.discord.until(lambda: first.followups or second.followups)
    assert list(room.place.guild.commands) == ["fog-glass"]
    said = [text(m) for use in (first, second) for m in use.followups]
    assert said == ["That draft is gone: it was published or dropped already, or is older than a day."]
    assert "is ready for everyone here" in report.content


async def test_publish_still_works_after_a_restart(atelier: Atelier) -> None:
    report = await atelier.add(fixture("blur"))
    await atelier.restart()
    await atelier.place.admin.press(report, "Publish")
    await atelier.shows(report, "is ready for everyone here")
    assert list(atelier.place.guild.commands) == ["fog-glass"]


async def test_if_discord_refuses_the_command_nothing_is_half_done(atelier: Atelier) -> None:
    report = await atelier.add(fixture("blur"))
    body = {"code": 50035, "message": "Invalid Form Body"}
    atelier.discord.faults.fail_next("PUT /applications", 400, body=body)
    use = await atelier.place.admin.press(report, "Publish")
    await atelier.discord.until(lambda: use.followups)
    assert "Discord did not take the command" in text(use.followups[0])
    assert "Nothing changed." in text(use.followups[0])
    assert [r.status for r in atelier.refusals()] == [400]
    assert not atelier.place.guild.commands
    assert "There is none yet" in await atelier.ask(atelier.place.admin, "workflow list")
    assert buttons(report) == ["Publish", "Name …", "Cancel"]
    await atelier.place.admin.press(report, "Publish")
    await atelier.shows(report, "is ready for everyone here")
    assert list(atelier.place.guild.commands) == ["fog-glass"]


async def test_if_discords_answer_is_lost_the_button_says_how_it_stands(atelier: Atelier) -> None:
    report = await atelier.add(fixture("blur"))
    atelier.discord.faults.lose_answer_next("PUT /applications")
    use = await atelier.place.admin.press(report, "Publish")
    await atelier.discord.until(lambda: use.followups or report.content)
    listed = await atelier.ask(atelier.place.admin, "workflow list")
    if report.content:
        assert "is ready for everyone here" in report.content
        assert "fog-glass" in listed
        assert "fog-glass" in atelier.place.guild.commands
    else:
        assert "Nothing changed." in text(use.followups[0])
        assert "fog-glass" not in listed
    await atelier.restart()
    await atelier.discord.until(lambda: ("fog-glass" in atelier.place.guild.commands) == ("fog-glass" in listed))


async def test_two_admins_race_for_a_name(atelier: Atelier) -> None:
    second = atelier.place.guild.add_member("Eve", manage_guild=True)
    reports = [await atelier.add(fixture("blur")), await atelier.add(fixture("failing"), who=second, name="fog-glass")]
    uses = [await atelier.place.admin.press(reports[0], "Publish"), await second.press(reports[1], "Publish")]
    await atelier.discord.until(lambda: any(use.followups for use in uses))
    (refused,) = [text(m) for use in uses for m in use.followups]
    assert "`/fog-glass` was just taken. Please choose another one with **Name …**." in refused
    await atelier.discord.until(lambda: sum("is ready" in r.content for r in reports) == 1)
    assert list(atelier.place.guild.commands) == ["fog-glass"]


@pytest.mark.parametrize("atelier", [{"rate_limits": True}], indirect=True, ids=["with rate limits"])
async def test_two_admins_publish_at_the_same_time(atelier: Atelier) -> None:
    second = atelier.place.guild.add_member("Eve", manage_guild=True)
    # As long as it does not know their rate limit, the library sends the lists one after the other.
    await atelier.publish(bundled("hue"))
    reports = [await atelier.add(fixture("blur")), await atelier.add(fixture("failing"), who=second)]
    # The first list of commands is on its way for longer than the second one.
    atelier.discord.faults.delay("PUT /applications", 0.3, times=1)
    await atelier.place.admin.press(reports[0], "Publish")
    await atelier.discord.until(lambda: not atelier.discord.faults._slow)
    await second.press(reports[1], "Publish")
    for report in reports:
        await atelier.shows(report, "is ready for everyone here")
    assert set(atelier.place.guild.commands) == {"hue", "fog-glass", "division-of-labour"}


NAMES = {
    "spaces": ("Fog Glass", "`Fog Glass` cannot be a command's name. `fog-glass` could"),
    "capitals": ("Fog", "`fog` could"),
    "signs": ("fog!", "`fog` could"),
    "nothing that can be kept": ("🎨🎨", "`workflow-2` could"),
    "too long": ("x" * 40, f"`{'x' * 32}` could"),
    "the bot's own": ("jobs", "`/jobs` is taken here. `jobs-2` is free."),
    "the admins' own": ("workflow", "`/workflow` is taken here. `workflow-2` is free."),
    "another workflow's": ("blur", "`/blur` is taken here. `blur-3` is free."),
}


@pytest.mark.parametrize(("name", "words"), NAMES.values(), ids=NAMES.keys())
@in_module_loop
async def test_a_name_that_cannot_be_had_is_refused_with_one_that_can(room: Atelier, name: str, words: str) -> None:
    if name == "blur":
        await room.publish(bundled("blur"))
        await room.publish(fixture("blur"), name="blur-2")
    before = set(room.place.guild.commands)
    answer = await room.add(fixture("blur"), name=name)
    assert words in answer.content
    assert not answer.components
    assert set(room.place.guild.commands) == before


GOOD_NAMES = {
    "kyrillic": ("размытие", "размытие"),
    "japanese": ("ぼかし", "ぼかし"),
    "umlauts": ("unschärfe", "unschärfe"),
    "with a dash": ("fog-2", "fog-2"),
}


@pytest.mark.parametrize(("given", "made"), GOOD_NAMES.values(), ids=GOOD_NAMES.keys())
@in_module_loop
async def test_names_in_any_script_are_fine(room: Atelier, given: str, made: str) -> None:
    assert (await room.publish(fixture("blur"), name=given))["name"] == made
    await room.over(await room.run(made, {"photo": PHOTO}))


@pytest.mark.parametrize(
    ("title", "file", "made"),
    [
        ("Ночной город", "x.json", "ночной-город"),
        ("", "My Piece (2).json", "my-piece-2"),
        ("🎨", "🎨.json", "workflow-2"),
        ("jobs", "x.json", "jobs-2"),
        ("A" * 60, "x.json", "a" * 32),
    ],
)
@in_module_loop
async def test_without_a_name_the_workflows_own_is_made_to_fit(room: Atelier, title: str, file: str, made: str) -> None:
    assert (await room.publish(workflow(blank(), name=title), file=file))["name"] == made


@in_module_loop
async def test_the_same_file_twice_gets_another_name(room: Atelier) -> None:
    made = [(await room.publish(fixture("blur")))["name"] for _ in range(3)]
    assert made == ["fog-glass", "fog-glass-2", "fog-glass-3"]


@in_module_loop
async def test_members_without_manage_server_cannot(room: Atelier) -> None:
    place = room.place
    with pytest.raises(ClientRefusal, match="needs permissions"):
        await place.member.slash(place.channel, "workflow add", {"file": ("w.json", b"{}")})
    # What the client does not offer may be sent all the same; and the Integrations page may offer it to anyone.
    forged = await room.slash_raw(place.member, "workflow add", {"file": ("w.json", fixture("blur"))})
    assert "You need the permission **Manage Server**" in text(await room.answer(forged))
    place.guild.override_command("workflow", place.member, allowed=True)
    for command, given in (("list", {}), ("show", {"name": "x"}), ("remove", {"name": "x"}), ("edit", {"name": "x"})):
        refused = await room.answer(await place.member.slash(place.channel, f"workflow {command}", given))
        assert "You need the permission **Manage Server**" in text(refused)
        assert refused.ephemeral
    report = await room.add(fixture("blur"))
    for pressed in EVERY_BUTTON:
        use = await room.press_raw(place.member, report, custom_id(report, pressed))
        assert "You need the permission **Manage Server**" in text(await room.answer(use))
    assert buttons(report) == ["Publish", "Name …", "Cancel"]
    assert not place.guild.commands


@in_module_loop
async def test_a_draft_belongs_to_its_server(room: Atelier) -> None:
    elsewhere = room.open_place("Elsewhere")
    report = await room.add(fixture("blur"))
    own = await room.add(fixture("blur"), place=elsewhere)
    for pressed in EVERY_BUTTON:
        use = await room.press_raw(elsewhere.admin, own, custom_id(report, pressed))
        assert "That draft is gone" in await room.told(use)
    await room.place.admin.press(report, "Publish")
    await room.shows(report, "is ready for everyone here")
    assert not elsewhere.guild.commands


@in_module_loop
async def test_there_are_no_commands_in_direct_messages(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    for command in ("workflow list", "fog-glass"):
        with pytest.raises(ClientRefusal):
            await room.place.admin.slash(room.place.admin.dm, command, {})


async def test_while_invokeai_is_away_the_answer_is_polite(tmp_path: Path) -> None:
    async with furnished(tmp_path, with_bot=False) as atelier:
        await atelier.invoke.crash()
        await atelier.start()
        answer = await atelier.add(fixture("blur"))
        assert answer.content == "InvokeAI does not answer at the moment. Please try again in a while."
        await atelier.invoke.start()
        await atelier.discord.until(lambda: True)
        assert (await atelier.publish(fixture("blur")))["name"] == "fog-glass"


async def test_an_upload_that_discord_no_longer_has(atelier: Atelier) -> None:
    use = await atelier.slash_raw(atelier.place.admin, "workflow add", {"file": ("w.json", fixture("blur"))})
    (stored,) = atelier.discord.world.files.values()
    stored.removed = True
    answer = await atelier.answer(use)
    assert answer.content == "Discord does not hand that file out any more. Please upload it again."


def fill(atelier: Atelier, count: int) -> None:
    """Put copies of the first workflow beside it until the server has so many."""
    with sqlite3.connect(atelier.database) as connection:
        for number in range(2, count + 1):
            connection.execute(
                "INSERT INTO versions SELECT ?, 1, name, description, document, inputs, created_by, created_at, edits "
                "FROM versions WHERE workflow_id = 1",
                (number,),
            )
            connection.execute(
                "INSERT INTO workflows (id, guild_id, slug, version, created_by, created_at) "
                "SELECT ?, guild_id, ?, 1, created_by, created_at FROM workflows WHERE id = 1",
                (number, f"copy-{number}"),
            )
    connection.close()


async def test_of_two_drafts_for_the_last_place_one_is_published(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    fill(atelier, 99)
    reports = [await atelier.add(fixture("blur"), name=name) for name in ("one", "two")]
    await atelier.place.admin.press(reports[0], "Publish")
    await atelier.shows(reports[0], "is ready for everyone here")
    use = await atelier.place.admin.press(reports[1], "Publish")
    await atelier.discord.until(lambda: use.followups)
    assert text(use.followups[0]) == (
        "This server has 100 commands, which is all that Discord allows. Remove one first. "
        "Or choose **Only in /run** under **More …**, and publish it without one."
    )
    assert buttons(reports[1]) == ["Publish", "Name …", "Cancel"]
    assert len(atelier.place.guild.commands) == 100


class TestOneServer:
    """What is wrong with one server's workflows is logged, and keeps nothing else from working."""

    @pytest.fixture
    def complaints(self) -> list[str]:
        return ["makes no command", "could not be built"]

    async def test_more_workflows_than_commands_do_not_keep_the_bot_from_starting(self, atelier: Atelier) -> None:
        await atelier.publish(fixture("blur"))
        await atelier.stop()
        fill(atelier, 101)
        await atelier.start()
        await atelier.discord.until(lambda: len(atelier.place.guild.commands) == 100)

    async def test_inputs_that_cannot_be_read_do_not_keep_the_bot_from_starting(self, atelier: Atelier) -> None:
        elsewhere = atelier.open_place("Elsewhere")
        await atelier.publish(fixture("blur"), place=elsewhere)
        await atelier.publish(fixture("blur"))
        await atelier.stop()
        with sqlite3.connect(atelier.database) as connection:
            connection.execute("UPDATE versions SET inputs = '[5]' WHERE workflow_id = 1")
        connection.close()
        await atelier.start()
        await atelier.over(await atelier.run("fog-glass", {"photo": PHOTO}))

    async def test_what_makes_no_command_after_all_is_not_called_ready(
        self, atelier: Atelier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report = await atelier.add(fixture("blur"))

        def refuse(*_: object) -> None:
            raise ValueError("no such range")

        with monkeypatch.context() as patch:
            patch.setattr("cogs._sync.build_command", refuse)
            use = await atelier.place.admin.press(report, "Publish")
            await atelier.discord.until(lambda: use.followups)
        assert text(use.followups[0]) == "`/fog-glass` makes no command that Discord takes. Nothing changed."
        assert "There is none yet" in await atelier.ask(atelier.place.admin, "workflow list")
        await atelier.place.admin.press(report, "Publish")
        await atelier.shows(report, "is ready for everyone here")


@in_module_loop
async def test_what_would_make_no_command_is_told_before_it_is_published(
    room: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("minimum cannot be larger than maximum")

    monkeypatch.setattr("cogs._sync.build_command", refuse)
    report = await room.add(fixture("blur"))
    assert "**Cannot be published**" in text(report)
    assert "Discord takes no such command (minimum cannot be larger than maximum)." in text(report)
    assert "👉 **Publish for /run only** works: everything is then asked in a form." in text(report)
    with pytest.raises(ClientRefusal, match="disabled"):
        await room.place.admin.press(report, "Publish")
    late = await room.press_raw(room.place.admin, report, custom_id(report, "Publish"))
    await room.discord.until(lambda: late.followups)
    assert text(late.followups[0]) == "It cannot be published as it is. The report says what to do first."
    await room.place.admin.press(report, "Publish for /run only")
    await room.shows(report, "✅ `fog-glass` (by `/run`) is ready for everyone here.")
    assert not room.place.guild.commands


@in_module_loop
async def test_a_name_that_was_changed_is_told_of(room: Atelier) -> None:
    first = await room.add(fixture("blur"))
    assert "exists" not in text(first)
    await room.publish(fixture("blur"))
    assert "`/fog-glass` exists; this becomes `/fog-glass-2`" in text(await room.add(fixture("blur")))


async def test_the_log_tells_who_published_and_removed_what(atelier: Atelier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.audit")
    await atelier.publish(fixture("blur"))
    admin = atelier.place.admin
    question = await atelier.answer(await admin.slash(atelier.channel, "workflow remove", {"name": "fog-glass"}))
    await admin.press(question, "Remove")
    await atelier.shows(question, "is removed")
    where = f"server {atelier.place.guild.id}: user {admin.user.id}"
    said = [record.getMessage().strip() for record in caplog.records if record.name == "bot.audit"]
    assert said == [f"{where} published /fog-glass v1", f"{where} removed /fog-glass"]


async def test_a_node_pack_that_was_just_installed_is_seen(atelier: Atelier) -> None:
    report = await atelier.add(fixture("blur"))
    read = atelier.invoke.requests["GET", "/openapi.json"]
    await atelier.place.admin.press(report, "Publish")
    await atelier.shows(report, "is ready for everyone here")
    assert atelier.invoke.requests["GET", "/openapi.json"] == read
    await atelier.add(fixture("blur"))
    await atelier.ask(atelier.place.admin, "workflow show", {"name": "fog-glass"})
    assert atelier.invoke.requests["GET", "/openapi.json"] == read + 2
