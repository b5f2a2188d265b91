"""Where nobody watches, a log is lines: whole, each with its time."""

import logging
import re
import sys

from bot.logs import CleanFormatter, LineFormatter

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (INFO|ERROR) bot\.runner: .*")


def record(level: int, message: str, **how: object) -> logging.LogRecord:
    return logging.getLogger("bot.runner").makeRecord("bot.runner", level, "", 0, message, (), how.get("exc_info"))  # type: ignore[arg-type]


def test_a_record_is_one_line_however_long() -> None:
    line = LineFormatter().format(record(logging.INFO, "word " * 100))
    assert "\n" not in line
    assert LINE.fullmatch(line)


def test_each_line_of_a_traceback_has_its_time() -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        text = LineFormatter().format(record(logging.ERROR, "job x", exc_info=sys.exc_info()))
    lines = text.splitlines()
    assert len(lines) > 3
    assert all(LINE.fullmatch(line) for line in lines)
    assert lines[-1].endswith("bot.runner: ValueError: odd")


def test_no_token_of_an_interaction_is_logged() -> None:
    """The libraries put whole addresses into their errors."""
    try:
        raise OSError(
            "Can not write request body for https://discord.com/api/v10/webhooks/15/aW50-_x/messages/16?with=0"
        )
    except OSError:
        told = record(logging.ERROR, "no answer: /interactions/17/aW50-_y/callback", exc_info=sys.exc_info())
    for formatter in (LineFormatter(), CleanFormatter("%(message)s")):
        text = formatter.format(told)
        assert "aW50" not in text
        assert "/interactions/17/…/callback" in text
        assert "/webhooks/15/…/messages/16?with=0" in text
