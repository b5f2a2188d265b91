"""What somebody typed shows as typed, wherever it stands."""

import re
from datetime import UTC, datetime

import pytest

from bot import terminal
from bot.cards import Away, Cancelling, Moment, Restarted, Running, Told, Uploading, Waiting
from bot.jobs import Job, now
from cogs import _words

LITERAL = {
    "plain": ("Fog (soft:1.2), 50%", "Fog (soft:1.2), 50%"),
    "bold": ("**a** _b_ ~~c~~ ||d|| `e`", r"\*\*a\*\* \_b\_ \~\~c\~\~ \|\|d\|\| \`e\`"),
    "a link": ("[a](https://evil.example)", r"\[a\](https://evil.example)"),
    "more links": ("[a](b) [**c**](d)", r"\[a\](b) \[\*\*c\*\*\](d)"),
    "the end of a link": ("x](https://evil.example) [y", r"x\](https://evil.example) \[y"),
    "its own escapes": (r"\[a](b)", r"\\\[a\](b)"),
    "an address": ("see https://a.example/b_c*d", "see https://a.example/b_c*d"),
    "an address in brackets": ("https://a.example[b](https://c.example)", r"https://a.example\[b\](https://c.example)"),
    "a heading": ("# big", r"\# big"),
    "small print": ("-# small", r"\-# small"),
    "a quote": ("> said", r"\> said"),
    "a list": ("- one", r"\- one"),
    "lines": ("a\n# b", "a # b"),
    "mentions": ("<@1> @everyone </a:1> <#2>", "\\<@1> @\u200beveryone \\</a:1> \\<#2>"),
}


@pytest.mark.parametrize(("typed", "shown"), LITERAL.values(), ids=LITERAL.keys())
def test_what_somebody_typed_shows_as_typed(typed: str, shown: str) -> None:
    assert _words.literal(typed) == shown


QUOTING = {
    "what we draw": ("**Steps** of `a_b`", "**Steps** of `a_b`"),
    "a link": ("of [L](https://evil.example) *x*", r"of [L]\(https://evil.example) *x*"),
    "what is escaped already": (r"\[L\](https://evil.example)", r"\[L\]\(https://evil.example)"),
    "mentions": ("@everyone", "@\u200beveryone"),
}


@pytest.mark.parametrize(("said", "shown"), QUOTING.values(), ids=QUOTING.keys())
def test_a_sentence_that_quotes_somebody_holds_no_link_of_theirs(said: str, shown: str) -> None:
    assert _words.unlinked(said) == shown


@pytest.mark.parametrize(("lines", "said"), [(3, "-# and 1 more line"), (4, "-# and 2 more lines")])
def test_what_is_cut_is_counted_as_people_count(lines: int, said: str) -> None:
    assert _words.cut(["x" * 10] * lines, 30).splitlines()[-1] == said


@pytest.mark.parametrize("typed", ["x](https://evil.example) [y", r"x\](https://evil.example) \[y", "[[a]](b)", "]]]"])
def test_a_label_cannot_end_its_link(typed: str) -> None:
    assert not re.search(r"[\[\]]", _words.label(typed))


@pytest.mark.parametrize("typed", ["a" * 500, "*" * 500, "@everyone " * 50, "[" * 130])
def test_a_title_is_never_too_long(typed: str) -> None:
    assert 100 <= len(_words.title(typed)) <= 256


MOMENTS: dict[Moment, tuple[str, str]] = {
    Waiting(0): ("⏳ About to start …", "starting"),
    Waiting(3): ("⏳ Waiting, **3rd in line**", "waiting, 3 in line"),
    Waiting(2, datetime(2026, 1, 2, tzinfo=UTC)): (
        "⏳ Waiting, **2nd in line** · starts <t:1767312000:R>",
        "waiting, 2 in line",
    ),
    Uploading(1, 1): ("📤 Uploading the picture …", "uploading 1 of 1"),
    Uploading(1, 2, 3): ("📤 Uploading picture 1 of 2 …\nWaiting, **3rd in line**", "uploading 1 of 2"),
    Running(1, 2, "Blur"): ("🎨 ▱▱▱▱▱▱▱▱▱▱▱▱ 0%\nStep 1 of 2 · **Blur**", "node 1 of 2 Blur"),
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
    assert (_words.moment_text(moment), terminal._words(moment)) == said


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_job_that_runs_once_more_says_why_for_as_long_as_it_does(moment: Moment) -> None:
    job = Job(id="x", user_id=4, title="t", created_at=now())
    told = str(_words.progress_embed(job, moment).description)
    again = str(_words.progress_embed(job.evolve(restarts=1), moment).description)
    added = "\n-# 🔁 InvokeAI restarted in the middle of it; the job runs once more."
    assert again == told + added * isinstance(moment, Waiting | Uploading | Running)


@pytest.mark.parametrize("has_files", [True, False])
@pytest.mark.parametrize("why", [Told.CHANNEL_DELETED, Told.FORBIDDEN])
def test_a_direct_message_says_where_it_was_asked(why: Told, has_files: bool) -> None:
    job = Job(id="x", user_id=4, title="t", created_at=now(), guild_id=1, channel_id=2, message_id=3)
    said = _words.direct_note(job, why, has_files=has_files)
    assert "[where you asked](https://discord.com/channels/1/2/3)" in said
    assert ("deleted" in said) is (why is Told.CHANNEL_DELETED)
    assert ("results" in said) is has_files
    assert "<@4>" in _words.elsewhere_note(job, has_files=has_files)
