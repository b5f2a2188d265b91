"""The whole state of the local Discord, as plain dataclasses to be read from outside."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.playground.discord import words
from bot.playground.discord.errors import NoAnswer
from bot.playground.discord.permissions import ALL, BOT, MEMBER, Permissions
from bot.playground.discord.things import Overwrite, Role, StoredAttachment, User

if TYPE_CHECKING:
    from bot.playground.discord.world import World

Json = dict[str, Any]

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15
SUPPRESS_EMBEDS = 1 << 2
SILENT = 1 << 12
ANSWER_WITHIN = 3.0  # seconds for the initial response
TOKEN_LIFE = 15 * 60.0  # seconds that follow-ups and edits by token stay possible
DM = 1
TEXT = 0
# Of a command, by kind and id: whom and where it is allowed or denied.
Overrides = dict[tuple[int, int], bool]
FOR_ROLE, FOR_USER, FOR_CHANNEL = 1, 2, 3


@dataclass(eq=False)
class Channel:
    id: int
    name: str
    guild: Guild | None = field(repr=False)
    world: World = field(repr=False)
    type: int = TEXT
    nsfw: bool = False
    topic: str | None = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict[int, Overwrite], repr=False)
    recipient: User | None = None
    everything: list[Message] = field(default_factory=list["Message"], repr=False)

    @property
    def messages(self) -> list[Message]:
        """What everyone in the channel sees, oldest first."""
        return [m for m in self.everything if not m.deleted and not m.ephemeral]

    def messages_for(self, user: User | Member) -> list[Message]:
        """What one person sees: also the ephemeral answers to their own interactions."""
        return [m for m in self.everything if m.seen_by(user)]


@dataclass(eq=False)
class Member:
    user: User
    guild: Guild = field(repr=False)
    roles: list[Role] = field(default_factory=list[Role], repr=False)
    joined: float = 0.0
    # The picture that they have on this server alone.
    avatar: StoredAttachment | None = None

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    def permissions(self, channel: Channel | None = None) -> int:
        """Discord's own sum: everyone, roles, then the channel's overwrites; the owner and administrators have all."""
        base = self.guild.everyone.permissions
        for role in self.roles:
            base |= role.permissions
        if self.guild.owner_id == self.id or base & Permissions.ADMINISTRATOR:
            return ALL
        return base if channel is None else self._overwritten(base, channel)

    def _overwritten(self, base: int, channel: Channel) -> int:
        everyone = channel.overwrites.get(self.guild.id)
        if everyone is not None:
            base = base & ~everyone.deny | everyone.allow
        roles = [o for role in self.roles if (o := channel.overwrites.get(role.id)) is not None]
        for overwrite in roles:
            base &= ~overwrite.deny
        for overwrite in roles:
            base |= overwrite.allow
        own = channel.overwrites.get(self.id)
        if own is not None:
            base = base & ~own.deny | own.allow
        return base


@dataclass(eq=False)
class Guild:
    """A server. Plain permissions sit on a "Members" role so that the bot's role alone says what the bot may do."""

    id: int
    name: str
    world: World = field(repr=False)
    owner_id: int = 0
    locale: str = "en-US"
    premium_tier: int = 0
    upload_limit: int | None = None
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel], repr=False)
    members: dict[int, Member] = field(default_factory=dict[int, Member], repr=False)
    roles: dict[int, Role] = field(default_factory=dict[int, Role], repr=False)
    commands: dict[str, Json] = field(default_factory=dict[str, Json], repr=False)
    # The Integrations page, by the id of a command, or of the application for all of them.
    command_permissions: dict[int, Overrides] = field(default_factory=dict[int, Overrides], repr=False)
    creates: list[float] = field(default_factory=list[float], repr=False)

    def __post_init__(self) -> None:
        for name, permissions in (("@everyone", 0), ("Members", MEMBER), (self.world.bot.name, BOT)):
            # Discord gives @everyone the guild's own id.
            role_id = self.world.snowflake() if self.roles else self.id
            self.roles[role_id] = Role(role_id, name, permissions, position=len(self.roles))
        self.bot_role.managed = True
        bot = Member(self.world.bot, self, [self.bot_role], self.world.clock.now())
        self.members[bot.id] = bot

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    @property
    def members_role(self) -> Role:
        return list(self.roles.values())[1]

    @property
    def bot_role(self) -> Role:
        return list(self.roles.values())[2]

    @property
    def bot(self) -> Member:
        return self.members[self.world.bot.id]


