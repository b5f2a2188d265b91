"""What commands say of themselves, in every language: a payload for Discord is given its words from commands.ftl.

A command has one name everywhere, and so have its options: what a card says in German is then right for whoever has an
English client too. Keys are the command's path with hyphens, then its option and the option's choice behind
underscores: `commands-admin-limits_role`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord

from workflows.texts import ENGLISH, LANGUAGES, Voice, has_text

Payload = dict[str, Any]

#: What Discord calls our languages.
_LOCALES = {
    "de": (discord.Locale.german.value,),
}
_KIND = discord.AppCommandOptionType
_GROUPS = frozenset({_KIND.subcommand.value, _KIND.subcommand_group.value})
_SLASH = discord.AppCommandType.chat_input.value


def spoken(payload: Payload) -> Payload:
    """Return one of the bot's own commands with its words in every language. Raises KeyError where it has none."""
    if payload.get("type", _SLASH) != _SLASH:
        key = "commands-menu_" + payload["name"].lower().replace(" ", "_")
        return {**payload, "name": _english(key), "name_localizations": _others(key)}
    return _command(payload, f"commands-{payload['name']}")


def keys(payload: Payload) -> Iterator[str]:
    """Yield the keys of all words of one of the bot's own commands."""
    if payload.get("type", _SLASH) != _SLASH:
        yield "commands-menu_" + payload["name"].lower().replace(" ", "_")
        return
    yield from _keys(payload, f"commands-{payload['name']}")


def localized(option: Payload, key: str) -> Payload:
    """Return an option of a published workflow, if its description is this one of ours, in every language."""
    if option["description"] != _english(key):
        return option
    return {**option, "description_localizations": _others(key)}


def _keys(node: Payload, key: str) -> Iterator[str]:
    yield key
    for option in node.get("options") or []:
        if option["type"] in _GROUPS:
            yield from _keys(option, f"{key}-{option['name']}")
        else:
            yield f"{key}_{option['name']}"
            yield from (f"{key}_{option['name']}_{_slug(choice)}" for choice in option.get("choices") or [])


def _command(node: Payload, key: str) -> Payload:
    options = [
        _command(option, f"{key}-{option['name']}") if option["type"] in _GROUPS else _option(option, key)
        for option in node.get("options") or []
    ]
    return {**_described(node, key), **({"options": options} if options else {})}


def _option(option: Payload, key: str) -> Payload:
    key = f"{key}_{option['name']}"
    described = _described(option, key)
    if choices := option.get("choices"):
        described["choices"] = [_choice(choice, f"{key}_{_slug(choice)}") for choice in choices]
    return described


def _described(node: Payload, key: str) -> Payload:
    return {**node, "description": _english(key), "description_localizations": _others(key)}


def _choice(choice: Payload, key: str) -> Payload:
    return {**choice, "name": _english(key), "name_localizations": _others(key)}


def _slug(choice: Payload) -> str:
    return str(choice["value"]).lower().replace(" ", "_")


def _english(key: str) -> str:
    if not has_text(key):
        raise KeyError(key)
    return Voice(ENGLISH)(key)


def _others(key: str) -> dict[str, str]:
    return {
        locale: Voice(language)(key) for language in LANGUAGES if language != ENGLISH for locale in _LOCALES[language]
    }
