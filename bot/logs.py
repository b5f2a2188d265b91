"""The log on standard error: rich where somebody watches, whole lines where a file or a journal does."""

from __future__ import annotations

import logging
import re
import sys

from rich.console import Console
from rich.logging import RichHandler

#: The library's errors name the address, and this kind holds a key: for 15 minutes its reader may speak as the bot.
_KEYED = re.compile(r"/(webhooks|interactions)/(\d+)/[^/?\s'\"]+")


class CleanFormatter(logging.Formatter):
    """What is logged, without the tokens of interactions."""

    def format(self, record: logging.LogRecord) -> str:
        return _KEYED.sub(r"/\1/\2/…", super().format(record))


class LineFormatter(CleanFormatter):
    """One record, or one line of a traceback, a line: each with its time, so that none is lost to `grep`."""

    def __init__(self) -> None:
        super().__init__("%(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        head = f"{self.formatTime(record, self.datefmt)} {record.levelname} {record.name}: "
        lines = super().format(record).splitlines() or [""]
        return "\n".join(head + line for line in lines)


def log_to_terminal(level: int) -> None:
    """Send the log to standard error."""
    if sys.stderr.isatty():
        handler = RichHandler(console=Console(stderr=True), show_path=False, rich_tracebacks=False)
        handler.setFormatter(CleanFormatter("%(name)s: %(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level, handlers=[handler])
    # A line for each request would drown everything else.
    logging.getLogger("httpx").setLevel(logging.WARNING)
