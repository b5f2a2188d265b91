"""A local Discord for tests and for the demo: real HTTP, gateway and CDN, and Discord's own refusals."""

from bot.playground.discord.actors import LocalChannel, LocalGuild, LocalMember
from bot.playground.discord.errors import ClientRefusal, NoAnswer
from bot.playground.discord.permissions import Permissions
from bot.playground.discord.server import LocalDiscord
from bot.playground.discord.state import Message, StoredAttachment, Use
from bot.playground.discord.world import Refusal, Request

__all__ = [
    "ClientRefusal",
    "LocalChannel",
    "LocalDiscord",
    "LocalGuild",
    "LocalMember",
    "Message",
    "NoAnswer",
    "Permissions",
    "Refusal",
    "Request",
    "StoredAttachment",
    "Use",
]
