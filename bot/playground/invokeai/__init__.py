"""A local InvokeAI for tests and for the demo."""

from bot.playground.invokeai.faults import Faults
from bot.playground.invokeai.images import StoredImage
from bot.playground.invokeai.items import QueueItem
from bot.playground.invokeai.server import LocalInvokeAI

__all__ = ["Faults", "LocalInvokeAI", "QueueItem", "StoredImage"]
