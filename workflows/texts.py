"""What people read, in their language.

The words stand in locales/<language>/<topic>.ftl, as Project Fluent's messages; the first part of a message's key is
its topic: `card-waiting` stands in card.ftl. English is complete; what another language lacks is said in English.
Source of the format: https://projectfluent.org.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Mapping
from importlib import resources
from typing import Any, cast

from fluent.runtime import FluentBundle, FluentResource

from workflows._json import mapping, text

log = logging.getLogger(__name__)

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de")

#: What stored words begin with that can be said in another language; no text that somebody types does.
_PACKED = "\x1e"
_LONGEST = 2400


class Text(str):
    """What somebody reads, in English, and what a Voice needs to say it in another language."""

    key: str
    given: Mapping[str, Any]

    @classmethod
    def of(cls, key: str, given: Mapping[str, Any]) -> Text:
        made = cls(_say(ENGLISH, key, given))
        made.key, made.given = key, given
        return made


class Voice:
    """Say things in one language. Values are texts, numbers, or a Text, which is said in that language too."""

    def __init__(self, language: str = ENGLISH) -> None:
        self.language = language

    def __call__(self, key: str, **given: Any) -> str:
        return _say(self.language, key, given)

    def tell(self, said: str) -> str:
        """Say in this language what was said in English; what has no key stays as it is."""
        return _say(self.language, said.key, said.given) if isinstance(said, Text) else said


def say(key: str, **given: Any) -> Text:
    """Say something in English that may be told in another language later: an error, or what is stored of a job."""
    return Text.of(key, given)


def has_text(key: str) -> bool:
    """Tell whether there is such a message."""
    return _bundle(ENGLISH, key.partition("-")[0]).has_message(key)


def language_of(locale: object) -> str:
    """Return the language for one of Discord's locales, such as "de" or "en-GB"."""
    language = str(locale or "").partition("-")[0].lower()
    return language if language in LANGUAGES else ENGLISH


def pack(said: str) -> str:
    """Return what a database keeps of a text, so that it can be told in any language later."""
    return _PACKED + json.dumps(_packed(said)) if isinstance(said, Text) else str(said)


def unpack(stored: str) -> str:
    """Return a text that was packed. One whose key is gone since is told by the key: nothing may fail for that."""
    if not stored.startswith(_PACKED):
        return stored
    return _unpacked(json.loads(stored[1:]))


def _packed(value: Any) -> Any:
    if isinstance(value, Text):
        return {"key": value.key, "given": {name: _packed(inner) for name, inner in value.given.items()}}
    return value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found = mapping(cast(object, value))
    return Text.of(text(found["key"]), {name: _unpacked(inner) for name, inner in mapping(found["given"]).items()})


def _say(language: str, key: str, given: Mapping[str, Any]) -> str:
    voice = Voice(language)
    values = {name: _short(voice.tell(value)) if isinstance(value, str) else value for name, value in given.items()}
    for tongue in dict.fromkeys((language, ENGLISH)):
        bundle = _bundle(tongue, key.partition("-")[0])
        if bundle.has_message(key) and (pattern := bundle.get_message(key).value):
            said, errors = bundle.format_pattern(pattern, values)
            for error in errors:
                log.error("the text %s of %s: %r", key, tongue, error)
            return str(said)
    log.error("there is no text %s", key)
    return key


def _short(value: str) -> str:
    """Return a value as Fluent takes it: of a longer one, its runtime (0.4) shows nothing at all."""
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


@functools.cache
def _bundle(language: str, topic: str) -> FluentBundle:
    # Names and prompts are isolated where they are made safe for Discord; within addresses nothing may be.
    bundle = FluentBundle([language], use_isolating=False)
    file = resources.files("workflows") / "locales" / language / f"{topic}.ftl"
    if file.is_file():
        bundle.add_resource(FluentResource(file.read_text("utf-8")))
    return bundle
