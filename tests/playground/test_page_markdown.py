"""Discord's dialect of markdown: what it draws, and what it leaves as it was written."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import pytest

from bot.playground.page.markdown import Markdown
from bot.playground.page.moments import written

NOW = 1618953630.0  # 2021-04-20, 21:20:30 UTC
LINK = 'rel="noreferrer noopener" target="_blank"'
SPOILER = 'class="spoiler" tabindex="0" role="button"'


class Known:
    """Bo (1), the Painters (2) and #pictures (3)."""

    def user(self, user_id: int) -> str | None:
        return {1: "Bo <b>"}.get(user_id)

    def role(self, role_id: int) -> str | None:
        return {2: "Painters", 5: "@everyone"}.get(role_id)

    def channel(self, channel_id: int) -> str | None:
        return {3: "pictures"}.get(channel_id)

    def now(self) -> float:
        return NOW


MARKDOWN, KNOWN = Markdown(), Known()


def drawn(source: str) -> str:
    return MARKDOWN.text(source, KNOWN)


#: What is not complete, or not known, stands as it was written.
LITERAL = [
    *("**open", "*open", "__open", "~~open", "||open", "`open", "```open", "_open", "||||", "``"),
    *("1 * 2 * 3", "*a *", "a * b *c", "snake_case_name", "~one~", "|one|", "+", "-", "- ", "1.", "#tag", "-#tag"),
    *("#### four", "##", "a # b", "a > b", ">quoted", ">>>quoted", "a\u00a0- b", "-1. x"),
    *("[text]", "[text](", "[text](x)", "[text](/x)", "[text](javascript:alert(1))", "[text](JAVASCRIPT:alert(1))"),
    *("[a][b]", "[a]: https", "![a]()", "<a@b.c>"),
    *(
        "[a](data:text/html,x)",
        "[a](vbscript:x)",
        "[a](//a.b)",
        "javascript:alert(1)",
        "http:// x",
        "https://",
        "https://.",
    ),
    *("<@>", "<@x>", "<@1", "<#x>", "<@&>", "</run>", "</a b c d:1>", "<:smile>", "<t:>", "<t:x>", "<t:0:x>"),
    *("<t:99999999999999>", "<t:999999999999999999>", "@everyoneelse", "@nobody", "&amp;", "&copy;", "<b>x</b>"),
    *("---", "***", "___", "<!-- x -->", "<script>alert(1)</script>", '<img src=x onerror="alert(1)">'),
]


@pytest.mark.parametrize("source", LITERAL)
def test_what_stands_as_it_was_written(source: str) -> None:
    assert unescape(drawn(source)) == source.strip()
    assert "<" not in drawn(source)


@pytest.mark.parametrize(
    "source", ["a | b\n--|--\n1 | 2", "Title\n===", "Title\n---", "a\n    code", "\tcode", "a  \nb"]
)
def test_constructs_of_other_dialects(source: str) -> None:
    assert drawn(source) == source.strip().replace("\n", "<br>")


