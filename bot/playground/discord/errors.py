"""Refusals: Discord's error bodies, and what the human side of the playground raises.

DiscordError        answered over HTTP as {"code", "message", "errors"}
ClientRefusal       a Discord client would not let the person do this
NoAnswer            the bot stayed silent: "The application did not respond"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Path = tuple[str | int, ...]


class DiscordError(Exception):
    """A refusal with Discord's HTTP status and JSON error code."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} ({code}): {message}")
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"message": message, "code": code, **(extra or {})}


class ClientRefusal(Exception):
    """A Discord client refuses this on its own; the bot never hears of it.

    The text is what the client shows; `field` is the option or the modal's field that it stands under.
    The detail, which a client does not tell, goes into the exception's notes.
    """

    def __init__(self, words: str, field: str | None = None, *, detail: str = "") -> None:
        super().__init__(words)
        self.field = field
        if detail:
            self.add_note(detail)


class NoAnswer(TimeoutError):
    """The bot did not answer the interaction in time."""


class Problems:
    """Collects what is wrong with a body, then refuses it with one 50035 as Discord does."""

    def __init__(self) -> None:
        self._errors: dict[str, Any] = {}

    def add(self, path: Path, code: str, message: str) -> None:
        node = self._errors
        for key in path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def __bool__(self) -> bool:
        return bool(self._errors)

    def refuse(self) -> None:
        if self._errors:
            raise DiscordError(400, 50035, "Invalid Form Body", extra={"errors": self._errors})

    def required(self, path: Path) -> None:
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required")

    def choices(self, path: Path, allowed: object) -> None:
        self.add(path, "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")

    def length(self, path: Path, size: int, low: int, high: int) -> None:
        if low <= size <= high:
            return
        if low == 0:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        else:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")

    def number(self, path: Path, value: float, low: float, high: float) -> None:
        if value < low:
            self.add(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")
        elif value > high:
            self.add(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")


def invalid(path: Path, code: str, message: str) -> DiscordError:
    """One 50035 for a single field."""
    problems = Problems()
    problems.add(path, code, message)
    try:
        problems.refuse()
    except DiscordError as error:
        return error
    raise AssertionError("unreachable")


def unauthorized() -> DiscordError:
    return DiscordError(401, 0, "401: Unauthorized")


def not_found() -> DiscordError:
    return DiscordError(404, 0, "404: Not Found")


def unknown_channel() -> DiscordError:
    return DiscordError(404, 10003, "Unknown Channel")


def unknown_guild() -> DiscordError:
    return DiscordError(404, 10004, "Unknown Guild")


def unknown_member() -> DiscordError:
    return DiscordError(404, 10007, "Unknown Member")


def unknown_message() -> DiscordError:
    return DiscordError(404, 10008, "Unknown Message")


def unknown_user() -> DiscordError:
    return DiscordError(404, 10013, "Unknown User")


def unknown_webhook() -> DiscordError:
    return DiscordError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> DiscordError:
    return DiscordError(404, 10062, "Unknown interaction")


def unknown_command() -> DiscordError:
    return DiscordError(404, 10063, "Unknown application command")


def already_acknowledged() -> DiscordError:
    return DiscordError(400, 40060, "Interaction has already been acknowledged.")


def follow_ups_spent() -> DiscordError:
    return DiscordError(400, 40094, "This interaction has reached the maximum number of follow-up messages")


def too_large() -> DiscordError:
    return DiscordError(413, 40005, "Request entity too large")


def missing_access() -> DiscordError:
    return DiscordError(403, 50001, "Missing Access")


def not_the_author() -> DiscordError:
    return DiscordError(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> DiscordError:
    return DiscordError(400, 50006, "Cannot send an empty message")


def cannot_message_user() -> DiscordError:
    return DiscordError(403, 50007, "Cannot send messages to this user")


def no_mutual_guilds() -> DiscordError:
    return DiscordError(403, 50278, "Cannot send messages to this user due to having no mutual guilds")


def missing_permissions() -> DiscordError:
    return DiscordError(403, 50013, "Missing Permissions")


def expired_token() -> DiscordError:
    return DiscordError(401, 50027, "Invalid Webhook Token")


def bad_json() -> DiscordError:
    return DiscordError(400, 50109, "The request body contains invalid JSON.")
