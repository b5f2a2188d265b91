"""The command line, and the only place where things are built."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import Progress
from rich.text import Text

from bot import reports, terminal
from bot.config import TOKEN_VARIABLE, BackendSettings, ConfigError, Settings, load
from bot.doctor import examine
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


@app.command()
def serve(config: ConfigOption = _DEFAULT_CONFIG) -> None:
    """Run the bot."""
    settings = load(config, os.environ)
    if not settings.token.get_secret_value():
        raise ConfigError(f"{TOKEN_VARIABLE} is not set. Put the bot's token from the Developer Portal into it.")
    _log_to_terminal(logging.INFO)
    asyncio.run(serve_until_stopped(settings))


async def serve_until_stopped(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT; running jobs are left to the next process."""
    # discord.py takes most of a second to import; the other commands do without.
    from bot.service import open_service

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    async with open_service(settings) as service:
        stopping = asyncio.create_task(stopped.wait(), name="stop")
        await asyncio.wait({service, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if service.done():
            await service


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the results are saved.")] = Path("familiar-demo"),
) -> None:
    """Show the whole loop on built-in stand-ins: no token, no account, no GPU."""
    from bot.playground.tour import tour

    _log_to_terminal(logging.WARNING)
    raise typer.Exit(0 if asyncio.run(tour(Console(), out)) else 1)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Workflows exported from InvokeAI's editor.")],
    schema: Annotated[Path | None, typer.Option(help="A saved openapi.json: no server is needed.")] = None,
    url: Annotated[str | None, typer.Option(help="A running InvokeAI, in place of the one in the settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
    config: ConfigOption = _DEFAULT_CONFIG,
) -> None:
    """Tell what command each workflow would become, and what it lacks. Exit code 1 if one cannot be published."""
    backend = _backend(url, config)
    capabilities = reports.load_schemas(schema) if schema else asyncio.run(reports.ask_backend(backend))
    found = [reports.examine(path, capabilities) for path in files]
    for report in found:
        if as_json:
            sys.stdout.write(json.dumps(reports.as_json(report)) + "\n")
        else:
            reports.print_report(Console(), report)
    raise typer.Exit(0 if all(report.ok for report in found) else 1)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="A workflow exported from InvokeAI's editor.")],
    out: Annotated[Path, typer.Option(help="The folder for the results.")],
    values: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An input's value.")] = None,
    images: Annotated[list[str] | None, typer.Option("--image", metavar="NAME=PATH", help="An input's image.")] = None,
    url: Annotated[str | None, typer.Option(help="A running InvokeAI, in place of the one in the settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The outcome as JSON, for programs.")] = False,
    config: ConfigOption = _DEFAULT_CONFIG,
) -> None:
    """Run one workflow from the terminal; Ctrl-C cancels it. Exit code 0 if it completed, 1 if not, 2 if it could not
    begin.
    """
    pictures = {name: Path(path) for name, path in _pairs("--image", images).items()}
    request = terminal.Request(file, _pairs("--set", values), pictures, out)
    backend = _backend(url, config)
    # Named by its address: what a killed run left is found again by the next one against the same server.
    settings = Settings(backend=(backend.model_copy(update={"name": backend.url}),))
    _log_to_terminal(logging.ERROR)
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
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, interrupts.interrupt)
    return await terminal.run(request, settings, progress, interrupts)


@app.command()
def doctor(
    config: ConfigOption = _DEFAULT_CONFIG,
    quick: Annotated[bool, typer.Option(help="Only what runs here: for health checks.")] = False,
) -> None:
    """Look at configuration, database, backends, token and permissions. Exit code 1 if anything is wrong."""
    raise typer.Exit(0 if asyncio.run(_examine(config, quick)) else 1)


async def _examine(config: Path, quick: bool) -> bool:
    console, healthy = Console(), True
    async for finding in examine(config, os.environ, quick=quick):
        healthy = healthy and finding.ok
        sign, style = ("✓", "green") if finding.ok else ("✗", "red")
        console.print(Text.assemble((f"{sign} {finding.subject}: ", style), finding.text), soft_wrap=True)
    return healthy


def _backend(url: str | None, config: Path) -> BackendSettings:
    """Return the backend to ask: the one named, else the first in the settings, else InvokeAI's usual address."""
    if url:
        try:
            return BackendSettings(url=url)
        except ValidationError as error:
            raise UserError(f"--url {url}: must begin with http:// or https://") from error
    if config == _DEFAULT_CONFIG and not config.exists():
        return BackendSettings()
    return load(config, os.environ).backend[0]


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for pair in given or []:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UserError(f"{option} {pair}: write {option} NAME=…")
        pairs[name] = value
    return pairs


def _log_to_terminal(level: int) -> None:
    handler = RichHandler(console=Console(stderr=True), show_path=False, rich_tracebacks=False)
    logging.basicConfig(level=level, format="%(name)s: %(message)s", handlers=[handler])
    # A line for each request would drown everything else.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def main() -> None:
    """Run the command line; what the user can mend is one line on standard error and exit code 2."""
    try:
        app()
    except FamiliarError as error:
        text = f"familiar: {reports.plain(str(error))}"
        Console(stderr=True).print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
