"""The client against a server in multi-user mode."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.playground.invokeai import LocalInvokeAI
from tests.workflows.builders import picture
from workflows.client import Credentials
from workflows.errors import AuthError, Unavailable

ADA = Credentials("ada@example.com", "a long Passw0rd")


@pytest.fixture
async def guarded() -> AsyncIterator[LocalInvokeAI]:
    async with LocalInvokeAI(step_seconds=0.005, users={ADA.username: ADA.password}) as server:
        yield server


def logins(server: LocalInvokeAI) -> int:
    return server.requests["POST", "/api/v1/auth/login"]


async def test_a_server_with_logins_wants_one(guarded: LocalInvokeAI, connect: Any):
    client = await connect(guarded.url)
    assert await client.token() is None
    assert await client.version()
    with pytest.raises(AuthError):
        await client.queue_state()


async def test_a_wrong_password_is_told_without_it(guarded: LocalInvokeAI, connect: Any):
    client = await connect(guarded.url, Credentials(ADA.username, "wrong"))
    with pytest.raises(AuthError, match=r"ada@example\.com was refused \(401\)") as caught:
        await client.queue_state()
    assert "wrong" not in str(caught.value)


async def test_a_login_where_there_is_none_is_told(local_invokeai: LocalInvokeAI, connect: Any):
    with pytest.raises(AuthError, match="403"):
        await (await connect(local_invokeai.url, ADA)).queue_state()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_login_that_cannot_be_now_may_work_later(status: int, guarded: LocalInvokeAI, connect: Any):
    client = await connect(guarded.url, ADA)
    guarded.faults.fail_next("/api/v1/auth/login", status)
    with pytest.raises(Unavailable):
        await client.queue_state()
    assert await client.queue_state()


async def test_one_login_serves_many_calls(guarded: LocalInvokeAI, connect: Any):
    client = await connect(guarded.url, ADA)
    for _ in range(3):
        await client.queue_state()
    assert logins(guarded) == 1


async def test_a_token_that_no_longer_counts_is_renewed(guarded: LocalInvokeAI, connect: Any):
    client = await connect(guarded.url, ADA)
    users = guarded.users
    assert users
    users.lifetime_remembered = -1
    expired = await client.token()
    users.lifetime_remembered = 60
    record = await client.upload(picture(), "mark")
    assert await client.token() != expired
    assert await client.download(record.image_name)
    assert logins(guarded) == 2


async def test_a_token_that_never_counts_is_told(guarded: LocalInvokeAI, connect: Any):
    assert guarded.users
    guarded.users.lifetime_remembered = -1
    with pytest.raises(AuthError):
        await (await connect(guarded.url, ADA)).queue_state()


async def test_a_refreshed_token_is_adopted(guarded: LocalInvokeAI, connect: Any):
    client = await connect(guarded.url, ADA)
    first = await client.token()
    await client.queue_state()
    assert await client.token() == first
    await client.upload(picture(), "mark")
    assert await client.token() != first
    assert await client.queue_state()
    assert logins(guarded) == 1
