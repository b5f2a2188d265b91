"""The whole demo: the local Discord and its page, a local or a real InvokeAI, and the bot as a process between them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import BackendSettings
from bot.playground.discord import LocalChannel, LocalDiscord, LocalGuild, LocalMember, Permissions
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.page import leave
from bot.playground.page.bot_process import BotProcess
from bot.playground.page.faces import face
from bot.playground.page.held import LocalHeld, RealHeld
from bot.playground.page.mischief import Mischief
from bot.playground.page.panel import Holder, Panel
from bot.playground.page.pieces import painter
from bot.playground.page.samples import Samples
from bot.playground.page.server import Page, PortTakenError
from workflows.client import InvokeClient, open_http
from workflows.errors import UserError

#: Where the page is unless somebody chooses, or something else is there already.
USUAL_PORT = 8700
_READY_SECONDS = 30.0
_LAST_LINES = 8
_RUN_SECONDS = 4.0
#: How long the bot may take at the end: what it leaves goes with the folder, or is cleared away after it.
_LEAVE_SECONDS = 2.0
#: What is cleared up in less needs no word.
_SLOW_SECONDS = 3.0


def _say_nothing(line: str) -> None:
    pass


@dataclass(frozen=True)
class DemoOptions:
    """What a demo is made of."""

    host: str = "127.0.0.1"
    #: None: the usual one, or a free one where that is taken; 0: a free one.
    port: int | None = None
    #: A real InvokeAI, in place of the one that is built in.
    url: str | None = None
    #: Where everything lies; none: in a folder of its own that goes with the demo.
    folder: Path | None = None
    #: How long the built-in InvokeAI takes for a node; None: so long that one can watch a run, whatever is in it.
    node_seconds: float | None = None
    #: And for a step of denoising.
    step_seconds: float = 0.25
    #: Is told, in a line each, what was done on a real server.
    tell: Callable[[str], None] = field(default=_say_nothing, repr=False)


@dataclass(frozen=True)
class Demo:
    """A demo that runs."""

    folder: Path
    discord: LocalDiscord
    #: None where it is a real one.
    invoke: LocalInvokeAI | None
    bot: BotProcess
    page: Page
    panel: Panel
    mischief: Mischief
    guild: LocalGuild
    channels: Mapping[str, LocalChannel]
    members: Mapping[str, LocalMember]
    database: Path


@dataclass(frozen=True)
class _Side:
    """InvokeAI's side of a demo."""

    backend: BackendSettings
    database: Path
    invoke: LocalInvokeAI | None
    client: InvokeClient | None = None

    def holder(self, mischief: Mischief) -> Holder:
        if self.invoke:
            return LocalHeld(self.invoke, mischief.troubles)
        assert self.client
        return RealHeld(self.client, self.backend.url)

    def samples(self) -> Samples:
        """Offer a workflow that paints only where its model is sure to be there: on the server that is built in."""
        return Samples({"painter.json": painter()} if self.invoke else None)


@contextlib.asynccontextmanager
async def open_demo(options: DemoOptions) -> AsyncGenerator[Demo]:
    """Start all of it, and wait until the bot is ready. Raises UserError, with what to do about it.

    At the end everything goes in reverse: first the bot, then what it left on a real server, then the folder.
    """
    async with contextlib.AsyncExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="familiar-demo-", ignore_cleanup_errors=True))
        )
        side = await stack.enter_async_context(_real(options) if options.url is not None else _local(options, folder))
        discord = await stack.enter_async_context(LocalDiscord())
        guild, channels, members = furnish(discord)
        config = _written(folder / "config.toml", _config(discord, side))
        bot = BotProcess(config, discord.token, folder / "bot.log")
        bot.on_change = discord.world.changed
        mischief = Mischief(discord, bot, side.invoke)
        stack.callback(mischief.close)
        panel = Panel(discord, bot, side.database, side.holder(mischief), mischief.offers)
        page = await _open_page(options, discord, bot, panel, mischief, side.samples())
        stack.push_async_callback(page.stop)
        stack.push_async_callback(bot.stop, _LEAVE_SECONDS)
        await bot.start()
        await _ready(discord, bot)
        yield Demo(*(folder, discord, side.invoke, bot, page, panel, mischief), guild, channels, members, side.database)


