"""What members may not write into text inputs: plain words, and patterns that are stopped when their time is up. Pure.

A text is looked at as it was written, and in two readings without what hides a word: one without Discord's marks and
characters that nobody sees, one with spaces in their place. Letters that only look alike are one: NFKC, casefolded.
"""

from __future__ import annotations

import math
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from workflows.errors import UserError
from workflows.texts import say

MOST_RULES = 100
LONGEST_WORD, LONGEST_PATTERN = 100, 200
#: How long all rules may take with all texts of one run: Discord waits three seconds for an answer, and what the
#: library counts are the processor's seconds, of which a busy machine has fewer.
_CHECK_SECONDS = 0.5
#: How long one pattern may take with one text, and with all, when it is saved.
_TRIAL_SECONDS, _TRIALS_SECONDS = 0.2, 2.0
_TRIED_LENGTH = 6000
#: To read a pattern takes time and room for each counted repetition, and no timeout ends that.
_MOST_REPETITIONS = 2000
_COUNTS = regex.compile(r"\{(?=.?[0-9])([0-9]*),?([0-9]*)\}")
#: The flag for patterns over several lines, within which numbers may be spread out and hidden.
_SPREAD = regex.compile(r"\(\?[a-zA-Z0-9-]*x")
#: A character that no pattern looks for.
_NOWHERE = "\u2a4e"
_MARKS = "*_~|`\\"
#: Marks that are laid over letters and are no part of them in any script.
_OVERLAID = regex.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]")
#: Scripts that write without spaces: there a word has no end that could be seen.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


@dataclass(frozen=True)
class WordRule:
    """One word, several in a row, or a pattern."""

    id: int
    text: str
    is_pattern: bool
    created_by: int = 0


@dataclass(frozen=True)
class Breach:
    """An input whose text breaks a rule; without a rule, it could not be looked at in time."""

    name: str
    rule: WordRule | None = None


def find_breach(rules: Sequence[WordRule], texts: Sequence[tuple[str, str]]) -> Breach | None:
    """Return the first of the (input, text) pairs that breaks a rule. Slow: for a thread."""
    deadline = time.monotonic() + _CHECK_SECONDS
    try:
        made = [(rule, compiled(rule)) for rule in rules]
    except regex.error:
        # Not every version of the library reads the same patterns.
        return Breach(texts[0][0]) if texts else None
    for name, text in dict.fromkeys(texts):
        told = readings(text)
        for rule, pattern in made:
            for reading in told:
                left = deadline - time.monotonic()
                try:
                    if left <= 0:
                        return Breach(name)
                    if pattern.search(reading, timeout=left):
                        return Breach(name, rule)
                except TimeoutError:
                    return Breach(name)
    return None


def readings(text: str) -> tuple[str, ...]:
    """Return a text as it may be meant, each way once."""
    plain = _folded(text)
    joined = "".join(character for character in plain if not _hides(character))
    spaced = "".join(" " if _hides(character) else character for character in plain)
    return tuple(dict.fromkeys((plain, joined, spaced)))


def compiled(rule: WordRule) -> regex.Pattern[str]:
    """Return what finds a rule in a reading. Raises regex.error where a pattern is none."""
    if rule.is_pattern:
        return regex.compile(rule.text, regex.IGNORECASE | regex.V1)
    words = _words(rule.text)
    inner = r"[\W_]+".join(regex.escape(word) for word in words)
    before, behind = _edge(words[0][0], r"(?<![^\W_])"), _edge(words[-1][-1], r"(?![^\W_])")
    return regex.compile(f"{before}{inner}{behind}")


def _words(text: str) -> list[str]:
    """Return a rule's words as the reading without marks has them."""
    return "".join(character for character in _folded(text) if not _hides(character)).split()


def require_rule(text: str, *, is_pattern: bool) -> None:
    """Raise UserError, which says why, unless this can be a rule. Slow: for a thread."""
    most = LONGEST_PATTERN if is_pattern else LONGEST_WORD
    if len(text) > most:
        raise UserError(say("policy-words-long", most=str(most)))
    if not is_pattern:
        if not _words(text):
            raise UserError(say("policy-words-none"))
        return
    if _SPREAD.search(text) or _repetitions(text) > _MOST_REPETITIONS:
        raise UserError(say("policy-pattern-slow"))
    try:
        pattern = compiled(WordRule(0, text, is_pattern=True))
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        raise UserError(say("policy-pattern-wrong", why=str(error)[:200])) from error
    _require_quick(pattern)


def _repetitions(pattern: str) -> int:
    """Return how many times something may be repeated at most, if all that is repeated is within one another."""
    most = [max(int(number) for number in found if number) for found in _COUNTS.findall(pattern)]
    return math.prod(number for number in most if number)


def _require_quick(pattern: regex.Pattern[str]) -> None:
    """Try a pattern on what makes patterns run away. Raises UserError where it does, or would refuse everything."""
    try:
        if pattern.search("", timeout=_TRIAL_SECONDS):
            raise UserError(say("policy-pattern-empty"))
        deadline = time.monotonic() + _TRIALS_SECONDS
        for text in _adverse(pattern.pattern):
            if time.monotonic() > deadline:
                raise UserError(say("policy-pattern-slow"))
            pattern.search(text, timeout=_TRIAL_SECONDS)
    except (TimeoutError, MemoryError, RecursionError) as error:
        raise UserError(say("policy-pattern-slow")) from error


def _adverse(pattern: str) -> Iterator[str]:
    """Yield texts that are nearly, again and again, what a pattern looks for."""
    letters = dict.fromkeys(character for character in pattern.casefold() if character.isalnum() or character == " ")
    words = dict.fromkeys(regex.findall(r"\w+", pattern.casefold()))
    seeds: list[str] = ["a", "0", " ", "ab", "a b ", *letters, *words]
    # Where something that has to be there is not, a pattern gives up at once: so all of it is there, too early.
    every = "".join(dict.fromkeys(character for character in pattern if character.isprintable()))
    for seed in dict.fromkeys(seeds):
        text = seed * (_TRIED_LENGTH // len(seed))
        yield from (text, text + _NOWHERE, every + text + _NOWHERE)


def _folded(text: str) -> str:
    """Return a text with all ways to write the same letter made one."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    # Folding may take a letter apart again.
    return _OVERLAID.sub("", unicodedata.normalize("NFKC", composed))


def _hides(character: str) -> bool:
    """Tell whether a character may stand within a word without being seen, or is one of Discord's marks."""
    return character in _MARKS or (unicodedata.category(character) in {"Cf", "Cc"} and not character.isspace())


def _edge(character: str, boundary: str) -> str:
    """Return what has to be beside the end of a rule: no other letter, where letters run together to words."""
    return boundary if character.isalnum() and not _UNSPACED.match(character) else ""
