"""Runs Familiar's command line so that it ends with whoever started it, however that ended.

Whoever starts it holds the other end of its standard input, which the system closes when that process is gone: then
the bot stops as at SIGTERM. The bot itself knows nothing of it. (Linux alone could signal a parent's death.)
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time

from bot.__main__ import main

_STDIN = 0
#: How long it may take to end by itself.
_PATIENCE_SECONDS = 15.0


def _stop_when_let_go() -> None:
    # Not sys.stdin: a thread that reads from that keeps the interpreter from ending.
    try:
        while os.read(_STDIN, 1024):
            pass
    except OSError:
        pass
    if sys.platform == "win32":
        # Runs the handler, where os.kill would end the process without one.
        _thread.interrupt_main(signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_stop_when_let_go, name="leash", daemon=True).start()
    main()
