"""Parts of a drawn message that need nothing but their own JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.playground.discord.state import Json, StoredAttachment
from bot.playground.discord.validate_components import many
from bot.playground.page.dialect import Names
from bot.playground.page.markdown import Markdown

#: What a browser shows as a picture; an SVG is a document, and Discord shows it as a file too.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})


def kind_of(file: StoredAttachment) -> str:
    """How a client shows the file: image, video, audio or file."""
    major = file.content_type.partition("/")[0]
    if file.content_type in PICTURES:
        return "image"
    return major if major in {"video", "audio"} else "file"


def colour_code(number: object) -> str | None:
    return f"#{number:06x}" if isinstance(number, int) else None


def safe_address(url: object) -> str | None:
    """An address that may be followed or fetched: on the web, or a path on the page's own host."""
    text = str(url or "")
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if is_path or text.startswith(("https://", "http://")) else None


def drawn_embed(
    embed: Json,
    markdown: Markdown,
    names: Names,
    own_path: Callable[[str], str],
    alts: Mapping[str, str | None],
) -> Json:
    """An embed with its texts as HTML; an author and a footer are plain text."""

    def picture(key: str) -> Json | None:
        media: Json = embed.get(key) or {}
        url = safe_address(own_path(str(media.get("url") or "")))
        if url is None:
            return None
        return {"url": url, "width": media.get("width"), "height": media.get("height"), "alt": alts.get(url)}

    def part(key: str, *texts: str) -> Json | None:
        held: Json = embed.get(key) or {}
        if not held.get(texts[0]):
            return None
        icon = safe_address(own_path(str(held.get("icon_url") or "")))
        return {**{text: held.get(text) for text in texts}, "icon_url": icon}

    author = part("author", "name")
    return {
        "color": colour_code(embed.get("color")),
        "title_html": markdown.title(str(embed.get("title") or ""), names),
        "url": safe_address(embed.get("url")),
        "html": markdown.text(str(embed.get("description") or ""), names),
        "author": author and {**author, "url": safe_address(embed["author"].get("url"))},
        "fields": [_field(field, markdown, names) for field in many(embed.get("fields"))],
        "image": picture("image"),
        "thumbnail": picture("thumbnail"),
        "footer": part("footer", "text"),
        "timestamp": embed.get("timestamp"),
    }


def _field(field: Json, markdown: Markdown, names: Names) -> Json:
    return {
        "name_html": markdown.title(str(field.get("name") or ""), names),
        "value_html": markdown.text(str(field.get("value") or ""), names),
        "inline": bool(field.get("inline")),
    }
