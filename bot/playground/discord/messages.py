"""Making, editing and deleting messages, whoever asks: a channel route or an interaction token."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from urllib.parse import urlsplit

from bot.playground.discord import errors, payloads
from bot.playground.discord.cdn import Cdn, sanitize
from bot.playground.discord.errors import Path
from bot.playground.discord.gateway import DIRECT_MESSAGES, GUILD_MESSAGES
from bot.playground.discord.permissions import Permissions
from bot.playground.discord.rest import Upload, as_dict, as_list
from bot.playground.discord.state import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    SILENT,
    SUPPRESS_EMBEDS,
    Channel,
    Guild,
    Json,
    Message,
    StoredAttachment,
    Use,
    User,
)
from bot.playground.discord.validate_components import many, number_components, walk, without_nulls
from bot.playground.discord.validate_messages import check_message
from bot.playground.discord.world import World

SETTABLE = SUPPRESS_EMBEDS | SILENT | COMPONENTS_V2
BY_COMMAND, BY_MENU = 20, 23  # types of messages
NONCE_MEMORY = 300.0  # Discord speaks of "the past few minutes"
TIER_LIMITS = {2: 50 * 1024 * 1024, 3: 100 * 1024 * 1024}  # per file, by boost tier
ATTACHMENT = "attachment://"
DERIVED = ("proxy_url", "loading_state", "attachment_id", "placeholder", "content_type", "width", "height")


def upload_limit(world: World, guild: Guild | None) -> int:
    if guild is None:
        return world.max_upload
    return guild.upload_limit or max(world.max_upload, TIER_LIMITS.get(guild.premium_tier, 0))


@dataclass(eq=False, repr=False)
class Messages:
    world: World
    cdn: Cdn

    def render(self, message: Message) -> Json:
        """The message as Discord answers it: attachments with fresh URLs."""
        return payloads.message(message, self.cdn.sign)

    def create(
        self,
        channel: Channel,
        author: User,
        body: Json,
        uploads: list[Upload],
        *,
        use: Use | None = None,
        reply_to: Message | None = None,
        path: Path = (),
    ) -> Message:
        """Post a message; by an interaction it may be ephemeral."""
        check_message(body, uploads, path)
        self._check_sizes(channel, uploads)
        if not (str(body.get("content") or "").strip() or uploads or _shows_something(body)):
            raise errors.empty_message()
        flags = int(body.get("flags") or 0) & (SETTABLE | (EPHEMERAL if use else 0))
        message = self._blank(channel, author, flags, use)
        message.nonce = body.get("nonce")
        if reply_to is not None:
            message.reply_to, message.type = reply_to, 19
        self._apply(message, body, uploads)
        self._mention(message, as_dict(body.get("allowed_mentions")))
        self._publish(message, "MESSAGE_CREATE")
        return message

    def forward(self, channel: Channel, author: User, carried: Message) -> Message:
        """Carry a message on, which says nothing by itself."""
        message = self._blank(channel, author, 0, None)
        message.forwards = carried
        self._publish(message, "MESSAGE_CREATE")
        return message

    def think(self, use: Use, flags: int) -> Message:
        """The placeholder of a deferred response."""
        message = self._blank(use.channel, self.world.bot, flags & EPHEMERAL | LOADING, use)
        self._publish(message, "MESSAGE_CREATE")
        return message

    def edit(self, message: Message, body: Json, uploads: list[Upload], *, path: Path = ()) -> Message:
        """Change what the body names; the rest stays."""
        check_message(body, uploads, path, message)
        self._check_sizes(message.channel, uploads)
        self._refuse_emptying(message, body, uploads)
        message.flags |= int(body.get("flags") or 0) & COMPONENTS_V2
        if "flags" in body:
            message.flags = message.flags & ~SUPPRESS_EMBEDS | int(body.get("flags") or 0) & SUPPRESS_EMBEDS
        message.flags &= ~LOADING
        self._apply(message, body, uploads)
        message.edited = self.world.clock.now()
        message.edits.append(message.snapshot())
        self._publish(message, "MESSAGE_UPDATE")
        return message

    def delete(self, message: Message) -> None:
        message.deleted = True
        for stored in message.files:
            stored.removed = True
        guild = message.channel.guild
        data: Json = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if guild is not None and not message.ephemeral:
            data["guild_id"] = str(guild.id)
        self._send("MESSAGE_DELETE", data, message)
        self.world.changed()

    def twin(self, channel: Channel, body: Json) -> Message | None:
        """The message posted lately under the same nonce, when the body enforces it."""
        nonce = body.get("nonce")
        if nonce is None or not body.get("enforce_nonce"):
            return None
        since = self.world.clock.now() - NONCE_MEMORY
        recent = takewhile(lambda m: m.created > since, reversed(channel.everything))
        mine = (m for m in recent if m.author is self.world.bot and m.nonce is not None)
        return next((m for m in mine if str(m.nonce) == str(nonce)), None)

    def _blank(self, channel: Channel, author: User, flags: int, use: Use | None) -> Message:
        message = Message(self.world.snowflake(), channel, author, flags=flags, created=self.world.clock.now(), use=use)
        if use is not None:
            message.visible_to = use.user.id if flags & EPHEMERAL else None
            if use.type == 2 and use.original is None:
                message.type = BY_COMMAND if use.data["type"] == 1 else BY_MENU
        channel.everything.append(message)
        self.world.messages[message.id] = message
        return message

    def _check_sizes(self, channel: Channel, uploads: list[Upload]) -> None:
        limit = upload_limit(self.world, channel.guild)
        if any(len(u.data) > limit for u in uploads):
            raise errors.too_large()

    def _refuse_emptying(self, message: Message, body: Json, uploads: list[Upload]) -> None:
        after: Json = {
            "content": body.get("content", message.content),
            "embeds": body.get("embeds", message.embeds),
            "components": body.get("components", message.components),
        }
        listed = body.get("attachments")
        files = bool(uploads) or bool(message.files if listed is None else listed)
        if not (str(after["content"] or "").strip() or files or _shows_something(after)):
            raise errors.empty_message()

    def _apply(self, message: Message, body: Json, uploads: list[Upload]) -> None:
        if "content" in body:
            message.content = str(body["content"] or "").strip()
        self._apply_files(message, body, uploads)
        if "embeds" in body:
            message.embeds = [self._own_urls(message, deepcopy(e)) for e in many(body["embeds"])]
        if "components" in body:
            message.components = [self._own_urls(message, c) for c in without_nulls(many(body["components"]))]
            number_components(message.components)
        shown = _referenced(message)
        message.shown_in_place = {f.id for f in message.files if f.filename in shown}

    def _apply_files(self, message: Message, body: Json, uploads: list[Upload]) -> None:
        """New files are appended; a list of attachments says which old ones stay."""
        listed = {int(a["id"]): a for a in many(body.get("attachments"))}
        if "attachments" in body:
            for stored in message.files:
                stored.removed = stored.id not in listed
            message.files = [f for f in message.files if not f.removed]
            for stored in message.files:
                stored.description = listed[stored.id].get("description", stored.description)
        for upload in sorted(uploads, key=lambda u: u.index):
            meta = listed.get(upload.index, {})
            name = str(meta.get("filename") or upload.filename)
            stored = self.cdn.store(name, upload.data, message.channel.id, ephemeral=message.ephemeral)
            stored.description = meta.get("description")
            message.files.append(stored)

    def _own_urls(self, message: Message, node: Any) -> Any:
        """A URL of one of the message's own files means that file, as does attachment:// in its raw spelling."""
        fields, items = as_dict(node), as_list(node)
        if items is not None:
            return [self._own_urls(message, item) for item in items]
        if fields is None:
            return self._own_url(message.files, node) if isinstance(node, str) else node
        if "url" in fields:
            # What Discord adds to a medium when it answers, and gets back from clients that edit.
            fields = {key: value for key, value in fields.items() if key not in DERIVED}
        return {key: self._own_urls(message, value) for key, value in fields.items()}

    def _own_url(self, files: list[StoredAttachment], text: str) -> str:
        if text.startswith(ATTACHMENT):
            return ATTACHMENT + sanitize(text.removeprefix(ATTACHMENT))
        if text.startswith(self.world.cdn_url):
            path = urlsplit(text).path
            return next((ATTACHMENT + f.filename for f in files if f.path == path), text)
        return text

    def _mention(self, message: Message, allowed: Json | None) -> None:
        """Work out who is mentioned, and whom that pings."""
        guild = message.channel.guild
        ids = {int(i) for i in re.findall(r"<@!?(\d+)>", message.content)}
        message.mentions = [u for i in sorted(ids) if (u := self.world.users.get(i)) is not None]
        if guild is None:
            message.pings = [] if message.ephemeral else [*message.mentions]
            return
        role_ids = {int(i) for i in re.findall(r"<@&(\d+)>", message.content)}
        message.mention_roles = [r for i in sorted(role_ids) if (r := guild.roles.get(i)) is not None]
        author = guild.members.get(message.author.id)
        may_all = author is not None and bool(author.permissions(message.channel) & Permissions.MENTION_EVERYONE)
        all_names = re.findall(r"@(everyone|here)\b", message.content)
        message.mention_everyone = bool(all_names) and may_all and _parses(allowed, "everyone")
        if message.ephemeral:
            return
        message.pings = [u for u in message.mentions if _allows(allowed, "users", u.id)]
        message.pings += [r for r in message.mention_roles if may_all and _allows(allowed, "roles", r.id)]
        message.pings += [f"@{n}" for n in dict.fromkeys(all_names) if message.mention_everyone]

    def _publish(self, message: Message, event: str) -> None:
        self._send(event, payloads.message_event(message, self.cdn.sign), message)
        self.world.changed()

    def _send(self, event: str, data: Json, message: Message) -> None:
        direct = message.channel.guild is None or message.ephemeral
        self.world.send(event, data, message.channel.guild, DIRECT_MESSAGES if direct else GUILD_MESSAGES)


