"""The command line: what each command needs is opened here, or in `service` and `engine`, and closed in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import signal
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from bot import compiled, reports, terminal
from bot.config import TOKEN_VARIABLE, BackendSettings, ConfigError, Settings, load, mistakes
from bot.doctor import examine
from bot.files import workflow_files
from bot.heed import heeding
from bot.logs import log_to_terminal
from bot.reload import Reload
from workflows.errors import FamiliarError, UserError

app = typer.Typer(
    name="familiar",
    help="Turn InvokeAI workflows into Discord's slash commands.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ConfigOption = Annotated[Path, typer.Option("--config", help="The settings file.", show_default=True)]
_DEFAULT_CONFIG = Path("config.toml")


def _tell_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"familiar {version_of('familiar')}\n")
        raise typer.Exit


@app.callback()
def familiar(
    _: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version.")
    ] = False,
) -> None:
    """Turn InvokeAI workflows into Discord's slash commands."""


@app.command()
def serve(config: ConfigOption = _DEFAULT_CONFIG) -> None:
    """Run the bot."""
    settings = load(config, os.environ)
    if not settings.token.get_secret_value():
        raise ConfigError(f"{TOKEN_VARIABLE} is not set. Put the bot's token from the Developer Portal into it.")
    log_to_terminal(logging.INFO)
    asyncio.run(serve_until_stopped(settings, Reload(config, os.environ)))


async def serve_until_stopped(settings: Settings, reload: Reload | None = None) -> None:
    """Run the bot until SIGTERM or SIGINT; running jobs are left to the next process. SIGHUP: `reload` is asked."""
    stopped = asyncio.Event()
    heeded = {signal.SIGTERM: stopped.set, signal.SIGINT: stopped.set}
    if reload and hasattr(signal, "SIGHUP"):  # Windows knows none.
        heeded[signal.SIGHUP] = reload.ask
    with heeding(heeded):
        serving = asyncio.create_task(_serve(settings, reload), name="serve")
        stopping = asyncio.create_task(stopped.wait(), name="stop")
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        # Also in the middle of starting: a Discord that is out of reach must not keep anybody waiting.
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def _serve(settings: Settings, reload: Reload | None) -> None:
    # discord.py takes most of a second to import; the other commands do without.
    from bot.service import open_service

    async with open_service(settings, reload) as connection:
        # Waited for from outside: its own end, when it is stopped, is open_service's to see to.
        await asyncio.wait({connection})
        await connection


@app.command()
def demo(
    tour: Annotated[bool, typer.Option("--tour", help="No page, but a scripted conversation in the terminal.")] = False,
    url: Annotated[str | None, typer.Option(help="A running InvokeAI, in place of the one that is built in.")] = None,
    port: Annotated[
        int | None, typer.Option(help="The page's port; 0 is any that is free.", show_default="8700")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Where the page is served.", show_default="127.0.0.1")] = None,
    opens: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open the page in the browser.", show_default="--open")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the tour saves its results.", show_default="familiar-demo")
    ] = None,
    render: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Save pictures of how messages look, and end.")
    ] = None,
) -> None:
    """Try all of it in a browser, on built-in stand-ins: no token, no account, no GPU.

    Where there is no terminal or no browser to talk to, and with --tour, a scripted tour runs and ends by itself.
    """
    from bot.playground.page import command

    asked = command.Asked(tour, host, port, url, opens, out, render)
    log_to_terminal(logging.WARNING)
    raise typer.Exit(command.demo(asked, Console()))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Workflows exported from InvokeAI's editor, or folders of them.")],
    schema: Annotated[Path | None, typer.Option(help="A saved openapi.json: no server is needed.")] = None,
    url: Annotated[str | None, typer.Option(help="A running InvokeAI, in place of the one in the settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
    config: ConfigOption = _DEFAULT_CONFIG,
) -> None:
    """Tell what command each workflow would become, and what it lacks. Exit code 1 if one cannot be published."""
    settings, capabilities = _capabilities(schema, url, config)
    paid, healthy = settings.limits.paid_providers, True
    for path in workflow_files(files):
        report = reports.examine(path, capabilities, allow_paid=paid)
        healthy = healthy and report.ok
        if as_json:
            sys.stdout.write(json.dumps(reports.as_json(report)) + "\n")
        else:
            reports.print_report(Console(), report)
    raise typer.Exit(0 if healthy else 1)


@app.command(name="compile")
def compile_(
    file: Annotated[Path, typer.Argument(help="A workflow exported from InvokeAI's editor.")],
    values: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An input's value.")] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(
            "--image", metavar="NAME=FILE", help="An input's image or video: a file, or its name on the server."
        ),
    ] = None,
    schema: Annotated[Path | None, typer.Option(help="A saved openapi.json: no server is needed.")] = None,
    url: Annotated[str | None, typer.Option(help="A running InvokeAI, in place of the one in the settings.")] = None,
    config: ConfigOption = _DEFAULT_CONFIG,
) -> None:
    """Print the request that runs a workflow over HTTP: the body as JSON, and on standard error where to POST it."""
    asked = compiled.Asked(file, _once("--set", _pairs("--set", values)), _pairs("--image", images))
    settings, capabilities = _capabilities(schema, url, config)
    compiled.print_compiled(asyncio.run(compiled.compile_request(asked, settings, capabilities)))


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="A workflow exported from InvokeAI's editor.")],
    out: Annotated[Path, typer.Option(help="The folder for the results.")],
    values: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An input's value.")] = None,
    images: Annotated[
        list[str] | None,
        typer.Option("--image", metavar="NAME=FILE", help="An input's image or video; again for the next one."),
    ] = None,
    url: Annotated[str | None, typer.Option(help="A running InvokeAI, in place of the one in the settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The outcome as JSON, for programs.")] = False,
    config: ConfigOption = _DEFAULT_CONFIG,
) -> None:
    """Run one workflow from the terminal; Ctrl-C cancels it. Exit code 0 if it completed, 1 if not, 2 if it could not
    begin.
    """
    pictures = [(name, Path(path)) for name, path in _pairs("--image", images)]
    request = terminal.Request(file, _once("--set", _pairs("--set", values)), pictures, out)
    settings = _settings(url, config)
    backend = settings.backend[0]
    # Named by its address: what a killed run left is found again by the next one against the same server.
    settings = settings.model_copy(update={"backend": (backend.model_copy(update={"name": backend.url}),)})
    log_to_terminal(logging.ERROR)
    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        result = asyncio.run(_run(request, settings, None))
    else:
        with terminal.progress_bar(console) as progress:
            result = asyncio.run(_run(request, settings, progress))
    terminal.print_result(result, as_json=as_json)
    raise typer.Exit(0 if result.ok else 1)


