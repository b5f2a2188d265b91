"""What members may not write: found however it is dressed up, and nothing else; patterns never run away."""

import pytest

from bot.word_rules import LONGEST_PATTERN, LONGEST_WORD, WordRule, find_breach, require_rule
from workflows.errors import UserError


def breaks(rule: str, text: str, *, is_pattern: bool = False) -> bool:
    found = find_breach([WordRule(1, "never", False), WordRule(7, rule, is_pattern)], [("prompt", text)])
    if found:
        assert (found.name, found.rule and found.rule.id) == ("prompt", 7)
    return found is not None


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("bad", "bad"),
        ("bad", "a BAD one"),
        ("Bad", "so bad!"),
        ("bad", "(bad)"),
        ("bad", "bad's"),
        ("bad", "not_bad_at_all"),
        ("bad", "**b**ad"),
        ("bad", "b*a*d"),
        ("bad", "||b||ad"),
        ("bad", "b`a`d"),
        ("bad", "b\\ad"),
        ("bad", "~~ba~~d"),
        ("bad", "b\u200bad"),
        ("bad", "b\u2060a\u00add"),
        ("bad", "\u202ebad\u202c"),
        ("bad", "good\u200bbad\u200bgood"),
        ("bad", "b\u0336a\u0336d\u0336"),
        ("bad", "ｂａｄ"),
        ("bad", "𝐛𝐚𝐝"),
        ("b\u200bad", "bad"),
        ("very bad", "very bad"),
        ("very bad", "very,\n  bad"),
        ("very bad", "very_bad"),
        ("very  bad", "VERY-BAD"),
        ("straße", "STRASSE"),
        ("schön", "scho\u0308n"),
        ("кот", "чёрный КОТ"),
        ("悪い", "とても悪い絵"),
        ("แมว", "รูปแมวดำ"),
        ("🍆", "an 🍆\ufe0f, please"),
        ("c++", "in c++ now"),
        ("b-ad", "b-ad"),
        ("हिंदी", "यह हिंदी है"),
    ],
)
def test_what_a_word_finds(rule: str, text: str):
    require_rule(rule, is_pattern=False)
    assert breaks(rule, text)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("bad", ""),
        ("bad", "badly"),
        ("bad", "forbad"),
        ("bad", "b ad"),
        ("bad", "b.a.d"),
        ("bad", "bäd"),
        ("schon", "schön"),
        ("very bad", "very good, bad"),
        ("very bad", "verybad"),
        ("b.d", "bad"),
        ("кот", "который"),
        ("c++", "c"),
    ],
)
def test_what_a_word_does_not_find(rule: str, text: str):
    assert not breaks(rule, text)


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        (r"na[ck]ed", "NAKED", True),
        (r"na[ck]ed", "na\u200bked", True),
        (r"na[ck]ed", "n**aked**", True),
        (r"na[ck]ed", "named", False),
        (r"\bcats?\b", "two cats", True),
        (r"\bcats?\b", "category", False),
        (r"straße", "STRASSE", True),
        (r"since,2024{1}.{0,20}no", "since,2024 there is no", True),
        (r"b{2,3}\d{1,3}", "bb99", True),
        (r"^a$", "a", True),
        (r"^a$", "ab", False),
    ],
)
def test_what_a_pattern_finds(rule: str, text: str, expected: bool):
    require_rule(rule, is_pattern=True)
    assert breaks(rule, text, is_pattern=True) is expected


def test_the_first_input_that_breaks_a_rule_is_told():
    rules = [WordRule(1, "dog", False), WordRule(2, "cat", False)]
    found = find_breach(rules, [("style", "oil"), ("prompt", "a cat"), ("negative", "dog")])
    assert found and (found.name, found.rule) == ("prompt", rules[1])
    assert find_breach(rules, []) is None
    assert find_breach([], [("prompt", "a cat")]) is None


# Patterns that run away


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a|aa)+$",
        r"(x+x+)+y",
        r"^(\w+\s?)*$",
        r"(?:a?){100}a{100}",
        r"(a(?R)?b)",
        r"(?R)a",
        r"(?:.|\s)*(?:.|\s)*(?:.|\s)*foo",
        r"([a-z]+)*[0-9]",
        # To read these takes time and room without end.
        r"a{100000000}",
        r"(?:(?:a?){1000}){1000}b",
        r"(?:a{1,4294967290}){,99}b",
        "(?x)a{1 0 0 0 0 0 0 0 0}",
        "(?ix:a{1#\n00000000})",
    ],
)
def test_a_pattern_that_runs_away_is_refused_when_it_is_saved(pattern: str):
    with pytest.raises(UserError):
        require_rule(pattern, is_pattern=True)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("[", "cannot be read"),
        ("(?P<a>x)(?P<a", "cannot be read"),
        ("a**b(", "cannot be read"),
        ("x*", "refuse everything"),
        ("a|", "refuse everything"),
        ("", "refuse everything"),
        ("a" * (LONGEST_PATTERN + 1), "too long"),
    ],
)
def test_a_pattern_that_is_none(pattern: str, problem: str):
    with pytest.raises(UserError, match=problem):
        require_rule(pattern, is_pattern=True)


@pytest.mark.parametrize(
    ("word", "problem"),
    [("", "nothing"), (" ** ", "nothing"), ("\u200b", "nothing"), ("a" * (LONGEST_WORD + 1), "long")],
)
def test_a_word_that_is_none(word: str, problem: str):
    with pytest.raises(UserError, match=problem):
        require_rule(word, is_pattern=False)


def test_a_pattern_that_runs_away_all_the_same_is_stopped(monkeypatch: pytest.MonkeyPatch):
    """As one may that was saved by an older Familiar: the text is not let through unseen."""
    monkeypatch.setattr("bot.word_rules._CHECK_SECONDS", 0.05)
    found = find_breach([WordRule(1, r"(a+)+$", True)], [("style", "oil"), ("prompt", "a" * 5000 + "!")])
    assert found and (found.name, found.rule) == ("prompt", None)
    monkeypatch.setattr("bot.word_rules._CHECK_SECONDS", 0.0)
    found = find_breach([WordRule(1, "cat", False)], [("style", "oil")])
    assert found and (found.name, found.rule) == ("style", None)


def test_a_pattern_that_cannot_be_read_any_more_lets_nothing_through_unseen():
    found = find_breach([WordRule(1, "[", True)], [("style", "oil"), ("prompt", "a cat")])
    assert found and (found.name, found.rule) == ("style", None)
    assert find_breach([WordRule(1, "[", True)], []) is None
