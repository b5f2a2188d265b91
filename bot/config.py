"""Settings from config.toml, secrets from the environment. Each mistake is one readable line naming file and key."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from bot.files import oddity
from workflows._json import mapping, sequence
from workflows.client import Credentials
from workflows.errors import FamiliarError

TOKEN_VARIABLE = "DISCORD_TOKEN"  # noqa: S105  the name of a variable, not a secret


class ConfigError(FamiliarError):
    """The configuration is wrong; the text says where and what to do, a line for each mistake."""


def _http_url(value: str) -> str:
    return _url(value, "http://", "https://").rstrip("/")


def _ws_url(value: str) -> str:
    return _url(value, "ws://", "wss://")


def _server_url(value: str) -> str:
    value = _http_url(value)
    if urlsplit(value).path:
        # The library for the events asks at the root of the server, whatever path it is given.
        raise ValueError("give the address without a path, as in http://127.0.0.1:9090")
    return value


def _url(value: str, *schemes: str) -> str:
    """Return an address that can be asked. Raises ValueError."""
    if not value.startswith(schemes):
        raise ValueError(f"must begin with {' or '.join(schemes)}")
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        raise ValueError("is not an address, such as http://127.0.0.1:9090") from None
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("has no port that could be: it is a number from 1 to 65535")
    if not host or any(character.isspace() for character in value):
        raise ValueError("names no host; write it as in http://127.0.0.1:9090")
    if parts.query or parts.fragment:
        raise ValueError("give the address alone, without what follows ? or #")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
ServerUrl = Annotated[str, AfterValidator(_server_url)]
WsUrl = Annotated[str, AfterValidator(_ws_url)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DiscordSettings(Section):
    api_url: HttpUrl | None = None
    gateway_url: WsUrl | None = None
    #: Where avatars and the files of messages are.
    cdn_url: HttpUrl | None = None


class DatabaseSettings(Section):
    path: Path = Path("familiar.sqlite")


class BackendSettings(Section):
    name: str = Field(default="main", min_length=1)
    url: ServerUrl = "http://127.0.0.1:9090"
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
    """What one member, one job, and one workflow may take."""

    attachment_mb: int = Field(default=25, ge=1)
    image_megapixels: int = Field(default=40, ge=1)
    #: Unfinished jobs, waiting ones and running ones.
    waiting_per_user: int = Field(default=5, ge=1)
    waiting_per_guild: int | None = Field(default=None, ge=1)
    waiting_per_workflow: int | None = Field(default=None, ge=1)
    #: Of those, the ones that a backend has.
    running_per_user: int | None = Field(default=None, ge=1)
    running_per_guild: int | None = Field(default=None, ge=1)
    running_per_workflow: int | None = Field(default=None, ge=1)
    #: Minutes of a backend's work, in any 24 hours.
    daily_minutes_per_user: float | None = Field(default=None, gt=0)
    #: Of one command: variations, and what stands in braces in a text.
    jobs_per_command: int = Field(default=10, ge=1, le=25)
    images_per_run: int = Field(default=16, ge=1)
    results_per_job: int = Field(default=30, ge=1)
    retry_minutes: float = Field(default=30, gt=0)
    #: After how long without a sign of its backend a running job moves to another one.
    move_minutes: float = Field(default=3, gt=0)
    #: At a stop, how long what is in flight may take to end.
    stop_seconds: float = Field(default=8, ge=0)
    progress_seconds: float = Field(default=1.5, gt=0)
    #: Whether workflows may hold nodes that have their pictures made, and paid for, elsewhere.
    paid_providers: bool = False

    @property
    def attachment_bytes(self) -> int:
        return self.attachment_mb * 1024 * 1024


class CardSettings(Section):
    """What cards show, and what is kept for their buttons."""

    previews: bool = True
    preview_seconds: float = Field(default=3, ge=1)
    #: For how long results that Discord did not take in full quality are kept, and how much of them, in MiB.
    originals_hours: float = Field(default=24, ge=0)
    originals_mb: int = Field(default=512, ge=0)


class InputSettings(Section):
    """Where pictures may come from, beside Discord."""

    #: Names of hosts; "*.example.org" stands for all below it.
    hosts: tuple[str, ...] = ()
    fetch_seconds: float = Field(default=15, gt=0)


class Settings(Section):
    discord: DiscordSettings = DiscordSettings()
    database: DatabaseSettings = DatabaseSettings()
    backend: tuple[BackendSettings, ...] = Field(default=(BackendSettings(),), min_length=1)
    limits: Limits = Limits()
    cards: CardSettings = CardSettings()
    inputs: InputSettings = InputSettings()
    #: From the environment; empty where no bot is to run.
    token: SecretStr = Field(default=SecretStr(""), exclude=True)

    @property
    def names_backends(self) -> bool:
        """Whether the file says where InvokeAI is; if not, it is looked for at its usual address."""
        return "backend" in self.model_fields_set

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
        if odd := oddity(path):
            raise ConfigError(f"{path}: {odd}")
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file. Copy config.toml there, or name yours with --config."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: is not valid TOML: it is nested too deeply") from error
    except ValueError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    settings = _validate(path, raw, environment)
    if settings.database.path.is_absolute():
        return settings
    database = DatabaseSettings(path=path.resolve().parent / settings.database.path)
    return settings.model_copy(update={"database": database})


def _validate(path: Path, raw: dict[str, Any], environment: Mapping[str, str]) -> Settings:
    problems = list(_misplaced(raw))
    try:
        settings = Settings.model_validate({**_placed(raw), "token": _token(environment.get(TOKEN_VARIABLE, ""))})
    except ValidationError as error:
        problems += mistakes(error)
        raise _wrong(path, problems) from error
    backends = [_with_password(backend, environment, problems) for backend in settings.backend]
    if problems:
        raise _wrong(path, problems)
    return settings.model_copy(update={"backend": tuple(backends)} if settings.names_backends else None)


def _wrong(path: Path, problems: list[str]) -> ConfigError:
    return ConfigError("\n".join(f"{path}: {problem}" for problem in problems))


def _misplaced(raw: dict[str, Any]) -> Iterator[str]:
    """Yield what is written where it must not be: those who run into it want more than to hear that it is wrong."""
    if isinstance(raw.get("backend"), dict):
        yield "backend: write [[backend]], with two brackets: there may be several."
    if "token" in raw or "token" in mapping(raw.get("discord")):
        yield f"token: secrets do not belong in this file; set {TOKEN_VARIABLE} instead."
    if any("password" in mapping(backend) for backend in sequence(raw.get("backend"))):
        yield (
            "backend.password: secrets do not belong in this file; name an environment variable with password_env "
            "instead."
        )


def _placed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the file's content without what `_misplaced` tells of."""
    placed = {key: value for key, value in raw.items() if key != "token"}
    if discord := mapping(raw.get("discord")):
        placed["discord"] = {key: value for key, value in discord.items() if key != "token"}
    if backend := mapping(raw.get("backend")):
        placed["backend"] = [backend]
    if backends := sequence(placed.get("backend")):
        placed["backend"] = [_without_password(backend) for backend in backends]
    return placed


