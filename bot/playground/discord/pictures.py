"""Embeds and components with the files that they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from bot.playground.discord.state import Json, Message, StoredAttachment

Sign = Callable[[StoredAttachment], str]


def _media(url: str, files: Mapping[str, StoredAttachment], sign: Sign) -> Json | None:
    """Resolve `attachment://name`; None where nothing of that name is attached."""
    if not url.startswith("attachment://"):
        return {"url": url, "proxy_url": url}
    item = files.get(url.removeprefix("attachment://"))
    if item is None:
        return None
    signed = sign(item)
    size: Json = {"width": item.width, "height": item.height} if item.width is not None else {}
    return {"url": signed, "proxy_url": signed, "attachment_id": str(item.id), **size}


def embeds(item: Message, sign: Sign) -> list[Json]:
    """The embeds with their pictures resolved; a picture whose file is gone is left out, as Discord does."""
    files = {f.filename: f for f in item.files}
    shown: list[Json] = []
    for source in item.embeds:
        embed = deepcopy(source)
        for key in ("image", "thumbnail", "video"):
            if key in embed:
                media = _media(str(embed[key].get("url", "")), files, sign)
                if media is None:
                    del embed[key]
                else:
                    media.pop("attachment_id", None)
                    embed[key] |= media
        for holder, key in (("author", "icon_url"), ("footer", "icon_url")):
            if key in embed.get(holder, {}):
                media = _media(str(embed[holder][key]), files, sign)
                embed[holder].pop(key) if media is None else embed[holder].update({key: media["url"]})
        shown.append({"type": "rich", **embed})
    return shown


def components(item: Message, sign: Sign) -> list[Json]:
    files = {f.filename: f for f in item.files}

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(child) for child in _many(node)]
        if not isinstance(node, dict):
            return node
        found: Json = {str(k): resolve(v) for k, v in _fields(node).items()}
        for key in ("media", "file"):
            if key in found and "url" in found[key]:
                media = _media(str(found[key]["url"]), files, sign) or {}
                found[key] = {**found[key], "loading_state": 2, "content_type": None, **media}
        return found

    return resolve(item.components)


def _many(node: Any) -> list[Any]:
    return node


def _fields(node: Any) -> Json:
    return node
