"""What Discord refuses in application commands."""

from __future__ import annotations

import unicodedata
from typing import Any, cast

from bot.playground.discord.errors import Path, Problems
from bot.playground.discord.state import Json

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, PERSON, CHANNEL, ROLE, MENTIONABLE, NUMBER, FILE = range(1, 12)
MAX_OPTIONS = MAX_CHOICES = 25
MAX_TEXT = 6000  # min_length and max_length of a string option
MAX_TOTAL = 8000  # characters of names, descriptions and values of one command
MAX_SAFE = 2**53
LOCALES = {
    *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR"),
    *("ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko"),
}


def is_name(text: str) -> bool:
    r"""Discord's `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, lower case where the script has cases."""
    if not 1 <= len(text) <= 32 or text != text.lower():
        return False
    return all(c in "-_'" or unicodedata.category(c)[0] in "LN" or _devanagari_or_thai(c) for c in text)


def _devanagari_or_thai(char: str) -> bool:
    return "\u0900" <= char <= "\u097f" or "\u0e01" <= char <= "\u0e5b"


def check_command(command: Any, path: Path, problems: Problems) -> None:
    """Add what is wrong with one command to the problems."""
    if not isinstance(command, dict):
        problems.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return
    fields = cast("Json", command)
    kind = fields.get("type", CHAT_INPUT)
    if kind not in (CHAT_INPUT, USER, MESSAGE):
        problems.choices((*path, "type"), (1, 2, 3, 4))
        return
    if kind == CHAT_INPUT:
        _check_texts(fields, path, problems)
        _check_options(fields, path, problems, depth=0)
    else:
        problems.length((*path, "name"), len(str(fields.get("name") or "")), 1, 32)
        if fields.get("description") or fields.get("options"):
            problems.add(path, "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", "Context menu commands have neither")
    _check_settings(fields, path, problems)
    if size(fields) > MAX_TOTAL:
        problems.add(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({MAX_TOTAL})")


def size(node: Json) -> int:
    """Characters that count towards the 8000; of each text its longest localization counts."""
    total = _longest(node, "name") + _longest(node, "description")
    for choice in node.get("choices") or ():
        total += _longest(choice, "name") + len(str(choice.get("value", "")))
    return total + sum(size(option) for option in node.get("options") or ())


def _longest(node: Json, key: str) -> int:
    localized: Json = node.get(f"{key}_localizations") or {}
    return max(len(str(t)) for t in (node.get(key) or "", *localized.values()))


def _check_texts(node: Json, path: Path, problems: Problems) -> None:
    name = node.get("name")
    if not isinstance(name, str):
        problems.required((*path, "name"))
    elif not is_name(name):
        problems.add((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    description = node.get("description")
    if not isinstance(description, str):
        problems.required((*path, "description"))
    else:
        problems.length((*path, "description"), len(description), 1, 100)
    for key in ("name_localizations", "description_localizations"):
        _check_localizations(node.get(key), (*path, key), problems, names=key.startswith("name"))


def _check_localizations(texts: Any, path: Path, problems: Problems, *, names: bool) -> None:
    localized: Json = texts or {}
    for locale, text in localized.items():
        if locale not in LOCALES:
            problems.choices((*path, locale), sorted(LOCALES))
        elif names and not is_name(str(text)):
            problems.add((*path, locale), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        elif not names:
            problems.length((*path, locale), len(str(text)), 1, 100)


def _check_settings(node: Json, path: Path, problems: Problems) -> None:
    permissions = node.get("default_member_permissions")
    if permissions is not None and not str(permissions).isdigit():
        problems.add((*path, "default_member_permissions"), "PERMISSIONS_TYPE_COERCE", "Value is not permissions")
    for key, allowed in (("contexts", {0, 1, 2}), ("integration_types", {0, 1})):
        for index, value in enumerate(node.get(key) or ()):
            if value not in allowed:
                problems.choices((*path, key, index), sorted(allowed))


def _check_options(node: Json, path: Path, problems: Problems, depth: int) -> None:
    options: list[Json] = node.get("options") or []
    here: Path = (*path, "options")
    if len(options) > MAX_OPTIONS:
        problems.length(here, len(options), 0, MAX_OPTIONS)
    nested = [o.get("type") in (SUBCOMMAND, GROUP) for o in options]
    if any(nested) and not all(nested):
        problems.add(here, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command and option types cannot be mixed")
    names: set[str] = set()
    optional_seen = False
    for index, option in enumerate(options):
        spot: Path = (*here, index)
        _check_texts(option, spot, problems)
        if option.get("name") in names:
            problems.add((*spot, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option names must be unique")
        names.add(str(option.get("name")))
        if option.get("required") and optional_seen:
            text = "Required options must be placed before non-required options"
            problems.add((*spot, "required"), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
        optional_seen = optional_seen or not option.get("required")
        _check_option(option, spot, problems, depth)


def _check_option(option: Json, path: Path, problems: Problems, depth: int) -> None:
    kind = option.get("type")
    if kind not in range(SUBCOMMAND, FILE + 1):
        problems.choices((*path, "type"), tuple(range(1, 12)))
    elif kind in (SUBCOMMAND, GROUP):
        # A group sits in a command, a subcommand in either; nothing lies deeper.
        if (kind == GROUP and depth > 0) or (kind == SUBCOMMAND and depth > 1):
            problems.add((*path, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Command option type is invalid")
        if kind == GROUP and not option.get("options"):
            problems.required((*path, "options"))
        _check_options(option, path, problems, depth + (2 if kind == SUBCOMMAND else 1))
    else:
        if option.get("options"):
            problems.add((*path, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Option type has no options")
        _check_choices(option, path, problems)
        _check_bounds(option, path, problems)


def _check_choices(option: Json, path: Path, problems: Problems) -> None:
    choices: list[Json] = option.get("choices") or []
    kind = option["type"]
    here: Path = (*path, "choices")
    if choices and option.get("autocomplete"):
        text = "Autocomplete cannot be enabled with choices"
        problems.add((*path, "autocomplete"), "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", text)
    if (choices or option.get("autocomplete")) and kind not in (STRING, INTEGER, NUMBER):
        problems.add(here, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Option type has no choices")
    if len(choices) > MAX_CHOICES:
        problems.length(here, len(choices), 0, MAX_CHOICES)
    names: set[Any] = set()
    values: set[Any] = set()
    for index, choice in enumerate(choices):
        name, value = choice.get("name"), choice.get("value")
        problems.length((*here, index, "name"), len(str(name or "")), 1, 100)
        if name in names or value in values:
            text = "Choice names and values must be unique"
            problems.add((*here, index), "APPLICATION_COMMAND_OPTIONS_CHOICES_DUPLICATE", text)
        names.add(name)
        values.add(value)
        _check_choice_value(kind, value, (*here, index, "value"), problems)


def _check_choice_value(kind: int, value: Any, path: Path, problems: Problems) -> None:
    if kind == STRING:
        problems.length(path, len(str(value)) if isinstance(value, str) else 101, 1, 100)
    elif kind == INTEGER and (not isinstance(value, int) or isinstance(value, bool)):
        problems.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
    elif kind == NUMBER and (not isinstance(value, (int, float)) or isinstance(value, bool)):
        problems.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not float.')
    elif kind in (INTEGER, NUMBER):
        problems.number(path, value, -MAX_SAFE, MAX_SAFE)


def _check_bounds(option: Json, path: Path, problems: Problems) -> None:
    kind = option["type"]
    for low_key, high_key, kinds in (
        ("min_value", "max_value", (INTEGER, NUMBER)),
        ("min_length", "max_length", (STRING,)),
    ):
        low, high = option.get(low_key), option.get(high_key)
        for key, value in ((low_key, low), (high_key, high)):
            if value is None:
                continue
            if kind not in kinds:
                problems.add((*path, key), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", f"Option type has no {key}")
            elif kind == INTEGER and not isinstance(value, int):
                problems.add((*path, key), "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            elif kind == STRING:
                problems.number((*path, key), value, 0 if key == "min_length" else 1, MAX_TEXT)
            else:
                problems.number((*path, key), value, -MAX_SAFE, MAX_SAFE)
        if low is not None and high is not None and low > high:
            text = f"{low_key} must not be above {high_key}"
            problems.add((*path, low_key), "APPLICATION_COMMAND_OPTIONS_MIN_MAX_INVALID", text)
