"""What may be made to go wrong, so that a client can be tried against it."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Faults:
    """The troubles that are switched on. A prefix is a path, or a method and a path ("POST /api/v1/images")."""

    full_queue: bool = False
    silent_events: bool = False
    duplicate_events: bool = False
    _failures: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    _delays: dict[str, float] = field(default_factory=dict[str, float])
    _lost: list[str] = field(default_factory=list[str])

    def fail_next(self, path_prefix: str, status: int, times: int = 1) -> None:
        """Answer the next requests with an error, without doing anything."""
        self._failures.setdefault(path_prefix, []).extend([status] * times)

    def delay(self, path_prefix: str, seconds: float) -> None:
        """Let every request wait before it is served. Zero ends it."""
        self._delays[path_prefix] = seconds

    def lose_answer_next(self, path_prefix: str) -> None:
        """Do what the next request asks, then cut its connection without an answer."""
        self._lost.append(path_prefix)

    def failure(self, method: str, path: str) -> int | None:
        for prefix, statuses in self._failures.items():
            if statuses and _matches(prefix, method, path):
                return statuses.pop(0)
        return None

    async def wait(self, method: str, path: str) -> None:
        for prefix, pause in self._delays.items():
            if pause and _matches(prefix, method, path):
                await asyncio.sleep(pause)

    def loses(self, method: str, path: str) -> bool:
        for prefix in self._lost:
            if _matches(prefix, method, path):
                self._lost.remove(prefix)
                return True
        return False


def _matches(prefix: str, method: str, path: str) -> bool:
    return path.startswith(prefix) or f"{method} {path}".startswith(prefix)
