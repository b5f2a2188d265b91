"""What people are told of errors, and what the log is."""

import logging
import sqlite3
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import problems
from bot.bot import _told
from workflows.errors import InputError, Rejected, Unavailable

HERE = cast("Any", SimpleNamespace(id=7))


@pytest.mark.parametrize(
    ("error", "text", "level"),
    [
        (InputError("size", "is too large."), "**size**: is too large.", None),
        (Unavailable("no route"), "InvokeAI does not answer", logging.WARNING),
        (Rejected("what?"), "InvokeAI does not answer", logging.WARNING),
        (sqlite3.OperationalError("database or disk is full"), problems.NO_DATABASE, logging.ERROR),
        (ZeroDivisionError("secret"), problems.OUR_SIDE, logging.ERROR),
    ],
)
def test_what_is_told_of_an_error(
    error: Exception, text: str, level: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert _told(HERE, error).startswith(text)
    assert [record.levelno for record in caplog.records] == ([level] if level else [])
    # A traceback only where nobody foresaw it.
    assert [bool(record.exc_info) for record in caplog.records if record.levelno >= logging.ERROR] == (
        [isinstance(error, ZeroDivisionError)] if level == logging.ERROR else []
    )
