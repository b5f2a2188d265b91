"""What a bot does with an interaction: its one response, follow-ups, edits by token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.playground.discord import errors
from bot.playground.discord.errors import Problems
from bot.playground.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT
from bot.playground.discord.messages import Messages
from bot.playground.discord.permissions import Permissions
from bot.playground.discord.rest import Body, as_dict, nothing, read_body, reply
from bot.playground.discord.rest_reads import number
from bot.playground.discord.state import ANSWER_WITHIN, EPHEMERAL, Json, Message, Use
from bot.playground.discord.validate_components import Checker, many, number_components, without_nulls
from bot.playground.discord.world import World

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
MAX_CHOICES = 25
# Beside the first answer, where only the person brought the app along.
GUEST_FOLLOW_UPS = 5


@dataclass(eq=False, repr=False)
class InteractionRoutes:
    world: World
    messages: Messages

    def routes(self) -> list[web.RouteDef]:
        hook = "/webhooks/{application_id}/{token}"
        found = [
            web.post("/interactions/{interaction_id}/{token}/callback", self.callback),
            web.post(hook, self.follow_up),
        ]
        for one in (hook + "/messages/@original", hook + "/messages/{message_id}"):
            found += [web.get(one, self.get), web.patch(one, self.edit), web.delete(one, self.delete)]
        return found

    async def callback(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        use = self.world.uses.get(request.match_info["token"])
        if use is None or use.id != number(request, "interaction_id") or not use.alive:
            raise errors.unknown_interaction()
        if use.response_type is not None:
            raise errors.already_acknowledged()
        if self.world.clock.now() - use.created > ANSWER_WITHIN:
            raise errors.unknown_interaction()
        fields = as_dict(body.json) or {}
        kind = fields.get("type")
        if kind not in _allowed(use):
            problems = Problems()
            problems.choices(("type",), _allowed(use))
            problems.refuse()
        self._respond(use, int(kind or 0), as_dict(fields.get("data")) or {}, body)
        use.response_type, use.answered_at = int(kind or 0), self.world.clock.now()
        self.world.changed()
        if request.query.get("with_response") in ("1", "true"):
            return reply(self._callback_payload(use))
        return nothing()

    def _respond(self, use: Use, kind: int, data: Json, body: Body) -> None:
        if kind in (MESSAGE, DEFERRED):
            data = _as_guest(use, data)
        if kind == MESSAGE:
            use.original = self.messages.create(
                use.channel, self.world.bot, data, body.uploads, use=use, path=("data",)
            )
        elif kind == DEFERRED:
            use.original = self.messages.think(use, int(data.get("flags") or 0))
            use.deferred = True
        elif kind == DEFERRED_UPDATE:
            use.original, use.deferred = use.source, True
        elif kind == UPDATE:
            if use.source is None or use.source.deleted:
                raise errors.unknown_message()
            use.original = self.messages.edit(use.source, data, body.uploads, path=("data",))
        elif kind == CHOICES:
            use.choices = _checked_choices(many(data.get("choices")))
        else:
            use.modal = _checked_modal(data)
        use.ephemeral = use.original is not None and use.original.ephemeral

    def _callback_payload(self, use: Use) -> Json:
        interaction: Json = {"id": str(use.id), "type": use.type}
        data: Json = {"interaction": interaction}
        if use.original is not None and use.response_type != DEFERRED_UPDATE:
            interaction |= {
                "response_message_id": str(use.original.id),
                "response_message_loading": use.original.loading,
                "response_message_ephemeral": use.original.ephemeral,
            }
            data["resource"] = {"type": use.response_type, "message": self.messages.render(use.original)}
        return data

    async def follow_up(self, request: web.Request) -> web.Response:
        """The first follow-up of a deferred response takes its place, and its visibility."""
        body = await read_body(request)
        use = self._use(request)
        if use.channel.id not in self.world.channels:
            raise errors.unknown_channel()
        fields = _as_guest(use, as_dict(body.json) or {})
        if use.is_guest and len(use.followups) >= GUEST_FOLLOW_UPS:
            raise errors.follow_ups_spent()
        if use.original is not None and use.original.loading and not use.original.deleted:
            message = self.messages.edit(use.original, fields, body.uploads)
        else:
            message = self.messages.create(
                use.channel, self.world.bot, fields, body.uploads, use=use, reply_to=use.original
            )
            use.followups.append(message)
        self.world.changed()
        return reply(self.messages.render(message))

    async def get(self, request: web.Request) -> web.Response:
        return reply(self.messages.render(self._message(request)))

    async def edit(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        message = self._message(request)
        return reply(self.messages.render(self.messages.edit(message, as_dict(body.json) or {}, body.uploads)))

    async def delete(self, request: web.Request) -> web.Response:
        self.messages.delete(self._message(request))
        return nothing()

    def _use(self, request: web.Request) -> Use:
        """The interaction of a token that may still be used; one without a response has no webhook yet."""
        use = self.world.uses.get(request.match_info["token"])
        if use is None or number(request, "application_id") != self.world.bot.id:
            raise errors.unknown_webhook()
        if not use.alive:
            raise errors.expired_token()
        if use.response_type is None:
            raise errors.unknown_webhook()
        return use

    def _message(self, request: web.Request) -> Message:
        use = self._use(request)
        wanted = request.match_info.get("message_id")
        known = [m for m in (use.original, *use.followups) if m is not None]
        message = use.original if wanted is None else next((m for m in known if str(m.id) == wanted), None)
        if message is None or message.deleted:
            raise errors.unknown_message()
        return message


def _as_guest(use: Use, data: Json) -> Json:
    """Where somebody may not use apps of their own in public, Discord shows them what those answer, and nobody else."""
    if not use.is_guest or use.member is None:
        return data
    if use.member.permissions(use.channel) & Permissions.USE_EXTERNAL_APPS:
        return data
    return {**data, "flags": int(data.get("flags") or 0) | EPHEMERAL}


def _allowed(use: Use) -> tuple[int, ...]:
    if use.type == COMMAND:
        return MESSAGE, DEFERRED, MODAL
    if use.type == AUTOCOMPLETE:
        return (CHOICES,)
    if use.type == COMPONENT:
        return MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL
    # A modal cannot answer a modal, and without a message there is none to update.
    return (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE) if use.source else (MESSAGE, DEFERRED)


def _checked_modal(data: Json) -> Json:
    data = without_nulls(data)
    problems = Problems()
    Checker(problems, set()).modal(data, ("data",))
    problems.refuse()
    number_components(many(data["components"]))
    return data


def _checked_choices(choices: list[Any]) -> list[Json]:
    problems = Problems()
    problems.length(("data", "choices"), len(choices), 0, MAX_CHOICES)
    for index, choice in enumerate(choices):
        problems.length(("data", "choices", index, "name"), len(str(choice.get("name") or "")), 1, 100)
        value = choice.get("value")
        if isinstance(value, str):
            problems.length(("data", "choices", index, "value"), len(value), 1, 100)
        elif value is None:
            problems.required(("data", "choices", index, "value"))
    problems.refuse()
    return choices
