"""What is said of a job that is over: few words in its card's language, that no prompt can break."""

import re
import unicodedata
from datetime import timedelta

import pytest

from bot.cards import Told
from bot.jobs import Job, Outcome, now
from bot.media import ResultFile
from cogs import _outcome
from cogs._words import GREEN, GREY, RED
from workflows.spec import InputSpec, Kind
from workflows.texts import LANGUAGES, Voice, say


def spec(name: str, kind: Kind = Kind.STRING, **how: object) -> InputSpec:
    return InputSpec(name, name.title(), "", kind, "n", name, **how)  # type: ignore[arg-type]


INPUTS = (
    spec("prompt", textarea=True),
    spec("negative_prompt"),
    spec("steps", Kind.INTEGER),
    spec("seed", Kind.INTEGER, is_seed=True),
)
GIVEN = {"prompt": "a fox in the snow", "negative_prompt": "blur", "steps": 20, "seed": 77}


def job(outcome: Outcome = Outcome.COMPLETED, **changes: object) -> Job:
    began = now()
    made = Job(id="2222222222", user_id=4, title="Dawn painter", created_at=began, given=GIVEN, outcome=outcome)
    made = made.evolve(finished_at=began + timedelta(seconds=3.4), guild_id=1, channel_id=2, message_id=3)
    return made.evolve(**changes)


ENDS = {
    "done": (job(), None, "**Dawn painter** · a fox in the snow · **seed** 77 · 3.4 s · <@4>", GREEN),
    "done, in German": (
        job(language="de"),
        None,
        "**Dawn painter** · a fox in the snow · **Seed** 77 · 3,4 s · <@4>",
        GREEN,
    ),
    "nothing to ask for": (job(given={}), None, "**Dawn painter** · 3.4 s · <@4>", GREEN),
    "done, for nobody else": (job(given={}, is_private=True), None, "**Dawn painter** · 3.4 s", GREEN),
    "done, in a direct message": (job(given={}, guild_id=None), None, "**Dawn painter** · 3.4 s", GREEN),
    "cancelled": (
        job(Outcome.CANCELLED),
        "Dawn painter",
        "🛑 Cancelled.\na fox in the snow · **seed** 77",
        GREY,
    ),
    "failed": (
        job(Outcome.FAILED, problem="**width**: too wide. Try 512.", given={}),
        "Dawn painter",
        "❌ **width**: too wide. Try 512.",
        RED,
    ),
    "failed, and a value is quoted": (
        job(Outcome.FAILED, problem="**size**: [free](https://evil.example) @everyone is none.", given={}),
        "Dawn painter",
        "❌ **size**: [free]\\(https://evil.example) @\u200beveryone is none.",
        RED,
    ),
    "failed, in German": (
        job(Outcome.LOST, problem=say("shared-not-known"), given={}, language="de"),
        "Dawn painter",
        f"❌ {Voice('de')('shared-not-known')}",
        RED,
    ),
    "notes": (
        job(notes=("a note", say("shared-not-known")), language="de", given={}),
        None,
        f"**Dawn painter** · 3,4 s · <@4>\n-# a note\n-# {Voice('de')('shared-not-known')}",
        GREEN,
    ),
}


@pytest.mark.parametrize(("over", "title", "words", "color"), ENDS.values(), ids=ENDS.keys())
def test_how_a_job_ended(over: Job, title: str | None, words: str, color: int) -> None:
    embed = _outcome.outcome_embed(over, INPUTS)
    assert (embed.title, embed.description) == (title, words)
    assert embed.footer.text == "job 2222222222"
    assert embed.color is not None
    assert embed.color.value == color


def test_what_is_said_of_files_stands_below_in_small_print() -> None:
    files = [ResultFile("a.png", b""), ResultFile("b.webp", b"", note="WebP at quality 90")]
    notes = _outcome.file_notes(job(), files)
    assert str(_outcome.outcome_embed(job(given={}), INPUTS, notes).description).splitlines()[1:] == [
        "-# b.webp: WebP at quality 90"
    ]


