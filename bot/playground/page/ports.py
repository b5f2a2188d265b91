"""What the page is lent: a look behind the scenes, and things that go wrong on purpose."""

from __future__ import annotations

from typing import Any, Protocol

Json = dict[str, Any]


class PanelSource(Protocol):
    """Tells what the backend and the bot's database hold at this moment."""

    async def look(self) -> Json: ...

    async def thumbnail(self, name: str) -> bytes | None:
        """Return a small PNG or WebP of a picture that the backend holds; None once it is gone."""
        ...


class MischiefBox(Protocol):
    """Breaks things on request."""

    def offers(self) -> list[Json]:
        """Tell what there is, each with name, title, hint, available and why (not)."""
        ...

    async def do(self, name: str) -> str:
        """Do it, and return what happened in a sentence. Raises ClientRefusal where it cannot be done."""
        ...


class Presence(Protocol):
    """Knows whether the bot's process runs."""

    @property
    def running(self) -> bool: ...