DRAWN = [
    ("**a** *b* _c_ __d__ ~~e~~", "<strong>a</strong> <em>b</em> <em>c</em> <u>d</u> <s>e</s>"),
    ("***a*** ___b___", "<strong><em>a</em></strong> <u><em>b</em></u>"),
    ("**a *b* __c__**", "<strong>a <em>b</em> <u>c</u></strong>"),
    ("*a **b** c*", "<em>a <strong>b</strong> c</em>"),
    ("** a **", "<strong> a </strong>"),
    ("****", "<em>**</em>"),
    ("**a\nb**", "<strong>a<br>b</strong>"),
    ("**a_b_c**", "<strong>a_b_c</strong>"),
    ("||a **b**||", f"<span {SPOILER}>a <strong>b</strong></span>"),
    ("||# a||", f"<span {SPOILER}><h1>a</h1></span>"),
    ("`a **b** <c>`", "<code>a **b** &lt;c&gt;</code>"),
    ("`` a`b ``", "<code>a`b</code>"),
    (r"\*a\* \_b\_ \`c\` \> \\", "*a* _b_ `c` &gt; \\"),
    (r"\# a", "# a"),
    (r"\||a||", "||a||"),
    (r"\<@1> \a \1", r"&lt;@1&gt; \a \1"),
    (r"*a\*b*", "<em>a*b</em>"),
    ("a\nb\n\n\n\nc", "a<br>b<br><br><br><br>c"),
    ("a  b", "a  b"),
    ("# a", "<h1>a</h1>"),
    ("x\n## a\ny\n### b", "x<br><h2>a</h2>y<br><h3>b</h3>"),
    ("# a *b* #", "<h1>a <em>b</em> #</h1>"),
    ("# # a", "# # a"),
    ("-# a **b**\nc", '<div class="subtext">a <strong>b</strong></div>c'),
    ("-# -# a", "-# -# a"),
    ("> a\n> b\nc", "<blockquote>a<br>b</blockquote>c"),
    ("> a\n> \n> # b", "<blockquote>a<br><br><h1>b</h1></blockquote>"),
    ("> **a\n> b**", "<blockquote><strong>a<br>b</strong></blockquote>"),
    ("> > a", "<blockquote>&gt; a</blockquote>"),
    ("> a\n\n> b", "<blockquote>a</blockquote><br><blockquote>b</blockquote>"),
    ("x\n>>> a\n\nb\n> c", "x<br><blockquote>a<br><br>b<br>&gt; c</blockquote>"),
    ("- a\n* b", "<ul><li>a</li><li>b</li></ul>"),
    ("- a\n  - b\n  - c\n- d", "<ul><li>a<br><ul><li>b</li><li>c</li></ul></li><li>d</li></ul>"),
    ("- a\n  more\nend", "<ul><li>a<br>  more</li></ul>end"),
    ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
    ("3. a\n   - b", '<ol start="3"><li>a<br><ul><li>b</li></ul></li></ol>'),
    ("- > a\n- # b", "<ul><li><blockquote>a</blockquote></li><li><h1>b</h1></li></ul>"),
    ("x\n- a", "x<br><ul><li>a</li></ul>"),
    ("```\na\n  b\n```", "<pre><code>a\n  b</code></pre>"),
    ("```py\n  a = 1\n\n```\nx", "<pre><code>  a = 1</code></pre>x"),
    ("```a```", "<pre><code>a</code></pre>"),
    ("a ```\n# b\n> c\n**d**``` e", "a <pre><code># b\n&gt; c\n**d**</code></pre> e"),
    ("https://a.b/c?d=1&e=<f", f'<a href="https://a.b/c?d=1&amp;e=" {LINK}>https://a.b/c?d=1&amp;e=</a>&lt;f'),
    ("(http://a.b).", f'(<a href="http://a.b" {LINK}>http://a.b</a>).'),
    ("https://a.b/c_(d)_e", f'<a href="https://a.b/c_(d)_e" {LINK}>https://a.b/c_(d)_e</a>'),
    ("<https://a.b/*c*>", f'<a href="https://a.b/*c*" {LINK}>https://a.b/*c*</a>'),
    ("[a **b**](https://c.d)", f'<a href="https://c.d" {LINK}>a <strong>b</strong></a>'),
    ("[a](<https://c.d/(e)>)", f'<a href="https://c.d/(e)" {LINK}>a</a>'),
    ("[a [b]](https://c.d)", f'<a href="https://c.d" {LINK}>a [b]</a>'),
    ('[a](https://c.d/"onclick="x)', f'<a href="https://c.d/&quot;onclick=&quot;x" {LINK}>a</a>'),
    ("[](https://a.b)", f'[](<a href="https://a.b" {LINK}>https://a.b</a>)'),
    ("[a] (https://b.c)", f'[a] (<a href="https://b.c" {LINK}>https://b.c</a>)'),
    ("[https://a.b](https://c.d)", "[https://a.b](https://c.d)"),
    ("<@1> <@!1>", '<span class="mention">@Bo &lt;b&gt;</span> <span class="mention">@Bo &lt;b&gt;</span>'),
    ("<@9>", '<span class="mention">@unknown-user</span>'),
    ("<@&2><@&9>", '<span class="mention">@Painters</span><span class="mention">@unknown-role</span>'),
    ("<@&5>", '<span class="mention">@everyone</span>'),
    ("<#3> <#9>", '<span class="mention channel">#pictures</span> <span class="mention channel">#unknown</span>'),
    ("@everyone, @here", '<span class="mention">@everyone</span>, <span class="mention">@here</span>'),
    ("</workflow add:1>", '<span class="command" data-command="workflow add">/workflow add</span>'),
    ("<:smile:1> <a:wave_2:1>", '<span class="emoji">:smile:</span> <span class="emoji">:wave_2:</span>'),
    ("**<@1>** `<@1>`", '<strong><span class="mention">@Bo &lt;b&gt;</span></strong> <code>&lt;@1&gt;</code>'),
    ("<t:1618953030:R>", '<time datetime="2021-04-20T21:10:30+00:00" data-style="R">10 minutes ago</time>'),
    ("<t:1618957300:R>", '<time datetime="2021-04-20T22:21:40+00:00" data-style="R">in an hour</time>'),
]