def _shows_something(body: Json) -> bool:
    embeds = [e for e in many(body.get("embeds")) if any(v for k, v in e.items() if k not in ("type", "color"))]
    return bool(embeds or body.get("components") or body.get("poll") or body.get("sticker_ids"))


def _parses(allowed: Json | None, kind: str) -> bool:
    return allowed is None or kind in (allowed.get("parse") or ())


def _allows(allowed: Json | None, kind: str, target: int) -> bool:
    return _parses(allowed, kind) or str(target) in {str(i) for i in (allowed or {}).get(kind) or ()}


def _referenced(message: Message) -> set[str]:
    """Names of the files that an embed or a component shows."""
    spots: list[tuple[Any, str]] = []
    for embed in message.embeds:
        spots += [(embed.get(key), "url") for key in ("image", "thumbnail", "video")]
        spots += [(embed.get(key), "icon_url") for key in ("author", "footer")]
    for component in walk(message.components):
        spots += [(component.get("media"), "url"), (component.get("file"), "url")]
        spots += [(item.get("media"), "url") for item in many(component.get("items"))]
    urls = [str((as_dict(spot) or {}).get(key)) for spot, key in spots]
    return {u.removeprefix(ATTACHMENT) for u in urls if u.startswith(ATTACHMENT)}
