"""What Discord refuses in the body of a message."""

from __future__ import annotations

from typing import Any, cast

from bot.playground.discord.cdn import sanitize
from bot.playground.discord.errors import Path, Problems
from bot.playground.discord.rest import Upload, as_dict, as_list
from bot.playground.discord.state import COMPONENTS_V2, Json, Message
from bot.playground.discord.validate_components import Checker, many, without_nulls

CONTENT, EMBEDS, EMBED_TOTAL, FILES = 2000, 10, 6000, 10  # documented limits of a message
NONCE = 25
LEGACY = ("content", "embeds", "poll", "sticker_ids")


def check_message(body: Json, uploads: list[Upload], path: Path, old: Message | None = None) -> None:
    """Refuse a body for a new message, or for an edit of an old one."""
    problems = Problems()
    v2 = is_v2(body, old)
    problems.length((*path, "content"), len(str(body.get("content") or "")), 0, CONTENT)
    _check_embeds(many(body.get("embeds")), (*path, "embeds"), problems)
    _check_nonce(body.get("nonce"), (*path, "nonce"), problems)
    _check_mentions(as_dict(body.get("allowed_mentions")), (*path, "allowed_mentions"), problems)
    _check_attachments(body, uploads, path, problems, old)
    if v2:
        _check_v2(body, path, problems, old)
    if body.get("components"):
        names = {sanitize(name) for name in names_given(body, uploads)}
        Checker(problems, names).message(without_nulls(many(body["components"])), (*path, "components"), v2=v2)
    problems.refuse()


def is_v2(body: Json, old: Message | None) -> bool:
    """Once set, the flag never comes off."""
    return bool(int(body.get("flags") or 0) & COMPONENTS_V2) or (old is not None and old.v2)


def names_given(body: Json, uploads: list[Upload]) -> list[str]:
    """The file names a body speaks of: its uploads, and what it lists with a name."""
    listed = [a for a in many(body.get("attachments")) if a.get("filename")]
    renamed = {int(a["id"]): str(a["filename"]) for a in listed}
    uploaded = [renamed.get(u.index, u.filename) for u in uploads]
    return uploaded + [str(a["filename"]) for a in listed]


def _check_v2(body: Json, path: Path, problems: Problems, old: Message | None) -> None:
    for key in LEGACY:
        left = old is not None and not old.v2 and key not in body and bool(getattr(old, key, None))
        if body.get(key) or left:
            text = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            problems.add((*path, key), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    if old is not None and not old.v2 and old.files and "attachments" not in body:
        text = "Attachments must be listed when changing a message to MessageFlags.IS_COMPONENTS_V2"
        problems.add((*path, "attachments"), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    if old is None and not body.get("components"):
        problems.required((*path, "components"))


def _check_nonce(nonce: Any, path: Path, problems: Problems) -> None:
    if nonce is not None:
        problems.length(path, len(str(nonce)), 0, NONCE)


def _check_mentions(allowed: Json | None, path: Path, problems: Problems) -> None:
    if allowed is None:
        return
    parse = as_list(allowed.get("parse")) or []
    for index, kind in enumerate(parse):
        if kind not in ("users", "roles", "everyone"):
            problems.choices((*path, "parse", index), "('users', 'roles', 'everyone')")
    for kind in ("users", "roles"):
        ids = as_list(allowed.get(kind)) or []
        problems.length((*path, kind), len(ids), 0, 100)
        if ids and kind in parse:
            text = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            problems.add(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def _check_attachments(body: Json, uploads: list[Upload], path: Path, problems: Problems, old: Message | None) -> None:
    kept = {f.id for f in old.files} if old is not None else set[int]()
    indexes = {u.index for u in uploads}
    listed = body.get("attachments")
    for place, entry in enumerate(many(listed)):
        here: Path = (*path, "attachments", place)
        if not str(entry.get("id", "")).isdigit():
            problems.required((*here, "id"))
        elif int(entry["id"]) not in kept | indexes:
            text = "Attachment data not found"
            problems.add(here, "ATTACHMENT_NOT_FOUND", text)
        problems.length((*here, "description"), len(str(entry.get("description") or "")), 0, 1024)
    staying = kept if listed is None else {int(e["id"]) for e in many(listed) if str(e.get("id", "")).isdigit()} & kept
    problems.length((*path, "attachments"), len(staying) + len(uploads), 0, FILES)


def _check_embeds(embeds: list[Json], path: Path, problems: Problems) -> None:
    problems.length(path, len(embeds), 0, EMBEDS)
    for index, embed in enumerate(embeds):
        _check_embed(embed, (*path, index), problems)
    if sum(embed_size(e) for e in embeds) > EMBED_TOTAL:
        problems.add(path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_TOTAL}")


def _check_embed(embed: Json, path: Path, problems: Problems) -> None:
    _text(embed, "title", path, 0, 256, problems)
    _text(embed, "description", path, 0, 4096, problems)
    _text(as_dict(embed.get("footer")) or {}, "text", (*path, "footer"), 0, 2048, problems)
    _text(as_dict(embed.get("author")) or {}, "name", (*path, "author"), 0, 256, problems)
    fields = many(embed.get("fields"))
    problems.length((*path, "fields"), len(fields), 0, 25)
    for index, item in enumerate(fields):
        _text(item, "name", (*path, "fields", index), 1, 256, problems)
        _text(item, "value", (*path, "fields", index), 1, 1024, problems)
    for key in ("image", "thumbnail"):
        media = as_dict(embed.get(key))
        if media is not None:
            _url(media.get("url"), (*path, key, "url"), problems, ("http", "https", "attachment"))
    if embed.get("url"):
        _url(embed["url"], (*path, "url"), problems, ("http", "https"))


def embed_size(embed: Json) -> int:
    """Characters that count towards the 6000 over all embeds of a message."""
    fields = many(embed.get("fields"))
    texts = [embed.get("title"), embed.get("description")]
    texts += [cast("Json", embed.get("footer") or {}).get("text"), cast("Json", embed.get("author") or {}).get("name")]
    texts += [f.get(key) for f in fields for key in ("name", "value")]
    return sum(len(str(t)) for t in texts if t)


def _url(url: Any, path: Path, problems: Problems, schemes: tuple[str, ...]) -> None:
    if not str(url or "").startswith(tuple(f"{s}://" for s in schemes)):
        problems.add(path, "URL_TYPE_INVALID_SCHEME", f'"{url}": Scheme must be one of {schemes}.')


def _text(node: Json, key: str, path: Path, low: int, high: int, problems: Problems) -> None:
    value = node.get(key)
    if value is None or (low and value == ""):
        if low:
            problems.required((*path, key))
    else:
        problems.length((*path, key), len(str(value)), low, high)
