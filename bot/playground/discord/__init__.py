"""A local Discord for tests and for the demo: real HTTP, gateway and CDN, and Discord's own refusals."""

from bot.playground.discord.actors import LocalChannel, LocalGuild, LocalMember
from bot.playground.discord.errors import ClientRefusal, NoAnswer
from bot.playground.discord.forms import typed_field
from bot.playground.discord.offers import Offered
from bot.playground.discord.options import typed
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
    "Offered",
    "Permissions",
    "Refusal",
    "Request",
    "StoredAttachment",
    "Use",
    "typed",
    "typed_field",
]
