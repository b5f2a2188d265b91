"""Users and tokens of the multi-user mode."""

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class User:
    """Somebody who may use the server."""

    user_id: str
    email: str
    display_name: str
    is_admin: bool


SYSTEM = User("system", "system@system.invokeai", "System", is_admin=True)
"""Who everybody is while the multi-user mode is off."""


@dataclass
class Users:
    """The accounts. Whoever's address begins with "admin@" is an administrator."""

    passwords: Mapping[str, str]
    lifetime: float = 86400.0
    lifetime_remembered: float = 604800.0
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _by_email: dict[str, User] = field(default_factory=dict[str, User])

    def __post_init__(self) -> None:
        for email in self.passwords:
            user_id = str(uuid.uuid5(uuid.NAMESPACE_URL, email))
            self._by_email[email] = User(user_id, email, email.partition("@")[0], email.startswith("admin@"))

    @property
    def admin_email(self) -> str | None:
        return next((user.email for user in self._by_email.values() if user.is_admin), None)

    def by_id(self, user_id: str) -> User | None:
        return next((user for user in self._by_email.values() if user.user_id == user_id), None)

    def check(self, email: str, password: str) -> User | None:
        expected = self.passwords.get(email)
        return self._by_email[email] if expected is not None and secrets.compare_digest(expected, password) else None

    def issue(self, user: User, *, remember: bool = False) -> str:
        lifetime = self.lifetime_remembered if remember else self.lifetime
        claims = {
            "user_id": user.user_id,
            "email": user.email,
            "is_admin": user.is_admin,
            "remember_me": remember,
            "exp": time.time() + lifetime,
        }
        head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        body = _encode(json.dumps(claims).encode())
        return f"{head}.{body}.{self._sign(f'{head}.{body}')}"

    def revoke(self) -> None:
        """Let no token count that was issued so far."""
        self._key = secrets.token_bytes(32)

    def of(self, token: str) -> tuple[User, bool] | None:
        """Whose token it is, and whether it is a long-lived one; None if it does not count."""
        signed, _, signature = token.rpartition(".")
        if not signed or not secrets.compare_digest(self._sign(signed).encode(), signature.encode()):
            return None
        claims = json.loads(_decode(signed.partition(".")[2]))
        user = self.by_id(claims["user_id"])
        return (user, claims["remember_me"]) if user and claims["exp"] > time.time() else None

    def _sign(self, text: str) -> str:
        return _encode(hmac.new(self._key, text.encode(), hashlib.sha256).digest())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
