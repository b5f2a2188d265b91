"""What one person's interactions came to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.playground.discord.interactions import AUTOCOMPLETE, COMMAND
from bot.playground.discord.state import Message, Use, User
from bot.playground.discord.world import World
from bot.playground.page.drawn import Drawer
from bot.playground.page.ports import Json

Event = tuple[str, Json]


@dataclass(eq=False, repr=False)
class Doings:
    """Follows the interactions of one person, from the click to the answer, the modal, or the failure."""

    world: World
    user: User
    drawer: Drawer
    _seen: int = 0
    _late: bool = True
    _unanswered: dict[str, Use] = field(default_factory=dict[str, Use])
    _thinking: dict[str, Use] = field(default_factory=dict[str, Use])

    def begun(self) -> Iterator[Event]:
        """Tell of what the person began; a client that comes late hears only of what still waits."""
        late, self._late = self._late, False
        if len(self.world.uses) == self._seen:
            return
        fresh = list(itertools.islice(self.world.uses.values(), self._seen, None))
        self._seen += len(fresh)
        for use in fresh:
            if use.user is not self.user or use.type == AUTOCOMPLETE:
                continue
            if late and _thinks(use) and use.failed is None:
                self._thinking[use.token] = use
            elif not late or (use.response_type is None and use.failed is None):
                self._unanswered[use.token] = use
                yield "INTERACTION_CREATE", _told(use) | {"kind": use.type, "custom_id": use.data.get("custom_id")}

    def ended(self) -> Iterator[Event]:
        """Tell of answers and failures."""
        for token, use in list(self._unanswered.items()):
            if use.response_type is not None:
                del self._unanswered[token]
                yield from self._answered(use)
            elif use.failed is not None:
                del self._unanswered[token]
                yield "INTERACTION_FAILURE", _told(use) | {"text": use.failed}
        for token, use in list(self._thinking.items()):
            if not _thinks(use):
                del self._thinking[token]
            elif use.failed is not None:
                del self._thinking[token]
                yield "INTERACTION_FAILURE", _told(use, use.original) | {"text": use.failed}

    def _answered(self, use: Use) -> Iterator[Event]:
        yield "INTERACTION_SUCCESS", {"use": str(use.id)}
        if use.modal is not None:
            yield "INTERACTION_MODAL_CREATE", {"use": str(use.id), "modal": self.drawer.modal(use)}
        if _thinks(use):
            self._thinking[use.token] = use


def _thinks(use: Use) -> bool:
    return use.original is not None and use.original.loading and not use.original.deleted


def _told(use: Use, about: Message | None = None) -> Json:
    message = about or use.source
    return {
        "use": str(use.id),
        "channel_id": str(use.channel.id),
        "message_id": None if message is None else str(message.id),
        "name": use.name if use.type == COMMAND else None,
    }
