"""Be `python -m bot` with the arguments of each line that comes in, one after the other, in a process of its own."""

import json
import os
import sys

import bot.service  # noqa: F401  what `serve` would read at its start
from bot.__main__ import main


def answer_each_line() -> None:
    """Say the id of each process, and how it ended."""
    for line in sys.stdin:
        if not (process := os.fork()):
            sys.argv = ["familiar", *json.loads(line)]
            main()
            return
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    answer_each_line()
