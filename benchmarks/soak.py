"""Hours of mixed jobs, with everything going wrong that can: the bot between the stand-ins, killed again and again.

    uv run python benchmarks/soak.py --minutes 20 --seed 1

Faults and jobs are drawn from the seed. At the end the faults stop, everything is given time to settle, and what must
hold is checked: exit code 1 if any of it does not. The bot's log and the list of faults stay in `--folder`.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Set
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks._soak_bot import START_SECONDS
from benchmarks._soak_checks import Finding, check
from benchmarks._soak_crowd import Crowd
from benchmarks._soak_faults import cure
from benchmarks._soak_plan import Happened, happen, plan
from benchmarks._soak_town import Town, open_town
from bot.db import look_at

USERS = 24
#: Of each kind of finding, how much is shown.
EVIDENCE = 12


def main(
    minutes: Annotated[float, typer.Option(help="For how long jobs and faults come.")] = 20,
    seed: Annotated[int, typer.Option(help="What they are drawn from.")] = 1,
    jobs_per_minute: Annotated[float, typer.Option(help="How many commands are used, about.")] = 40,
    fault_every: Annotated[float, typer.Option(help="So many seconds from one fault to the next, about.")] = 6,
    spare_bot: Annotated[bool, typer.Option(help="Never end the bot: its memory then tells more.")] = False,
    settle: Annotated[float, typer.Option(help="How many seconds the bot has to finish everything at the end.")] = 240,
    folder: Annotated[Path | None, typer.Option(help="Where the log and the database stay.")] = None,
) -> None:
    """Let everything go wrong for a while, and look at what is left."""
    console = Console(soft_wrap=True)
    home = folder or Path(tempfile.mkdtemp(prefix="familiar-soak-"))
    home.mkdir(parents=True, exist_ok=True)
    console.print(f"seed {seed}, {minutes:g} minutes, about {jobs_per_minute:g} jobs a minute; everything is in {home}")
    without = {"kill_bot", "stop_bot"} if spare_bot else set[str]()
    soak = Soak(home, seed, minutes * 60, console, without)
    findings = asyncio.run(soak.run(USERS, jobs_per_minute, fault_every, settle))
    _show(console, findings, seed)
    raise typer.Exit(int(any(finding.ok is False for finding in findings)))


class Soak:
    """One run."""

    def __init__(
        self, folder: Path, seed: int, seconds: float, console: Console, without: Set[str] = frozenset()
    ) -> None:
        self._folder = folder
        self._seed = seed
        self._seconds = seconds
        self._console = console
        self._without = without
        self._journal: list[Happened] = []

    async def run(self, users: int, jobs_per_minute: float, fault_every: float, settle: float) -> list[Finding]:
        async with open_town(self._folder, users) as town:
            await town.bot.start()
            await town.discord.until(lambda: _is_ready(town), START_SECONDS)
            crowd = Crowd(town, self._seed, jobs_per_minute)
            async with _in_background(town.bot.watch()):
                async with _in_background(crowd.ask_until_told_to_stop()):
                    await self._let_things_happen(town, fault_every)
                await crowd.gone_quiet()
                await cure(town)
                self._tell(f"{town.now:7.1f}  no more jobs and faults; it settles")
                late = await self._settle(town, settle)
            lines = [f"{one.at:.0f},{one.age:.0f},{one.memory}\n" for one in town.bot.samples]
            (self._folder / "memory.csv").write_text("".join(["at,age,bytes\n", *lines]))
            return [*check(town, crowd, self._journal), late]

    async def _let_things_happen(self, town: Town, every: float) -> None:
        began = town.now
        async with asyncio.TaskGroup() as group:
            for planned in plan(self._seed, self._seconds, every, self._without):
                await asyncio.sleep(max(0.0, began + planned.at - town.now))
                group.create_task(happen(town, planned, self._journal, self._tell))
            await asyncio.sleep(max(0.0, began + self._seconds - town.now))

    async def _settle(self, town: Town, seconds: float) -> Finding:
        """Let everything end; then a last life, whose first sweep finds what no row names."""
        began, slow = town.now, list[str]()
        try:
            await _until(lambda: not _is_busy(town), seconds)
        except TimeoutError:
            slow.append(f"after {seconds:g} s: {look_at(town.stage.database)}")
        settled = town.now - began
        swept = sum(map(len, town.left_behind().values()))
        await town.bot.end(signal.SIGTERM)
        await town.bot.start()
        with contextlib.suppress(TimeoutError):
            await _until(lambda: not town.left_behind() and _is_ready(town), START_SECONDS)
        await town.bot.end(signal.SIGTERM)
        told = f"in {settled:.0f} s; {swept} things no row named were left to the sweep at the next start"
        return Finding("settled", told, not slow, slow)

    def _tell(self, line: str) -> None:
        self._console.print(line, highlight=False, style="dim")
        with (self._folder / "faults.log").open("a") as log:
            log.write(line + "\n")


async def _until(holds: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  the bot's database has no event
            await asyncio.sleep(0.1)


def _is_ready(town: Town) -> bool:
    return town.is_online() and all("blur" in place.guild.commands for place in town.places)


def _is_busy(town: Town) -> bool:
    seen = look_at(town.stage.database)
    return bool(seen.open_jobs or seen.left)


@contextlib.asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let something go on meanwhile; what ends it early ends the rest too."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield
        task.cancel()


def _show(console: Console, findings: list[Finding], seed: int) -> None:
    drawn = Table(title=f"The soak of seed {seed}", title_justify="left")
    for heading in ("", "found", ""):
        drawn.add_column(heading, overflow="fold")
    for finding in findings:
        verdict = "" if finding.ok is None else "ok" if finding.ok else "[bold red]wrong"
        drawn.add_row(finding.what, finding.value, verdict)
    console.print(drawn)
    for finding in findings:
        if finding.evidence:
            console.print(f"\n{finding.what}:", style="bold red" if finding.ok is False else "bold")
            for line in finding.evidence[:EVIDENCE]:
                console.print(f"  {line}", highlight=False, markup=False)
            if len(finding.evidence) > EVIDENCE:
                console.print(f"  and {len(finding.evidence) - EVIDENCE} more")


if __name__ == "__main__":
    typer.run(main)
