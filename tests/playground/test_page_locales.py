"""Which of Discord's languages a browser's own becomes."""

import pytest

from bot.playground.discord.validate_commands import LOCALES
from bot.playground.page.locales import locale_of

BROWSERS = {
    None: "en-US",
    7: "en-US",
    "": "en-US",
    "tlh": "en-US",
    "en": "en-US",
    "en-US": "en-US",
    "en-AU": "en-GB",
    "de": "de",
    "DE-at": "de",
    "es": "es-ES",
    "es-MX": "es-419",
    "pt-PT": "pt-BR",
    "nb-NO": "no",
    "sv": "sv-SE",
    "zh": "zh-CN",
    "zh-Hant-TW": "zh-TW",
    "zh-HK": "zh-TW",
}


@pytest.mark.parametrize(("language", "locale"), BROWSERS.items())
def test_a_browsers_language_is_one_of_the_clients(language: object, locale: str) -> None:
    assert locale_of(language) == locale
    assert locale in LOCALES
