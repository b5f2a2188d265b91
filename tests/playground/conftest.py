"""Fixtures of the playground's tests."""

from tests.playground.discord_place import live, place
from tests.playground.invokeai_place import invoke_url, invoke_user, local_invokeai, local_user, workflow
from tests.playground.page_place import bo, lively, page

__all__ = [
    "bo",
    "invoke_url",
    "invoke_user",
    "live",
    "lively",
    "local_invokeai",
    "local_user",
    "page",
    "place",
    "workflow",
]
