"""The plainest things there are: people, roles, overwrites and files."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class User:
    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    # The privacy setting "Direct Messages", and what blocking the bot does.
    takes_direct_messages: bool = True
    # Whether they brought the app along by their own installation, to wherever they are.
    has_installed: bool = False
    # The picture of theirs, as a PNG; without one, Discord has its own.
    avatar: StoredAttachment | None = None


@dataclass(eq=False)
class Role:
    id: int
    name: str
    permissions: int = 0
    position: int = 0
    managed: bool = False


@dataclass(eq=False)
class Overwrite:
    """What a channel allows or denies a role (type 0) or a member (type 1)."""

    target: int
    type: int
    allow: int = 0
    deny: int = 0


@dataclass(eq=False)
class StoredAttachment:
    """One file on the CDN; `removed` files answer 404."""

    id: int
    filename: str
    data: bytes = field(repr=False)
    content_type: str
    path: str
    width: int | None = None
    height: int | None = None
    description: str | None = None
    ephemeral: bool = False
    removed: bool = False

    @property
    def size(self) -> int:
        return len(self.data)
