"""What the report says of a workflow, and that it fits a message."""

from typing import Any

import pytest

from cogs._report import Face, face, report_embed
from workflows.check import Report
from workflows.document import Document
from workflows.spec import InputSpec, Kind

DOCUMENT = Document("Film", "", "4.0.0", {}, (), ())


def spec(name: str, **how: Any) -> InputSpec:
    return InputSpec(name, name, "", how.pop("kind", Kind.INTEGER), "n", name, **how)


def report(**how: Any) -> Report:
    held: dict[str, Any] = dict.fromkeys(
        ("inputs", "outputs", "missing_nodes", "missing_models", "refused", "unworkable", "ignored", "warnings"), ()
    )
    return Report(document=DOCUMENT, **held | how)


def said(face: Face, **how: Any) -> str:
    return report_embed(face, report(**how)).description or ""


def test_required_inputs_come_first_as_in_the_command():
    text = said(face("film", "Grain.", [spec("late"), spec("first", required=True)]))
    assert text.index("`first`") < text.index("`late`")


def test_without_a_command_inputs_stand_as_the_form_asks_for_them():
    shown = face("film", "Grain.", [spec("late"), spec("first", required=True)], has_command=False)
    text = said(shown)
    assert text.startswith("# `/run` film\nGrain.")
    assert text.index("`late`") < text.index("`first`")
    assert report_embed(shown, report()).footer.text is None


def test_what_is_published_already_cannot_run():
    shown = face("film", "", [spec("steps")])
    embed = report_embed(shown, report(refused=("`x` reads files",)), "Cannot run at the moment")
    assert "**Cannot run at the moment**\n❌" in (embed.description or "")
    assert "Cannot be published" in said(shown, refused=("`x` reads files",))


HIDDEN = {
    "a value": (spec("steps", hidden=True, default=20), "🔒 `steps` is 20"),
    "no value": (spec("steps", hidden=True), "🔒 `steps` is always left out"),
    "marks": (spec("words", kind=Kind.STRING, hidden=True, default="*a*"), r"🔒 `words` is \*a\*"),
}


@pytest.mark.parametrize(("one", "words"), HIDDEN.values(), ids=HIDDEN.keys())
def test_what_is_the_same_for_everyone_is_told(one: InputSpec, words: str):
    assert words in said(face("film", "", [one]))


def test_what_a_file_names_its_nodes_is_no_link():
    place = "“Seed” of [Click me](https://evil.example)"
    shown = face("film", "", [spec("steps")])
    told = said(shown, warnings=(f"{place} is always 0",), unfit=(f"{place} holds 3",), ignored=(place,))
    assert told.count("[Click me]") == 3
    assert "](" not in told


def test_the_room_in_a_command_is_told_before_it_is_used_up():
    few = face("film", "", [spec(f"s{i}") for i in range(3)])
    assert few.footer == ("3 of 25 options",)
    words = tuple((f"{i} " + "x" * 90, f"{i} " + "y" * 90) for i in range(8))
    many = face("film", "", [spec(f"s{i}", kind=Kind.CHOICE, choices=words) for i in range(5)])
    assert many.footer[0] == "5 of 25 options"
    assert many.footer[1].endswith("of 8,000 characters")


NO_ROOM = {
    26: "This finds no room in the command, so `/run` asks for it: `s25`",
    27: "These find no room in the command, so `/run` asks for them: `s25`, `s26`",
    40: "These find no room in the command, so `/run` asks for them: "
    "`s25`, `s26`, `s27`, `s28`, `s29`, `s30` and 9 more",
}


@pytest.mark.parametrize(("count", "words"), NO_ROOM.items(), ids=NO_ROOM.keys())
def test_what_finds_no_room_is_named_in_one_line(count: int, words: str):
    shown = face("film", "", [spec(f"s{i}") for i in range(count)])
    assert shown.footer[0] == "25 of 25 options"
    assert [line for line in said(shown).splitlines() if line.startswith("➡️")] == [f"➡️ {words}"]


def test_more_than_a_command_can_ask_for_is_a_problem_with_a_way_out():
    shown = face("film", "", [spec(f"s{i}", required=True) for i in range(27)])
    assert shown.arrangement is None
    assert "❌ This workflow needs more values than a slash command can ask for" in said(shown)
    assert "`s26`" in said(shown)


def test_problems_come_before_what_may_be_cut():
    many = [spec(f"s{i}", kind=Kind.STRING, default="d" * 200) for i in range(25)]
    endless = tuple("w" * 900 for _ in range(40))
    shown = face("film", "d" * 500, many).telling(*endless).ending("e" * 3000)
    embed = report_embed(shown, report(missing_nodes=("gone",), refused=("`x` reads files",), warnings=endless))
    text = embed.description or ""
    assert "❌ Not allowed on a shared server: `x` reads files." in text
    assert "more lines" in text
    assert len(text) <= 4096
    assert len(embed) <= 6000