def furnish(discord: LocalDiscord) -> tuple[LocalGuild, dict[str, LocalChannel], dict[str, LocalMember]]:
    """Make a server with a few channels and people in it, each with direct messages with the bot."""
    guild = discord.add_guild("Atelier")
    channels = {name: guild.add_channel(name) for name in ("pictures", "lounge", "no-pictures")}
    channels["no-pictures"].overwrite(guild.bot, deny=Permissions.ATTACH_FILES)
    members = {"Ada": guild.add_member("Ada", manage_guild=True, manage_messages=True)}
    members |= {name: guild.add_member(name) for name in ("Bo", "Cy", "Dee")}
    members["Cy"].roles.append(guild.add_role("Patrons"))
    for member in members.values():
        assert member.dm
        member.user.avatar = discord.cdn.store("face.png", face(member.user), 0)
    return guild, channels, members


@contextlib.asynccontextmanager
async def _local(options: DemoOptions, folder: Path) -> AsyncGenerator[_Side]:
    node_seconds = options.node_seconds or 0.0
    invoke = LocalInvokeAI(node_seconds=node_seconds, step_seconds=options.step_seconds, data_dir=folder / "invokeai")
    if options.node_seconds is None:
        invoke.take_time(_RUN_SECONDS)
    async with invoke:
        yield _Side(BackendSettings(url=invoke.url), folder / "familiar.sqlite", invoke)


@contextlib.asynccontextmanager
async def _real(options: DemoOptions) -> AsyncGenerator[_Side]:
    """Use a real server, and leave it as it was."""
    assert options.url is not None
    backend = leave.real_backend(options.url)
    version = await leave.ask(backend)
    options.tell(f"Using InvokeAI {version} at {backend.url}, in a queue of the demo's own.")
    with leave.database(backend) as database:
        with _patiently(options, backend.url):
            earlier = await leave.clean_earlier(backend)
        if earlier.jobs or not earlier.is_clean:
            options.tell("An earlier demo was cut off there:")
            for line in leave.told(earlier, backend.url):
                options.tell(line)
        try:
            async with open_http(backend.url) as http:
                yield _Side(backend, database, None, InvokeClient(http, backend.queue_id))
        finally:
            with _patiently(options, backend.url):
                left = await leave.clean(backend, database)
            for line in leave.told(left, backend.url):
                options.tell(line)


@contextlib.contextmanager
def _patiently(options: DemoOptions, url: str) -> Generator[None]:
    """Say why nothing seems to happen, where that lasts."""
    words = f"Clearing up at {url}, which is busy: this may take a minute."
    saying = asyncio.get_running_loop().call_later(_SLOW_SECONDS, options.tell, words)
    try:
        yield
    finally:
        saying.cancel()


def _config(discord: LocalDiscord, side: _Side) -> str:
    """Return the bot's settings, as somebody would write them."""

    def text(value: object) -> str:
        return json.dumps(str(value), ensure_ascii=False)

    lines = ["[discord]", f"api_url = {text(discord.api_url)}", f"gateway_url = {text(discord.gateway_url)}"]
    lines += [f"cdn_url = {text(discord.url)}"]
    lines += ["[database]", f"path = {text(side.database)}"]
    lines += ["[[backend]]", f"name = {text(side.backend.name)}", f"url = {text(side.backend.url)}"]
    lines += [f"queue_id = {text(side.backend.queue_id)}"]
    lines += ["[limits]", "progress_seconds = 1", "stop_seconds = 8"]
    return "\n".join(lines) + "\n"


def _written(path: Path, text: str) -> Path:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UserError(f"{path.parent}: the demo cannot write there: {error.strerror}.") from error
    return path


async def _open_page(
    options: DemoOptions, discord: LocalDiscord, bot: BotProcess, panel: Panel, mischief: Mischief, samples: Samples
) -> Page:
    """Open the page on the first port of those that it may have; the caller closes it. Raises PortTakenError."""
    ports = [USUAL_PORT, 0] if options.port is None else [options.port]
    for port in ports:
        page = Page(
            discord,
            host=options.host,
            port=port,
            panel=panel,
            mischief=mischief,
            presence=bot,
            samples=samples,
        )
        try:
            await page.start()
        except PortTakenError:
            if port == ports[-1]:
                raise
        else:
            return page
    raise AssertionError(ports)


async def _ready(discord: LocalDiscord, bot: BotProcess) -> None:
    """Wait until the bot is online, and its commands are there. Raises UserError with its last lines if it ended."""

    def is_ready() -> bool:
        return not bot.running or (discord.gateway.online and "workflow" in discord.global_commands)

    with contextlib.suppress(TimeoutError):
        await discord.until(is_ready, _READY_SECONDS)
    if bot.running and is_ready():
        return
    how = "is not ready after half a minute" if bot.running else "ended before it was ready"
    last = await asyncio.to_thread(bot.log_tail, _LAST_LINES)
    raise UserError("\n".join([f"the bot {how}. Its last lines:", *(last or ["(it said nothing)"])]))