def test_what_holds_for_all_files_is_said_once() -> None:
    assert _outcome.file_notes(job(), [ResultFile("a.webp", b"", note="lossless WebP")] * 3) == ["lossless WebP"]
    assert _outcome.file_notes(job(), [ResultFile("a.png", b"")] * 3) == []
    assert _outcome.file_notes(job(), []) == []


def test_many_notes_are_counted() -> None:
    notes = [f"note {number}" for number in range(30)]
    lines = str(_outcome.outcome_embed(job(), INPUTS, notes).description).splitlines()
    assert len(lines) == 9
    assert lines[-1] == "-# and 23 more notes"
    assert len(str(_outcome.outcome_embed(job(), INPUTS, ["x" * 3000] * 30).description)) <= 4096


def test_several_seeds_are_told_together_and_no_more_than_can_be_read() -> None:
    inputs = [spec(f"seed_{n}", Kind.INTEGER, is_seed=True, hidden=n == 1) for n in range(5)]
    given = {one.name: n for n, one in enumerate(inputs)}
    assert "**seed** 0, 1, 2 ·" in _outcome.asked_line(job(given=given), tuple(inputs))


OTHERS = (
    spec("photo", Kind.IMAGE),
    spec("radius", Kind.NUMBER, default=8),
    spec("text"),
    spec("mode", Kind.CHOICE, default="a", choices=(("a", "Soft"), ("b", "Hard"))),
    spec("fixed", Kind.INTEGER, hidden=True),
    spec("steps", Kind.INTEGER, default=20),
    spec("ink", Kind.INTEGER),
    *INPUTS[-1:],
)
TOLD = {
    "what differs": ({"radius": 30, "steps": 20}, "**radius** 30"),
    "no more than three": (
        {"radius": 30, "mode": "b", "steps": 9, "ink": 5},
        "**radius** 30 · **mode** Hard · **steps** 9",
    ),
    "with its seed": ({"radius": 30, "seed": 7}, "**radius** 30 · **seed** 7"),
    "all as usual": ({"radius": 8, "mode": "a", "text": "", "fixed": 3}, ""),
    "a prompt says enough": ({"radius": 30, "text": "a fox"}, "a fox"),
}


@pytest.mark.parametrize(("given", "line"), TOLD.values(), ids=TOLD.keys())
def test_without_a_prompt_values_tell_results_apart(given: dict[str, object], line: str) -> None:
    assert _outcome.asked_line(job(given=given), OTHERS, is_done=False) == line


def test_a_long_value_stays_short() -> None:
    several = (spec("words", Kind.STRINGS),)
    assert len(_outcome.asked_line(job(given={"words": ["x" * 30] * 90}), several, is_done=False)) < 60


TOOK = {
    timedelta(milliseconds=3): ("0.1 s", "0,1 s"),
    timedelta(seconds=12): ("12.0 s", "12,0 s"),
    timedelta(seconds=59.9): ("1 min 0 s", "1 min 0 s"),
    timedelta(seconds=605): ("10 min 5 s", "10 min 5 s"),
    timedelta(minutes=125): ("2 h 5 min", "2 h 5 min"),
    timedelta(days=2): ("48 h 0 min", "48 h 0 min"),
}


@pytest.mark.parametrize(("duration", "said"), TOOK.items(), ids=map(str, TOOK))
def test_how_long_it_took(duration: timedelta, said: tuple[str, str]) -> None:
    assert tuple(_outcome.took(Voice(language), duration) for language in ("en", "de")) == said