async def _run(request: terminal.Request, settings: Settings, progress: Progress | None) -> terminal.Result:
    """Run it; Ctrl-C cancels and cleans up, and a second one does not wait for that."""
    interrupts = terminal.Interrupts()
    with heeding({signal.SIGTERM: interrupts.interrupt, signal.SIGINT: interrupts.interrupt}):
        return await terminal.run(request, settings, progress, interrupts)


@app.command()
def doctor(
    config: ConfigOption = _DEFAULT_CONFIG,
    quick: Annotated[bool, typer.Option(help="Only configuration and the running bot: for health checks.")] = False,
) -> None:
    """Look at configuration, database, backends, token and permissions. Exit code 1 if anything is wrong."""
    raise typer.Exit(0 if asyncio.run(_examine(config, quick)) else 1)


async def _examine(config: Path, quick: bool) -> bool:
    console, healthy = Console(), True
    async for finding in examine(config, os.environ, quick=quick):
        healthy = healthy and finding.ok
        sign, style = ("✓", "green") if finding.ok else ("✗", "red")
        console.print(
            Text.assemble((f"{sign} {finding.subject}: ", style), reports.plain(finding.text)), soft_wrap=True
        )
    return healthy


def _settings(url: str | None, config: Path) -> Settings:
    """Return the settings, those of the usual file if it is there, with the one backend to ask in front.

    That is the one named by --url, else the first in the file, else InvokeAI at its usual address.
    """
    settings = Settings() if config == _DEFAULT_CONFIG and not config.exists() else load(config, os.environ)
    if url is None:
        return settings
    try:
        return settings.model_copy(update={"backend": (BackendSettings(url=url),)})
    except ValidationError as error:
        raise UserError(f"--url {url}: {mistakes(error)[0].removeprefix('url: ')}") from error


def _capabilities(schema: Path | None, url: str | None, config: Path) -> tuple[Settings, reports.Capabilities]:
    if schema and url is not None:
        raise UserError("Give --schema or --url, not both.")
    settings = _settings(url, config)
    if schema:
        return settings, reports.load_schemas(schema)
    return settings, asyncio.run(reports.ask_backend(settings.backend[0]))


def _pairs(option: str, given: list[str] | None) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for pair in given or []:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UserError(f"{option} {pair}: write {option} NAME=…")
        pairs.append((name, value))
    return pairs


def _once(option: str, pairs: list[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise UserError(f"{option} {name} is given twice.")
        values[name] = value
    return values


def main() -> None:
    """Run the command line; what the user can mend is told on standard error, a line each, and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names of files need not be text, and not every terminal draws every character.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except FamiliarError as error:
        text = "\n".join(f"familiar: {line}" for line in reports.plain(str(error)).splitlines())
        Console(stderr=True).print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
