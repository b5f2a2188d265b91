"""Messages and modals as the page shows them: Discord's own JSON, with texts made into safe HTML."""

from __future__ import annotations

from typing import Any, cast

from bot.playground.discord import LocalDiscord, payloads
from bot.playground.discord.cdn import URL_LIFE
from bot.playground.discord.interactions import COMMAND, answered_by
from bot.playground.discord.state import SUPPRESS_EMBEDS, Json, Message, Role, StoredAttachment, Use, User
from bot.playground.discord.validate_components import FILE, GALLERY, TEXT, THUMBNAIL, many, walk
from bot.playground.page.drawn_parts import colour_code, drawn_embed, kind_of, safe_address
from bot.playground.page.known import Known
from bot.playground.page.markdown import Markdown

#: To be told apart by, on white as on Discord's dark grey: each has a contrast of more than 3 to both.
PALETTE = (
    *("#3f88d2", "#d95d5d", "#249924", "#a46bdc", "#bd752c", "#239393", "#d449d4"),
    *("#5b9323", "#7a7ae0", "#d85797", "#898920"),
)
SERIAL = 0x3FFFFF  # the part of an id that counts; the rest is the time
SPOILER = "SPOILER_"


def colour_of(user: User) -> str:
    """A person's colour, the same at all times."""
    return PALETTE[(user.id & SERIAL) % len(PALETTE)]


class Drawer:
    """Draws what one Discord holds, for one person at a time."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord
        self._markdown = Markdown()
        #: URLs that are kept as long as they are good: a new one would make the browser fetch the file anew.
        self._urls: dict[int, tuple[str, float]] = {}

    def message(self, message: Message, seat: User) -> Json:
        """A drawn message, as this person sees it."""
        known = Known(self._discord.world, message.channel.guild)
        return {
            "id": str(message.id),
            "channel_id": str(message.channel.id),
            "author": _author(message.author),
            "at": payloads.timestamp(message.created),
            "edited": payloads.timestamp(message.edited),
            "html": self._markdown.text(message.content, known),
            "reply": self._reply(message, known, seat),
            "used": _used(message),
            "ephemeral": message.ephemeral,
            "loading": message.loading,
            "v2": message.v2,
            "mentions_me": _mentions(message, seat),
            "attachments": [self._attachment(file) for file in message.attachments],
            "embeds": self._embeds(message, known),
            "components": self._components(payloads.components(message, self.file_url), known, message.files),
        }

    def modal(self, use: Use) -> Json:
        """A drawn modal: the one that the bot answered this interaction with."""
        if use.modal is None:
            raise ValueError("this interaction was not answered with a modal")
        known = Known(self._discord.world, use.channel.guild)
        return {
            "use": str(use.id),
            "title": use.modal["title"],
            "custom_id": use.modal["custom_id"],
            "components": self._components(use.modal["components"], known, []),
        }

    def file_url(self, stored: StoredAttachment) -> str:
        """The signed path of a file, on whatever host serves the page."""
        now = self._discord.world.clock.now()
        url, until = self._urls.get(stored.id, ("", now))
        if until <= now:
            url = self._own_path(self._discord.sign(stored.id))
            self._urls[stored.id] = url, now + URL_LIFE / 2
        return url

    def _own_path(self, url: str) -> str:
        return url.removeprefix(self._discord.world.cdn_url)

    def _reply(self, message: Message, known: Known, seat: User) -> Json | None:
        """What the message answers, as far as this person may see it."""
        answered = answered_by(message)
        if answered is None:
            return None
        if answered.deleted:
            return {"name": "", "html": "<em>Original message was deleted</em>"}
        if not answered.seen_by(seat):
            return {"name": "", "html": "<em>Message could not be loaded.</em>"}
        html = self._markdown.line(answered.content, known)
        return {"name": answered.author.name, "html": html or "<em>Click to see attachment</em>"}

    def _attachment(self, file: StoredAttachment) -> Json:
        return {
            "id": str(file.id),
            "filename": file.filename,
            "size": file.size,
            "url": self.file_url(file),
            "kind": kind_of(file),
            "width": file.width,
            "height": file.height,
            "alt": file.description,
            "spoiler": file.filename.startswith(SPOILER),
        }

    def _embeds(self, message: Message, known: Known) -> list[Json]:
        if message.flags & SUPPRESS_EMBEDS:
            return []
        alts = {self.file_url(file): file.description for file in message.files}
        found = payloads.embeds(message, self.file_url)
        return [drawn_embed(embed, self._markdown, known, self._own_path, alts) for embed in found]

    def _components(self, components: list[Json], known: Known, files: list[StoredAttachment]) -> list[Json]:
        copied = cast("list[Json]", _copied(components))
        by_url = {self.file_url(file): file for file in files}
        for component in walk(copied):
            self._draw_component(component, known)
            if component["type"] == FILE:
                self._draw_media(component, "file", by_url)
            elif component["type"] == THUMBNAIL:
                self._draw_media(component, "media", by_url)
            elif component["type"] == GALLERY:
                for item in many(component.get("items")):
                    self._draw_media(item, "media", by_url)
        return copied

    def _draw_component(self, component: Json, known: Known) -> None:
        if component["type"] == TEXT:
            component["html"] = self._markdown.text(str(component["content"]), known)
        if "accent_color" in component:
            component["accent_color"] = colour_code(component["accent_color"])
        if "url" in component:
            component["url"] = safe_address(component["url"])
        for default in many(component.get("default_values")):
            default["label"] = known.thing(str(default.get("type")), int(default["id"]))

    def _draw_media(self, holder: Json, key: str, by_url: dict[str, StoredAttachment]) -> None:
        """A picture, video or file within components: where it is, what it is, and whether it is hidden."""
        media: Json = holder[key]
        media["url"] = safe_address(self._own_path(str(media.get("url") or ""))) or ""
        media.pop("proxy_url", None)
        file = by_url.get(media["url"])
        named_so = file is not None and file.filename.startswith(SPOILER)
        holder["spoiler"] = bool(holder.get("spoiler")) or named_so
        if file is not None:
            media["content_type"] = file.content_type
            if key == "file":
                holder |= {"name": file.filename, "size": file.size}


def _copied(node: Any) -> Any:
    """What is drawn is written upon, and the state stays as it is."""
    if isinstance(node, list):
        return [_copied(item) for item in cast("list[Any]", node)]
    if isinstance(node, dict):
        return {key: _copied(value) for key, value in cast("Json", node).items()}
    return node


def _author(user: User) -> Json:
    return {"id": str(user.id), "name": user.name, "bot": user.bot, "color": colour_of(user)}


def _used(message: Message) -> Json | None:
    """Who used what, above the first answer to a command; a press or a form shows nothing of the kind."""
    use = message.use
    if use is None or use.type != COMMAND or use.original is not message:
        return None
    drawn: Json = {"user": use.user.name, "name": use.name}
    return drawn if use.data.get("type", 1) == 1 else {**drawn, "menu": True}


def _mentions(message: Message, seat: User) -> bool:
    guild = message.channel.guild
    member = guild.members.get(seat.id) if guild else None
    mine: list[User | Role] = [seat, *(member.roles if member else ())]
    return any(isinstance(ping, str) or ping in mine for ping in message.pings)
