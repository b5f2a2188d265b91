"""What only the live tests need of a real InvokeAI; the server itself is a fixture of all tests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.live.install import Installation, tiny_model
from tests.live.server import TINY_MODEL_NAME, Account, InvokeServer, ServerProcess, running

ADMIN = Account("keeper@example.com", "Keeper-of-keys-1", is_admin=True)
MEMBER = Account("familiar@example.com", "Black-cat-in-a-box-2", is_admin=False)


@pytest.fixture
def restartable_invokeai(invokeai: InvokeServer) -> InvokeServer:
    """The same server, for tests that restart it."""
    if not invokeai.is_ours:
        pytest.skip("INVOKEAI_URL lends a server that is not ours to restart")
    return invokeai


@pytest.fixture
def tiny_sd15(invokeai: InvokeServer) -> dict[str, Any]:
    """The tiny model as the server lists it."""
    for model in invokeai.models():
        if model["name"] == TINY_MODEL_NAME:
            return model
    pytest.skip(f"the server at INVOKEAI_URL has no model named {TINY_MODEL_NAME}")


@pytest.fixture(scope="session")
def multiuser_invokeai(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InvokeServer]:
    """A server with logins, and two accounts: `admin` and `member`. No more than two items may wait in each queue."""
    model, root = tiny_model(installation), tmp_path_factory.mktemp("invokeai-multiuser") / "root"
    process = ServerProcess(installation, root, multiuser=True, max_queue_size=2)
    with running(process) as server:
        server.accounts = {"admin": ADMIN, "member": MEMBER}
        admin = {"email": ADMIN.email, "display_name": "Keeper", "password": ADMIN.password}
        server.request("POST", "/api/v1/auth/setup", json=admin)
        token = server.login("admin")
        member = {"email": MEMBER.email, "display_name": "Familiar", "password": MEMBER.password, "is_admin": False}
        server.request("POST", "/api/v1/auth/users", json=member, token=token)
        server.install_model(model, token=token)
        yield server


@dataclass
class Leftovers:
    """The queues whose items are compared; a test that uses another adds it before its first job."""

    server: InvokeServer
    queue_ids: set[str] = field(default_factory=lambda: {"default", "familiar"})


@pytest.fixture
def leftovers(invokeai: InvokeServer) -> Iterator[Leftovers]:
    """Asserts, at its end, that the test left nothing on the server and took nothing that was there."""
    watched = Leftovers(invokeai)
    before = invokeai.snapshot(watched.queue_ids)
    yield watched
    after = invokeai.snapshot(watched.queue_ids)
    left = {kind: sorted(names - before.get(kind, set())) for kind, names in after.items()}
    gone = {kind: sorted(names - after.get(kind, set())) for kind, names in before.items()}
    assert not any(left.values()), f"left behind: { {kind: names for kind, names in left.items() if names} }"
    assert not any(gone.values()), f"taken away: { {kind: names for kind, names in gone.items() if names} }"


@pytest.fixture
def rest(invokeai: InvokeServer) -> Iterator[httpx.Client]:
    """A plain client of the server, for what a test wants to see with its own eyes."""
    with httpx.Client(base_url=invokeai.url, headers={"Accept-Encoding": "identity"}, timeout=60) as client:
        yield client
