"""The servers that the tests of the local InvokeAI speak to: the local one, and a real one if asked for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.playground.invokeai import LocalInvokeAI
from tests.playground.invokeai_user import InvokeUser


@pytest.fixture(params=["local", pytest.param("real", marks=pytest.mark.live)])
async def invoke_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """An InvokeAI: the local one always, a real one too when live tests are asked for."""
    if request.param == "real":
        yield request.getfixturevalue("invokeai").url
        return
    async with LocalInvokeAI(step_seconds=0.005) as server:
        yield server.url


@pytest.fixture
async def invoke_user(invoke_url: str) -> AsyncIterator[InvokeUser]:
    """Somebody who listens to that server's events."""
    async with InvokeUser(invoke_url) as user:
        await user.listen()
        yield user


@pytest.fixture
async def local_invokeai() -> AsyncIterator[LocalInvokeAI]:
    """The local one, for what cannot be asked of a real server that others use."""
    async with LocalInvokeAI(step_seconds=0.005) as server:
        yield server


@pytest.fixture
async def local_user(local_invokeai: LocalInvokeAI) -> AsyncIterator[InvokeUser]:
    async with InvokeUser(local_invokeai.url) as user:
        await user.listen()
        yield user


@pytest.fixture
def workflow() -> dict[str, Any]:
    """The smallest document that the server takes."""
    texts = dict.fromkeys(("author", "description", "version", "contact", "tags", "notes"), "")
    meta = {"version": "3.0.0", "category": "user"}
    return {"name": "a document", **texts, "exposedFields": [], "meta": meta, "nodes": [], "edges": []}
