"""Which of a client's languages a browser's own language is. Pure."""

from __future__ import annotations

from bot.playground.discord.validate_commands import LOCALES

USUAL = "en-US"
#: Where Discord has several of a language, or calls it by another name.
_CLOSEST = {
    "en": "en-GB",
    "es": "es-419",
    "pt": "pt-BR",
    "sv": "sv-SE",
    "nb": "no",
    "nn": "no",
    "zh": "zh-CN",
}
_EXACTLY = {"en": USUAL, "es": "es-ES", "zh-hant": "zh-TW", "zh-hk": "zh-TW", "zh-mo": "zh-TW"}


def locale_of(language: object) -> str:
    """Return the client's language for a browser's (a BCP 47 tag such as "de-AT"); English for one it has not."""
    wanted = language.strip().lower() if isinstance(language, str) else ""
    known = {locale.lower(): locale for locale in LOCALES} | _EXACTLY
    parts = wanted.split("-")
    for length in range(len(parts), 0, -1):
        if length == 1 and len(parts) > 1 and parts[0] in _CLOSEST:
            break
        if found := known.get("-".join(parts[:length])):
            return found
    return _CLOSEST.get(parts[0], USUAL)