@dataclass(frozen=True)
class Snapshot:
    """What a message showed after one edit; `at` is monotonic."""

    at: float
    content: str
    embeds: list[Json]
    components: list[Json]
    attachments: list[StoredAttachment]
    flags: int


@dataclass(eq=False)
class Message:
    id: int
    channel: Channel
    author: User
    content: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    files: list[StoredAttachment] = field(default_factory=list[StoredAttachment])
    flags: int = 0
    type: int = 0
    created: float = 0.0
    edited: float | None = None
    deleted: bool = False
    nonce: str | int | None = None
    visible_to: int | None = None
    use: Use | None = field(default=None, repr=False)
    reply_to: Message | None = field(default=None, repr=False)
    # What it carries on from another channel.
    forwards: Message | None = field(default=None, repr=False)
    mentions: list[User] = field(default_factory=list[User])
    mention_roles: list[Role] = field(default_factory=list[Role])
    mention_everyone: bool = False
    pings: list[User | Role | str] = field(default_factory=list["User | Role | str"])
    edits: list[Snapshot] = field(default_factory=list[Snapshot], repr=False)
    shown_in_place: set[int] = field(default_factory=set[int], repr=False)

    @property
    def attachments(self) -> list[StoredAttachment]:
        """The files listed under the message; those that an embed or a component shows are not listed."""
        return [f for f in self.files if f.id not in self.shown_in_place]

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """True while the message only says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def v2(self) -> bool:
        return bool(self.flags & COMPONENTS_V2)

    def seen_by(self, user: User | Member) -> bool:
        """Ephemeral messages are for one person alone."""
        return not self.deleted and (not self.ephemeral or self.visible_to == user.id)

    def snapshot(self) -> Snapshot:
        return Snapshot(
            time.monotonic(), self.content, self.embeds, self.components, list(self.attachments), self.flags
        )


@dataclass(eq=False)
class Use:
    """One interaction, seen by the person who caused it."""

    id: int
    token: str
    type: int
    user: User
    member: Member | None
    channel: Channel
    world: World = field(repr=False)
    data: Json = field(default_factory=dict[str, Any])
    created: float = 0.0
    source: Message | None = None
    parent: Use | None = field(default=None, repr=False)
    response_type: int | None = None
    answered_at: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])
    modal: Json | None = None
    choices: list[Json] | None = None
    ephemeral: bool = False
    deferred: bool = False
    expired: bool = False

    @property
    def response(self) -> Message | None:
        """The initial response once it is more than "thinking"; for type 6 and 7 the message that was pressed."""
        return None if self.original is None or self.original.loading else self.original

    @property
    def is_guest(self) -> bool:
        """True where the bot is not on the server: it may answer, and nothing else."""
        guild = self.channel.guild
        return guild is not None and guild.id not in self.world.guilds

    @property
    def alive(self) -> bool:
        return not self.expired and self.world.clock.now() - self.created < TOKEN_LIFE

    @property
    def name(self) -> str:
        """What was used, of a command: "workflow add", or a context menu's command."""
        found: list[str] = [self.data["name"]] if "name" in self.data else []
        options: list[Json] = self.data.get("options", [])
        while options and "options" in options[0]:
            found.append(options[0]["name"])
            options = options[0]["options"]
        return " ".join(found)

    @property
    def failed(self) -> str | None:
        """What the client shows once it has waited in vain for the bot, by the world's clock."""
        if self.response_type is None:
            waited = self.world.clock.now() - self.created
            return words.FAILURES[self.type] if self.expired or waited > ANSWER_WITHIN else None
        thinking = self.original is not None and self.original.loading and not self.original.deleted
        return words.NO_ANSWER if thinking and not self.alive else None

    async def answered(self, timeout: float = ANSWER_WITHIN) -> Use:
        """Wait for the initial response; Discord shows "The application did not respond" after 3 s."""
        try:
            await self.world.until(lambda: self.response_type is not None, timeout=timeout)
        except TimeoutError as error:
            raise NoAnswer(f"{words.NO_ANSWER}{self.world.last_refusals()}") from error
        return self
