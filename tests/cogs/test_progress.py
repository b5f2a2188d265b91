"""What a card says until its job is over, in any language, and for whom."""

from datetime import UTC, datetime

import pytest

from bot import terminal
from bot.cards import Away, Cancelling, Moment, Restarted, Running, Uploading, Waiting
from bot.jobs import Job, now
from cogs._progress import bar, line_position, moment_text, progress_embed
from workflows.texts import LANGUAGES, Voice

AT, PASSED = datetime(2126, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
JOB = Job(id="x", user_id=4, title="t", created_at=now(), guild_id=1)


def said(job: Job, moment: Moment, note: str = "") -> list[str]:
    return str(progress_embed(job, moment, note).description).splitlines()


@pytest.mark.parametrize(
    ("fraction", "drawn"), [(-1.0, "▱" * 12), (0.5, "▰" * 6 + "▱" * 6), (1.0, "▰" * 12), (7.0, "▰" * 12)]
)
def test_a_bar_is_as_wide_as_fits_a_phone(fraction: float, drawn: str) -> None:
    assert bar(fraction).split()[0] == drawn


PLACES = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 21: "21st", 1002: "1002nd"}


@pytest.mark.parametrize(("position", "place"), PLACES.items())
def test_a_place_in_line_is_said_as_one_says_it(position: int, place: str) -> None:
    assert line_position(Voice(), position) == f"Waiting, **{place} in line**"
    assert line_position(Voice("de"), position) == f"Wartet, **{position}. in der Schlange**"


MOMENTS: dict[Moment, tuple[str, str]] = {
    Waiting(0): ("⏳ About to start …", "starting"),
    Waiting(3): ("⏳ Waiting, **3rd in line**", "waiting, 3 in line"),
    Waiting(2, datetime(2026, 1, 2, tzinfo=UTC)): (
        "⏳ Waiting, **2nd in line** · starts <t:1767312000:R>",
        "waiting, 2 in line",
    ),
    Waiting(2, is_paused=True): (
        "⏸️ An admin holds this server's jobs back at the moment. "
        "Your job keeps its place, and goes on as soon as they do.",
        "held back by an admin",
    ),
    Uploading(1, 1): ("📤 Uploading the picture …", "uploading 1 of 1"),
    Uploading(1, 2, 3): ("📤 Uploading picture 1 of 2 …\nWaiting, **3rd in line**", "uploading 1 of 2"),
    Running(1, 2, "Blur"): ("🎨 ▱▱▱▱▱▱▱▱▱▱▱▱ 0%\nStep 1 of 2 · **Blur**", "node 1 of 2 Blur"),
    Running(3, 9, "Fog", fraction=0.25, overall=0.5, item=2, items=4): (
        "🎨 ▰▰▰▰▰▰▱▱▱▱▱▱ 50%\nStep 3 of 9 · **Fog** 25%\nRun 2 of 4",
        "node 3 of 9 Fog 25%",
    ),
    Away(): (
        "🔌 InvokeAI does not answer at the moment. Your job is kept, and goes on as soon as it does.",
        "InvokeAI does not answer, trying again",
    ),
    Away(is_broken=True): (
        "🔌 InvokeAI is in trouble at the moment; its disk may be full. Your job is kept, and tried again.",
        "InvokeAI answers with an error, trying again",
    ),
    Away(is_full=True): (
        "🔌 InvokeAI's queue is full at the moment. Your job is kept, and goes on as soon as there is room.",
        "InvokeAI's queue is full, trying again",
    ),
    Away(is_paused=True): (
        "⏸️ InvokeAI's queue is paused at the moment. Your job is kept, and goes on as soon as it is resumed.",
        "InvokeAI's queue is paused, trying again",
    ),
    Restarted(): (
        "🔁 InvokeAI restarted in the middle of it. The job runs once more.",
        "InvokeAI restarted, running once more",
    ),
    Restarted(has_moved=True): (
        "🔁 The job was moved to another backend, because the one before does not answer. It runs once more.",
        "moved to another InvokeAI, running once more",
    ),
    Cancelling(): ("🛑 Cancelling …", "cancelling"),
}


@pytest.mark.parametrize(("moment", "said"), MOMENTS.items(), ids=map(str, MOMENTS))
def test_how_a_job_is_doing(moment: Moment, said: tuple[str, str]) -> None:
    assert (moment_text(Voice(), moment), terminal._words(moment)) == said


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_job_that_runs_once_more_says_why_for_as_long_as_it_does(moment: Moment) -> None:
    job = Job(id="x", user_id=4, title="t", created_at=now())
    told = str(progress_embed(job, moment).description)
    again = str(progress_embed(job.evolve(restarts=1), moment).description)
    added = "\n-# 🔁 InvokeAI restarted in the middle of it; the job runs once more."
    assert again == told + added * isinstance(moment, Waiting | Uploading | Running)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_every_moment_is_told_in_the_language_of_its_job(language: str, moment: Moment) -> None:
    told = str(progress_embed(JOB.evolve(language=language), moment).description)
    assert (told == str(progress_embed(JOB, moment).description)) is (language == "en")


SMALL = {
    "for whoever asked": ({}, Running(), "-# for <@4>"),
    "and until when": ({}, Running(ends_at=AT), "-# done <t:4922985600:R> · for <@4>"),
    "in German": ({"language": "de"}, Running(ends_at=AT), "-# fertig <t:4922985600:R> · für <@4>"),
    "who sees it alone": ({"is_private": True}, Running(ends_at=AT), "-# done <t:4922985600:R>"),
    "an end that has passed": ({}, Running(1, 2, ends_at=PASSED), "-# for <@4>"),
    "while it waits": ({}, Waiting(2), "-# for <@4>"),
}


@pytest.mark.parametrize(("changes", "moment", "line"), SMALL.values(), ids=SMALL.keys())
def test_the_small_print(changes: dict[str, object], moment: Moment, line: str) -> None:
    assert said(JOB.evolve(**changes), moment)[-1] == line


@pytest.mark.parametrize("changes", [{"is_private": True}, {"guild_id": None}])
def test_nobody_is_told_that_it_is_for_them(changes: dict[str, object]) -> None:
    assert not any("<@" in line for line in said(JOB.evolve(**changes), Running(ends_at=AT)))


def test_what_the_backend_has_not_come_to_is_about_to_start() -> None:
    said = [moment_text(Voice(language), Running(0, 6)) for language in ("en", "de")]
    assert said == ["🎨 About to start …", "🎨 Geht gleich los …"]


def test_a_step_is_of_so_many_only_where_that_is_known() -> None:
    steps = [moment_text(Voice(), moment).splitlines()[1] for moment in (Running(5), Running(5, 8), Running())]
    assert steps == ["Step 5", "Step 5 of 8", "Running"]


def test_what_else_a_card_has_to_say_stands_above_the_small_print() -> None:
    assert said(JOB, Waiting(1), "The rest comes by direct message.")[1:] == [
        "The rest comes by direct message.",
        "-# for <@4>",
    ]


@pytest.mark.parametrize(
    "title", ["**x** <@1>", "x" * 500, "@everyone", "`y` [a](https://evil.example)", "\u05d0\u05d1"]
)
def test_a_node_of_any_name_breaks_nothing(title: str) -> None:
    line = said(JOB, Running(1, 2, title, fraction=0.5))[1]
    assert line.startswith("Step 1 of 2 · **") and line.endswith("** 50%")
    assert "<@1>" not in line.replace("\\<", "") and "@everyone" not in line and len(line) < 200
