"""The command line, and the only place where things are built."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler

from bot.config import TOKEN_VARIABLE, ConfigError, Settings, load
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


def _log_to_terminal(level: int) -> None:
    handler = RichHandler(console=Console(stderr=True), show_path=False, rich_tracebacks=False)
    logging.basicConfig(level=level, format="%(name)s: %(message)s", handlers=[handler])
    # A line for each request would drown everything else.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def main() -> None:
    """Run the command line; what the user can mend is one line on standard error and exit code 2."""
    try:
        app()
    except (FamiliarError, UserError) as error:
        Console(stderr=True).print(f"familiar: {error}", style="red", markup=False, highlight=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
