"""What one client is shown: a person's view of the local Discord, as events that tell of each change."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.playground.discord import ClientRefusal, LocalDiscord, LocalMember, Offered
from bot.playground.discord.state import Channel, Message
from bot.playground.page.changes import Changes
from bot.playground.page.doings import Doings, Event
from bot.playground.page.drawn import Drawer
from bot.playground.page.locales import locale_of
from bot.playground.page.panel_watch import PanelWatch
from bot.playground.page.people import Hall
from bot.playground.page.ports import Json

log = logging.getLogger(__name__)

PAGE = 50  # messages at once
MOST_DIGITS = 20  # of an id
OFFER_EVERY = 0.25  # seconds between two looks at which commands there are


@dataclass(eq=False, repr=False)
class Shared:
    """What all seats of a page have in common."""

    discord: LocalDiscord
    drawer: Drawer
    changes: Changes
    hall: Hall
    panel: PanelWatch
    #: By person, the ephemeral messages that were dismissed: they do not come back with the next connection.
    dismissed: dict[int, set[int]] = field(default_factory=dict[int, set[int]])


@dataclass(eq=False, repr=False)
class Seat:
    """One client's view. `events` gives what is new since it was asked last; the newest state wins."""

    shared: Shared
    member: LocalMember | None = None
    channel: Channel | None = None
    #: Grows with each person who sits down: what was begun for another one is not told any more.
    sitting: int = 0
    _greeted: bool = False
    _opened: bool = False
    _number: int = 0
    _known: set[int] = field(default_factory=set[int])
    _doings: Doings | None = None
    _offered: list[Offered] | None = None
    _offered_at: float = 0.0
    _online: bool = False
    _panel: int = 0

    # What the person at the page does with it

    def sit(self, name: str | None, language: object = None) -> LocalMember:
        """Take a person's seat, by id or name, with a client in the browser's language. Raises ClientRefusal."""
        self.member = member = self.shared.hall.person(name)
        if language is not None:
            member.user.locale = locale_of(language)
        self.sitting += 1
        self.channel, self._greeted, self._opened, self._panel = None, False, False, 0
        self._doings = Doings(self.shared.discord.world, member.user, self.shared.drawer)
        self.shared.changes.scan()
        self._number = self.shared.changes.latest
        self._known = {m.id for c in self._channels() for m in self._visible(c)}
        return member

    def look(self, channel_id: object) -> None:
        """Open a channel. Raises ClientRefusal."""
        self.channel = self.open_channel(channel_id)
        self._opened, self._offered = False, None

    def history(self, channel_id: object, before: object) -> Json:
        """Return a page of the messages before that one. Raises ClientRefusal."""
        until = _id(before)
        # By the id's place, for the message itself may be gone.
        older = [m for m in self._visible(self.open_channel(channel_id)) if m.id < until]
        return {"messages": self._draw_all(older[-PAGE:]), "more": len(older) > PAGE}

    def dismiss(self, message_id: object) -> None:
        """Show an ephemeral message no more. Raises ClientRefusal."""
        message = self.message(message_id)
        if not message.ephemeral:
            raise ClientRefusal("Only messages that you alone can see are dismissed.")
        dismissed = self.shared.dismissed.setdefault(self.person.id, set())
        dismissed.add(message.id)

    def watch(self, panel: bool) -> None:
        self.shared.panel.watch(self, panel)
        self._panel = 0

    def leave(self) -> None:
        self.shared.panel.watch(self, False)

    @property
    def person(self) -> LocalMember:
        if self.member is None:
            raise ClientRefusal("Take a seat first.")
        return self.member

    def open_channel(self, channel_id: object) -> Channel:
        """Find a channel that the person sees. Raises ClientRefusal."""
        found = next((c for c in self._channels() if str(c.id) == str(channel_id)), None)
        if found is None:
            raise ClientRefusal("You do not have access to this channel.")
        return found

    def message(self, message_id: object) -> Message:
        """Find a message that the person sees. Raises ClientRefusal."""
        message = self.shared.discord.world.messages.get(_id(message_id))
        if message is None or not self._sees(message):
            raise ClientRefusal("That message is no longer there.")
        return message

    # What it is told

    def events(self) -> Iterator[Event]:
        """Tell what is new; each message is drawn when its turn comes, as it is then."""
        if self.member is None or self._doings is None:
            return
        if not self._greeted:
            self._greeted = True
            self._online = self.shared.hall.online
            yield "READY", self.shared.hall.ready(self.member)
        yield from self._doings.begun()
        if self.channel is not None:
            yield from self._commands(self.channel)
            if not self._opened:
                yield from self._open(self.channel)
        ended = list(self._doings.ended())
        if ended:
            # The answer itself stands there before it is said that there is one.
            self.shared.changes.scan()
        yield from self._messages()
        yield from ended
        yield from self._surroundings()

    def _commands(self, channel: Channel) -> Iterator[Event]:
        now = time.monotonic()
        if self._offered is not None and now - self._offered_at < OFFER_EVERY:
            return
        self._offered_at = now
        offered = self.person.offered(channel)
        if offered != self._offered:
            self._offered = offered
            yield "COMMANDS", {"channel": str(channel.id), "commands": [vars(offer) for offer in offered]}

    def _open(self, channel: Channel) -> Iterator[Event]:
        self._opened = True
        shown = self._visible(channel)
        self._known.update(m.id for m in shown)
        newest = self._draw_all(shown[-PAGE:])
        yield "MESSAGES", {"channel": str(channel.id), "messages": newest, "more": len(shown) > PAGE}

    def _messages(self) -> Iterator[Event]:
        changed = self.shared.changes.since(self._number)
        self._number = self.shared.changes.latest
        gone = self.shared.dismissed.get(self.person.id, set()) & self._known
        for message in [*changed, *(self.shared.discord.world.messages[key] for key in gone)]:
            if self._sees(message):
                event = "MESSAGE_UPDATE" if message.id in self._known else "MESSAGE_CREATE"
                self._known.add(message.id)
                for drawn in self._draw_all([message]):
                    yield event, drawn
            elif message.id in self._known:
                self._known.discard(message.id)
                yield "MESSAGE_DELETE", {"id": str(message.id), "channel_id": str(message.channel.id)}

    def _surroundings(self) -> Iterator[Event]:
        if self.shared.hall.online != self._online:
            self._online = not self._online
            yield "PRESENCE", {"online": self._online}
        panel = self.shared.panel
        if panel.shown is not None and panel.watched_by(self) and panel.number != self._panel:
            self._panel = panel.number
            yield "PANEL", panel.shown

    # What the person sees

    def _channels(self) -> list[Channel]:
        return self.shared.hall.channels(self.person)

    def _visible(self, channel: Channel) -> list[Message]:
        dismissed = self.shared.dismissed.get(self.person.id, set())
        return [m for m in channel.messages_for(self.person) if m.id not in dismissed]

    def _sees(self, message: Message) -> bool:
        if message.deleted or (message.ephemeral and message.visible_to != self.person.id):
            return False
        if message.id in self.shared.dismissed.get(self.person.id, set()):
            return False
        return self.shared.hall.sees(self.person, message.channel)

    def _draw_all(self, messages: list[Message]) -> list[Json]:
        """Draw them; one that cannot be drawn is logged, and the others are shown."""
        drawn: list[Json] = []
        for message in messages:
            try:
                drawn.append(self.shared.drawer.message(message, self.person.user))
            except Exception:
                log.exception("message %s cannot be drawn", message.id)
        return drawn


def _id(text: object) -> int:
    """The number of an id; 0 for what is none."""
    key = str(text)
    return int(key) if key.isdecimal() and len(key) <= MOST_DIGITS else 0