def _without_password(backend: Any) -> Any:
    return {key: value for key, value in mapping(backend).items() if key != "password"} or backend


def _token(value: str) -> str:
    """Return the token alone: env files keep its quotes, and the portal's examples put "Bot" before it."""
    bare = value.strip().strip("\"'").strip()
    return bare[4:].strip() if bare[:4].lower() == "bot " else bare


def _with_password(backend: BackendSettings, environment: Mapping[str, str], problems: list[str]) -> BackendSettings:
    if bool(backend.username) != bool(backend.password_env):
        problems.append(f"backend {backend.name}: username and password_env go together; one is missing.")
    if not backend.username or not backend.password_env:
        return backend
    password = environment.get(backend.password_env)
    if not password:
        problems.append(f"backend {backend.name}.password_env: {backend.password_env} is not set.")
        return backend
    return backend.model_copy(update={"password": SecretStr(password)})


def mistakes(error: ValidationError) -> list[str]:
    """Return a line for each mistake: the key, and what is wrong with its value."""
    found = error.errors(include_url=False)
    # What is wrong inside a list also makes the list too short; one of the two is enough.
    inside = {e["loc"][:1] for e in found if len(e["loc"]) > 1}
    told = [e for e in found if not (e["type"] == "too_short" and e["loc"] in inside)]
    return [f"{_key(e['loc'])}: {_problem(e['msg'], e['type'], e['loc'])}" for e in told]


def _key(location: tuple[int | str, ...]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).lstrip(".") or "the file"


_SECTIONS: Mapping[str, type[Section]] = {
    "discord": DiscordSettings,
    "database": DatabaseSettings,
    "backend": BackendSettings,
    "limits": Limits,
    "cards": CardSettings,
    "inputs": InputSettings,
}
_SECRETS = {"token", "password"}


def _problem(message: str, kind: str, location: tuple[int | str, ...]) -> str:
    if kind != "extra_forbidden":
        return message.removeprefix("Value error, ")
    section = Settings if len(location) == 1 else _SECTIONS[str(location[0])]
    known = [name for name in section.model_fields if name not in _SECRETS]
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"there is no such setting. {f'Did you mean {near[0]}?' if near else 'Is it misspelt?'}"