PROMPTS = {
    "right to left": "شروق الشمس فوق البحر",
    "Hebrew and markdown": "**שלום** `x` [link](https://evil.example)",
    "overrides": "\u202eabc \u2067def",
    "isolates that end ours": "\u2069\u2069\u2069 אב \u2069",
    "emoji": "🎨👩‍👩‍👧‍👦🏳️‍🌈 <:x:123456789012345678>",
    "backticks": "`code` ```py\nprint(1)\n``` ``x",
    "everyone": "@everyone @here <@1> <@&2> <#3>",
    "links": "[a](https://evil.example) [b](https://evil.example)",
    "long": "x" * 4000,
    "long marks": "*_`~|[]<" * 500,
    "long right to left": "ש" * 4000,
    "zalgo": "Z" + "\u0301\u0322" * 2000,
}


def depth(text: str) -> int:
    """How many isolates are open at the end; fewer than none at any point is none at all."""
    opened = 0
    for letter in text:
        opened += (unicodedata.bidirectional(letter) in {"FSI", "LRI", "RLI"}) - (letter == "\u2069")
        assert opened >= 0
    return opened


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS.keys())
def test_no_prompt_breaks_the_line_that_tells_it(prompt: str, outcome: Outcome, language: str) -> None:
    over = job(outcome, given=GIVEN | {"prompt": prompt}, title=prompt, problem="Nothing.", language=language)
    embed = _outcome.outcome_embed(over, INPUTS)
    shown = str(embed.description).splitlines()[-1].removesuffix(f" · <@{over.user_id}>")
    assert len(embed.description or "") < 1500
    time = {"en": " · 3.4 s", "de": " · 3,4 s"}[language] if outcome is Outcome.COMPLETED else ""
    assert shown.lower().endswith(f" · **seed** 77{time}")
    assert not re.search(r"(?<!\\)(`|~|\||<[@#:]|\]\(|_)", f"{embed.title or ''}{shown}".replace("**", ""))
    assert not re.search(r"@(everyone|here)", f"{embed.title or ''}{shown}")
    assert depth(shown) == depth(embed.title or "") == 0
    assert shown.count("**") % 2 == 0
    assert len(embed.title or "") <= 256


def test_what_runs_from_right_to_left_turns_nothing_around_it() -> None:
    shown = _outcome.asked_line(job(given={"prompt": "שלום", "seed": 7}), INPUTS)
    assert shown == "**Dawn painter** · \u2068שלום\u2069 · **seed** 7 · 3.4 s"


@pytest.mark.parametrize("is_private", [True, False], ids=["private", "public"])
@pytest.mark.parametrize("has_files", [True, False], ids=["files", "words"])
@pytest.mark.parametrize("why", [Told.CHANNEL_DELETED, Told.FORBIDDEN])
def test_a_direct_message_says_where_it_was_asked(why: Told, has_files: bool, is_private: bool) -> None:
    over = job(is_private=is_private)
    said = _outcome.direct_note(over, why, has_files=has_files)
    is_gone = why is Told.CHANNEL_DELETED
    where = "<#2>" if is_private and not is_gone else "[where you asked](https://discord.com/channels/1/2/3)"
    assert where in said
    assert ("deleted" in said) is is_gone
    assert ("results" in said) is has_files


@pytest.mark.parametrize("has_files", [True, False], ids=["files", "words"])
def test_a_card_names_whom_its_end_was_told_to_unless_nobody_else_reads_it(has_files: bool) -> None:
    assert "<@4>" in _outcome.elsewhere_note(job(), has_files=has_files)
    assert "<@4>" not in _outcome.elsewhere_note(job(is_private=True), has_files=has_files)


def test_where_nothing_gets_through_it_is_said_what_to_do() -> None:
    said = _outcome.rest_note(job(is_private=True), is_heard=False)
    assert "direct messages" in said
    assert "`/job 2222222222`" in said


def test_nobody_is_sent_to_a_message_that_only_one_can_see() -> None:
    assert "https://discord.com/channels/1/2/3" in _outcome.done_note(job())
    assert "https" not in _outcome.done_note(job(is_private=True))
    assert _outcome.moved_note(job(is_private=True)) == "➡️ This job goes on in a private answer."
