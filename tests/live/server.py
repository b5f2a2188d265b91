"""A real InvokeAI server: started, asked and stopped for the live tests."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.live.install import Installation

TINY_MODEL_NAME = "tiny-sd15"
START_SECONDS = 300
STOP_SECONDS = 30


@dataclass(frozen=True)
class Account:
    email: str
    password: str
    is_admin: bool


@dataclass
class InvokeServer:
    """An InvokeAI to test against. One that was lent by INVOKEAI_URL has no process and no root."""

    url: str
    process: "ServerProcess | None" = None
    accounts: dict[str, Account] = field(default_factory=dict[str, Account])

    @property
    def is_ours(self) -> bool:
        """Whether it may be stopped and restarted."""
        return self.process is not None

    def restart(self, *, kill: bool = False) -> None:
        """Stop it, or kill it as a crash would, and start it again at the same address with the same data."""
        assert self.process, "a server that was lent is not restarted"
        self.process.stop(kill=kill)
        self.process.start()

    def request(self, method: str, path: str, *, token: str | None = None, **options: Any) -> Any:
        """One REST call that must succeed; gives the decoded JSON, or None when there is no body."""
        # Compressed answers turn some successes into errors in this version.
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
        answer = httpx.request(method, self.url + path, headers=headers, timeout=60, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def login(self, name: str) -> str:
        """A token for one of the accounts."""
        account = self.accounts[name]
        body = {"email": account.email, "password": account.password, "remember_me": False}
        return self.request("POST", "/api/v1/auth/login", json=body)["token"]

    def models(self, *, token: str | None = None) -> list[dict[str, Any]]:
        return self.request("GET", "/api/v2/models/", token=token)["models"]

    def install_model(self, folder: Path, name: str = TINY_MODEL_NAME, *, token: str | None = None) -> dict[str, Any]:
        """Install a model where it lies, so that other servers can use the same files; gives what it is now."""
        job = self.request(
            "POST",
            "/api/v2/models/install",
            params={"source": str(folder), "inplace": True},
            json={"name": name},
            token=token,
        )
        deadline = time.monotonic() + 60
        while job["status"] != "completed":
            assert job["status"] != "error", f"{name} was refused: {job.get('error_reason')}"
            assert time.monotonic() < deadline, f"{name} is still {job['status']}"
            time.sleep(0.2)
            job = self.request("GET", f"/api/v2/models/install/{job['id']}", token=token)
        return job["config_out"]

    def snapshot(self, queue_ids: set[str]) -> dict[str, set[str]]:
        """Everything a job can leave behind, by kind. Of a server of ours also what REST does not list."""
        found = {
            "images": set(self._image_names(is_intermediate=False)),
            "intermediate images": set(self._image_names(is_intermediate=True)),
            "workflows": {item["workflow_id"] for item in self._pages("/api/v1/workflows/?categories=user")},
        }
        for queue_id in sorted(queue_ids):
            ids = self.request("GET", f"/api/v1/queue/{queue_id}/item_ids")["item_ids"]
            found[f"items of queue {queue_id}"] = {str(item) for item in ids}
        if self.process:
            found |= self.process.on_disk()
        return found

    def _image_names(self, *, is_intermediate: bool) -> list[str]:
        query = {"is_intermediate": is_intermediate}
        return self.request("GET", "/api/v1/images/names", params=query)["image_names"]

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        page, pages = 0, 1
        while page < pages:
            answer = self.request("GET", f"{path}&per_page=100&page={page}")
            pages, page = answer["pages"], page + 1
            yield from answer["items"]


class ServerProcess:
    """The process of a server of ours, its root folder and its log; `settings` are InvokeAI's own."""

    def __init__(self, place: Installation, root: Path, **settings: object) -> None:
        self.place = place
        self.root = root
        self.log = root.parent / f"{root.name}.log"
        self.port = _free_port()
        self._settings = settings
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        config = self.root / "invokeai.yaml"
        if not config.exists():
            settings = {"host": "127.0.0.1", "port": self.port, "device": "cpu", **self._settings}
            lines = ["schema_version: 4.0.3", *(f"{name}: {json.dumps(value)}" for name, value in settings.items())]
            config.write_text("\n".join(lines) + "\n", "utf-8")
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [str(self.place.web), "--root", str(self.root)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # More threads than cores make a run up to forty times slower on a busy machine.
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                start_new_session=True,
            )
        self._wait_until_it_answers()

    def stop(self, *, kill: bool = False) -> None:
        if not (running := self._running):
            return
        self._running = None
        _signal_group(running, signal.SIGKILL if kill else signal.SIGTERM)
        try:
            running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(running, signal.SIGKILL)
            running.wait(STOP_SECONDS)

    def log_tail(self, lines: int = 60) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def on_disk(self) -> dict[str, set[str]]:
        """Files of images and thumbnails, and queue items under every queue id: REST cannot name those."""
        images = self.root / "outputs" / "images"
        files = {str(path.relative_to(images)) for path in images.rglob("*") if path.is_file()}
        uri = f"file:{self.root / 'databases' / 'invokeai.db'}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as db:
            rows = db.execute("SELECT queue_id || ' ' || item_id FROM session_queue").fetchall()
        return {"files": files, "queue items": {row[0] for row in rows}}

    def _wait_until_it_answers(self) -> None:
        assert self._running
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._running.poll() is not None:
                raise RuntimeError(f"InvokeAI ended at its start; log {self.log}:\n{self.log_tail()}")
            if _answers(self.url):
                return
            time.sleep(0.5)
        self.stop()
        raise RuntimeError(f"InvokeAI did not answer in {START_SECONDS} s; log {self.log}:\n{self.log_tail()}")


@contextmanager
def running(process: ServerProcess) -> Iterator[InvokeServer]:
    """A server of ours for as long as the block lasts."""
    try:
        process.start()
        yield InvokeServer(process.url, process)
    finally:
        process.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/app/version", timeout=5).is_success
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The group's id is the process's own, because it was started in a session of its own.
    if process.poll() is None:
        os.killpg(process.pid, number)
