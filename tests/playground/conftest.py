"""Fixtures of the playground's tests."""

from tests.playground.discord_place import live, place
from tests.playground.invokeai_place import invoke_url, invoke_user, local_invokeai, local_user, workflow

__all__ = ["invoke_url", "invoke_user", "live", "local_invokeai", "local_user", "place", "workflow"]
