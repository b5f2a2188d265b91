"""What commands say of themselves, in every language: a payload for Discord is given its words from commands.ftl.

A command has one name everywhere, and so have its options: what a card says in German is then right for whoever has an
English client too. Keys are the command's path with hyphens, then its option and the option's choice behind
underscores: `commands-admin-limits_role`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord

from workflows.texts import Voice, has_text

Payload = dict[str, Any]

#: What Discord calls our languages.
_LOCALES = {"de": discord.Locale.german.value}
_KIND = discord.AppCommandOptionType
_GROUPS = frozenset({_KIND.subcommand.value, _KIND.subcommand_group.value})
_SLASH = discord.AppCommandType.chat_input.value


def spoken(payload: Payload) -> Payload:
    """Return one of the bot's own commands with its words in every language; what has none stays as the code says."""
    if payload.get("type", _SLASH) != _SLASH:
        # By its English name it is known when it is used.
        return {**payload, **_localizations("name", "commands-menu_" + payload["name"].lower().replace(" ", "_"))}
    return _command(payload, f"commands-{payload['name']}")


def keys(payload: Payload) -> Iterator[str]:
    """Yield the keys of all words of one of the bot's own commands."""
    if payload.get("type", _SLASH) != _SLASH:
        yield "commands-menu_" + payload["name"].lower().replace(" ", "_")
        return
    yield from _keys(payload, f"commands-{payload['name']}")


def localized(option: Payload, key: str) -> Payload:
    """Return an option of a published workflow, if its description is this one of ours, in every language."""
    is_ours = has_text(key) and option["description"] == Voice()(key)
    return {**option, **_localizations("description", key)} if is_ours else option


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
    said = {"description": Voice()(key)} if has_text(key) else {}
    return {**node, **said, **_localizations("description", key)}


def _choice(choice: Payload, key: str) -> Payload:
    said = {"name": Voice()(key)} if has_text(key) else {}
    return {**choice, **said, **_localizations("name", key)}


def _slug(choice: Payload) -> str:
    return str(choice["value"]).lower().replace(" ", "_")


def _localizations(what: str, key: str) -> Payload:
    """Return what Discord shows in place of the English name or description."""
    if not has_text(key):
        return {}
    told = {locale: Voice(language)(key) for language, locale in _LOCALES.items()}
    return {f"{what}_localizations": told}