@pytest.mark.parametrize(("source", "html"), DRAWN)
def test_what_is_drawn(source: str, html: str) -> None:
    assert drawn(source) == html


STYLES = {
    "t": "4:05 PM",
    "T": "4:05:09 PM",
    "d": "4/2/2021",
    "D": "April 2, 2021",
    "f": "April 2, 2021 at 4:05 PM",
    "F": "Friday, April 2, 2021 at 4:05 PM",
    "s": "4/2/2021, 4:05 PM",
    "S": "4/2/2021, 4:05:09 PM",
}


@pytest.mark.parametrize("style", STYLES)
def test_moments(style: str) -> None:
    assert written(datetime(2021, 4, 2, 16, 5, 9, tzinfo=UTC), style, NOW) == STYLES[style]
    assert f'data-style="{style}"' in drawn(f"<t:1617379509:{style}>")


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "12:00 AM"), (1, "1:00 AM"), (11, "11:00 AM"), (12, "12:00 PM"), (23, "11:00 PM")]
)
def test_hours(hour: int, text: str) -> None:
    assert written(datetime(2021, 4, 2, hour, tzinfo=UTC), "t", NOW) == text


def test_a_moment_without_a_style_has_the_usual_one() -> None:
    assert 'data-style="f"' in drawn("<t:0>")
    assert drawn("<t:-1>").startswith('<time datetime="1969-12-31T23:59:59+00:00"')


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("**a** `b` ||c||", f"<strong>a</strong> <code>b</code> <span {SPOILER}>c</span>"),
        ("# a\n- b", "# a - b"),
        ("<@1> <#3> @everyone", "&lt;@1&gt; &lt;#3&gt; @everyone"),
        ("[a](https://b.c) https://b.c", "[a](https://b.c) https://b.c"),
        ("<:smile:1> ```a\nb```", '<span class="emoji">:smile:</span> <code>b</code>'),
    ],
)
def test_titles_take_styles_but_neither_mentions_nor_links(source: str, html: str) -> None:
    assert MARKDOWN.title(source, KNOWN) == html


def test_a_message_in_one_line() -> None:
    source = "# a\n> **b** <@1>\n\nhttps://c.d"
    html = '# a &gt; <strong>b</strong> <span class="mention">@Bo &lt;b&gt;</span>  https://c.d'
    assert MARKDOWN.line(source, KNOWN) == html
