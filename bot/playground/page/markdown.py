"""Texts in Discord's dialect of markdown, made into HTML that is safe to show."""

from __future__ import annotations

from typing import cast

from markdown_it import MarkdownIt

from bot.playground.page import dialect_lines as lines
from bot.playground.page import dialect_marks as marks
from bot.playground.page.dialect import Names, Scope

#: In the order in which they are tried. Of the library's own rules, that for `code` is Discord's.
RULES: tuple[tuple[str, marks.Rule], ...] = (
    ("escape", marks.escape),
    ("bold", marks.styled(marks.BOLD, "strong")),
    ("underline", marks.styled(marks.UNDERLINE, "u")),
    ("italic", marks.styled(marks.ITALIC, "em")),
    ("strike", marks.styled(marks.STRIKE, "s")),
    ("spoiler", marks.styled(marks.SPOILER, "span", marks.HIDDEN)),
    ("quote", lines.quote),
    ("subtext", lines.subtext),
    ("header", lines.header),
    ("items", lines.items),
    ("fence", lines.fence),
    ("masked_link", marks.masked_link),
    ("address", marks.address),
    ("angled", marks.angled),
    ("everyone", marks.everyone),
    ("line_break", lines.line_break),
    ("words", marks.words),
)


class Markdown:
    """Reads what bots and people write. Nothing but its own tags and attributes ever comes out."""

    def __init__(self) -> None:
        self._parser = MarkdownIt("zero")
        ruler = self._parser.inline.ruler
        ruler.enable("backticks")
        for name, rule in RULES:
            ruler.before("backticks", f"discord_{name}", rule)
        ruler.disable("text")

    def text(self, source: str, names: Names) -> str:
        """What a message says, or an embed's description, or the value of a field."""
        return self._draw(source.strip(), Scope(), names)

    def title(self, source: str, names: Names) -> str:
        """An embed's title, or the name of a field: styles, and neither mentions nor links."""
        return self._draw(source.strip(), Scope(blocks=False, links=False, mentions=False), names)

    def line(self, source: str, names: Names) -> str:
        """A message in one line, as a reply shows what it answers."""
        return self._draw(source.strip(), Scope(blocks=False, links=False), names)

    def _draw(self, source: str, scope: Scope, names: Names) -> str:
        return cast("str", self._parser.renderInline(source, {"names": names, "scope": scope}))
