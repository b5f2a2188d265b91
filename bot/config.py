"""Settings from config.toml, secrets from the environment. A mistake is one readable line naming file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from workflows._json import mapping, sequence
from workflows.client import Credentials
from workflows.errors import FamiliarError

TOKEN_VARIABLE = "DISCORD_TOKEN"  # noqa: S105  the name of a variable, not a secret


class ConfigError(FamiliarError):
    """The configuration is wrong; the text is one line that says where and what to do."""


def _http_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return value.rstrip("/")


def _ws_url(value: str) -> str:
    if not value.startswith(("ws://", "wss://")):
        raise ValueError("must begin with ws:// or wss://")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
WsUrl = Annotated[str, AfterValidator(_ws_url)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DiscordSettings(Section):
    api_url: HttpUrl | None = None
    gateway_url: WsUrl | None = None


class DatabaseSettings(Section):
    path: Path = Path("familiar.sqlite")


class BackendSettings(Section):
    name: str = Field(default="main", min_length=1)
    url: HttpUrl = "http://127.0.0.1:9090"
    queue_id: str = Field(default="familiar", pattern=r"^[\w-]+$")
    max_in_flight: int = Field(default=2, ge=1)
    username: str | None = None
    password_env: str | None = None
    #: Filled in from the environment variable that password_env names.
    password: SecretStr | None = Field(default=None, exclude=True)

    @property
    def credentials(self) -> Credentials | None:
        if self.username is None or self.password is None:
            return None
        return Credentials(self.username, self.password.get_secret_value())


class Limits(Section):
    """What one member, and one job, may take."""

    attachment_mb: int = Field(default=25, ge=1)
    image_megapixels: int = Field(default=40, ge=1)
    waiting_per_user: int = Field(default=5, ge=1)
    images_per_run: int = Field(default=16, ge=1)
    retry_minutes: float = Field(default=30, gt=0)
    progress_seconds: float = Field(default=1.5, gt=0)

    @property
    def attachment_bytes(self) -> int:
        return self.attachment_mb * 1024 * 1024


class Settings(Section):
    discord: DiscordSettings = DiscordSettings()
    database: DatabaseSettings = DatabaseSettings()
    backend: tuple[BackendSettings, ...] = Field(default=(BackendSettings(),), min_length=1)
    limits: Limits = Limits()
    #: From the environment; empty where no bot is to run.
    token: SecretStr = Field(default=SecretStr(""), exclude=True)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        names = [backend.name for backend in self.backend]
        if len(set(names)) < len(names):
            raise ValueError("two backends have the same name")
        return self


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings. Raises ConfigError.

    A relative database path is taken from the folder of the file, not from wherever the bot was started.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file. Copy config.toml there, or name yours with --config."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    settings = _validate(path, raw, environment)
    if settings.database.path.is_absolute():
        return settings
    database = DatabaseSettings(path=path.resolve().parent / settings.database.path)
    return settings.model_copy(update={"database": database})


def _validate(path: Path, raw: dict[str, Any], environment: Mapping[str, str]) -> Settings:
    if isinstance(raw.get("backend"), dict):
        raise ConfigError(f"{path}: backend: write [[backend]], with two brackets: there may be several.")
    if "token" in raw or "token" in mapping(raw.get("discord")):
        raise ConfigError(f"{path}: token: secrets do not belong in this file; set {TOKEN_VARIABLE} instead.")
    if any("password" in mapping(backend) for backend in sequence(raw.get("backend"))):
        raise ConfigError(
            f"{path}: backend.password: secrets do not belong in this file; name an environment variable "
            "with password_env instead."
        )
    try:
        settings = Settings.model_validate({**raw, "token": environment.get(TOKEN_VARIABLE, "").strip()})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(f"{path}: {_key(first['loc'])}: {_problem(first['msg'], first['type'])}") from error
    backends = tuple(_with_password(path, backend, environment) for backend in settings.backend)
    return settings.model_copy(update={"backend": backends})


def _with_password(path: Path, backend: BackendSettings, environment: Mapping[str, str]) -> BackendSettings:
    if bool(backend.username) != bool(backend.password_env):
        raise ConfigError(f"{path}: backend {backend.name}: username and password_env go together; one is missing.")
    if not backend.password_env:
        return backend
    password = environment.get(backend.password_env)
    if not password:
        raise ConfigError(f"{path}: backend {backend.name}.password_env: {backend.password_env} is not set.")
    return backend.model_copy(update={"password": SecretStr(password)})


def _key(location: tuple[int | str, ...]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).lstrip(".") or "the file"


def _problem(message: str, kind: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such setting. Is it misspelt?"
    return message.removeprefix("Value error, ")
