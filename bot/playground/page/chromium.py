"""The Chromium that is installed, driven without a window."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from workflows.errors import UserError

if TYPE_CHECKING:
    from playwright.async_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_PLAYWRIGHT = "This needs Playwright: write `uv run --group browser` in place of `uv run`."
NO_CHROMIUM = "This needs Chromium: install it, as by `apt-get install chromium`, and try again."


def find_chromium() -> str | None:
    """Return where Chromium is, or a browser that is made of it."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@contextlib.asynccontextmanager
async def open_chromium() -> AsyncGenerator[Browser]:
    """Start Chromium. Raises UserError, saying what to install, where it or Playwright is missing."""
    try:
        # Here, not above: nobody but those who want pictures has it.
        from playwright.async_api import async_playwright
    except ImportError:
        raise UserError(NO_PLAYWRIGHT) from None
    path = find_chromium()
    if path is None:
        raise UserError(NO_CHROMIUM)
    async with async_playwright() as playwright:
        # Its sandbox does not start for root, as in most containers.
        browser = await playwright.chromium.launch(executable_path=path, chromium_sandbox=not _is_root())
        try:
            yield browser
        finally:
            await browser.close()


def _is_root() -> bool:
    return getattr(os, "geteuid", lambda: 1)() == 0
