"""What must hold after a soak, whatever happened in it."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks._soak_crowd import Ask, Crowd
from benchmarks._soak_plan import Happened
from benchmarks._soak_town import Town
from bot.cards import Told
from bot.playground.discord import Message, Refusal

#: By how much memory may grow, and how old the process must be to count.
GROWTH, GROWN_UP = 1.25, 5.0
#: How far from a fault an answer may be late for no reason.
CALM = 4.0
#: The faults that may keep the bot from answering.
SPEECHLESS = {"kill_bot", "stop_bot", "fail_discord", "cut_discord", "drop_gateway", "forbid_channel", "delete_channel"}
#: The faults after which the library, or a new process, cannot know how many calls Discord counted, and for how long.
MISCOUNTED = {"kill_bot", "stop_bot", "fail_discord", "cut_discord", "drop_gateway", "expire_token"}
UNCOUNTED = 15.0
_BATCH = re.compile(r"[a-z0-9]{10}(-\d+)?")
_JOB = re.compile(r"job ([a-z0-9]{10})\b")
_NAMES = re.compile(r"\b[a-z0-9]{10}\b(?=:)|[0-9a-f]{8}-[0-9a-f-]{27}|\d+")


@dataclass
class Finding:
    """One line of the table; without `ok` it only tells."""

    what: str
    value: str
    ok: bool | None = None
    evidence: list[str] = field(default_factory=list[str])


def check(town: Town, crowd: Crowd, journal: Sequence[Happened]) -> list[Finding]:
    rows = [dict(row) for row in town.stage.jobs("SELECT * FROM jobs ORDER BY created_at")]
    return [
        *_answers(crowd.asks, journal, rows),
        *_outcomes(rows),
        _cancels(crowd.asks, rows),
        *_enqueued(town, rows),
        *_told(town, crowd.asks, rows),
        *_left(town),
        _memory(town),
        *_log(town),
        *_discord(town, journal),
    ]


def wrong(what: str, found: Sequence[str]) -> Finding:
    """A finding that there should be none of."""
    return Finding(what, str(len(found)), not found, list(found))


def _answers(asks: Sequence[Ask], journal: Sequence[Happened], rows: list[dict[str, Any]]) -> list[Finding]:
    by_interaction = Counter(row["interaction_id"] for row in rows)
    answered = [ask for ask in asks if ask.use.response_type is not None]
    calm = [ask for ask in asks if ask.bot_was_there and _is_calm(ask.at, journal)]
    times = sorted(ask.use.answered_at - ask.use.created for ask in calm if ask.use.answered_at)
    ignored = [f"{ask.at:.1f} s: /{ask.command}" for ask in calm if ask.use.response_type is None]
    twice = [str(interaction) for interaction, count in by_interaction.items() if interaction and count > 1]
    shown = [ask for ask in asks if ask.use.original and not ask.use.original.deleted]
    thinking = [f"{ask.at:.1f} s: /{ask.command}" for ask in shown if ask.use.original and ask.use.original.loading]
    return [
        Finding("asked", str(len(asks))),
        Finding("answered", str(len(answered))),
        Finding("with a job", str(sum(ask.use.id in by_interaction for ask in asks))),
        Finding("first answer in calm times, ms", _spread([1000 * one for one in times])),
        wrong("not answered in calm times", ignored),
        wrong("interactions with two jobs", twice),
        wrong("still thinking", thinking),
    ]


def _cancels(asks: Sequence[Ask], rows: list[dict[str, Any]]) -> Finding:
    """Whoever was told that the press came through is right, unless the job was over by then."""
    jobs = {row["interaction_id"]: row for row in rows}
    pressed = [(ask, ask.press, jobs[ask.use.id]) for ask in asks if ask.press and ask.use.id in jobs]
    ignored = [
        f"{row['id']}: pressed at {press.created:.1f}, over at {ended:.1f}, {row['outcome']}"
        for ask, press, row in pressed
        if press.answered_at and not row["cancel_requested_at"]
        if (ended := datetime.fromisoformat(row["finished_at"]).timestamp()) > press.answered_at + 1
    ]
    return wrong(f"cancels not honoured, of {len(pressed)}", ignored)


def _outcomes(rows: list[dict[str, Any]]) -> list[Finding]:
    ended = Counter(f"{row['outcome']}" for row in rows)
    problems = Counter(f"{row['outcome']}: {row['problem']}" for row in rows if row["problem"])
    delivery = Counter(str(row["delivery"]) for row in rows)
    still = [f"{row['id']} {row['state']} {row['created_at']}" for row in rows if row["state"] != "closed"]
    return [
        Finding("ended", ", ".join(f"{name} {count}" for name, count in ended.most_common())),
        *(Finding(f"  {problem}", str(count)) for problem, count in problems.most_common()),
        Finding("told by", ", ".join(f"{name} {count}" for name, count in delivery.most_common())),
        wrong("jobs still open", still),
    ]


def _enqueued(town: Town, rows: list[dict[str, Any]]) -> list[Finding]:
    """Each attempt once; another time only where the first one went with its database."""
    twice: list[str] = []
    taken = town.taken
    for row in rows:
        attempts = [row["id"], *(f"{row['id']}-{number}" for number in range(2, row["attempt"] + 1))]
        for batch_id in attempts:
            if taken[batch_id] > 1 or batch_id in town.doubled:
                twice.append(f"{batch_id}: {taken[batch_id]} times, {row['attempt']} attempts, {row['outcome']}")
    known = {row["id"] for row in rows}
    ours = {batch_id: count for batch_id, count in (taken + town.forgotten).items() if _BATCH.fullmatch(batch_id)}
    unknown = [batch_id for batch_id in ours if batch_id.split("-")[0] not in known]
    further, late = sum(row["attempt"] - 1 for row in rows), sum(invoke.taken_late.total() for invoke in town.invokes)
    return [
        Finding("enqueued", f"{sum(ours.values())}, further attempts: {further}, unheard: {late}"),
        wrong("enqueued twice", twice),
        wrong("enqueued without a row", unknown),
    ]


def _told(town: Town, asks: Sequence[Ask], rows: list[dict[str, Any]]) -> list[Finding]:
    messages = [m for m in town.discord.world.messages.values() if m.author.bot and not m.deleted and not m.ephemeral]
    naming: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        for job_id in set(_JOB.findall(_text(message))):
            naming[job_id].append(message)
    lies: list[str] = []
    doubles: list[str] = []
    for row in rows:
        shown = [m for m in naming[row["id"]] if m.channel.type == 0]
        direct = [m for m in naming[row["id"]] if m.channel.type == 1]
        if len(shown) > 1 or len(direct) > 1:
            doubles.append(f"{row['id']}: {len(shown)} in channels, {len(direct)} direct")
        if lie := _lie(town, row, direct):
            lies.append(f"{row['id']} ({row['outcome']}, {row['delivery']}): {lie}")
    answers = {ask.use.original.id for ask in asks if ask.use.original}
    strange = [f"{m.id}: {_text(m)[:80]!r}" for m in messages if m.id not in answers and not _JOB.search(_text(m))]
    known = {row["id"] for row in rows}
    unowned = [
        f"{m.id}: {_text(m)[:120]!r}"
        for m in messages
        if not set(_JOB.findall(_text(m))) <= known or (m.components and not _JOB.search(_text(m)))
    ]
    return [
        wrong("cards that do not tell the truth", lies),
        wrong("told twice", doubles),
        wrong("messages of no job", strange),
        wrong("cards without a row", unowned),
    ]


def _lie(town: Town, row: dict[str, Any], direct: list[Message]) -> str:
    """What is wrong with how a job's end was told; nothing, mostly."""
    if row["message_id"] is None or row["state"] != "closed":
        return ""
    card = town.discord.world.messages.get(row["message_id"])
    is_gone = card is None or card.deleted or card.channel.id not in town.discord.world.channels
    if row["delivery"] == Told.DIRECT:
        return "" if direct else "no direct message came"
    if row["delivery"] != Told.CARD:
        return "" if is_gone or row["delivery"] == Told.FORBIDDEN else f"the card is still there: {_text(card)!r}"
    if is_gone or card is None:
        return ""
    says = _text(card)
    wanted = {"completed": bool(card.files), "cancelled": "Cancelled" in says}.get(row["outcome"], "❌" in says)
    if not wanted or any("cancel" in str(component) for component in card.components):
        return f"the card says {says!r} with {len(card.files)} files, {len(card.components)} rows of buttons"
    return ""


def _left(town: Town) -> list[Finding]:
    ledger = town.stage.jobs("SELECT job_id, backend, kind, ref FROM assets WHERE deleted_at IS NULL")
    left = [f"{where}: {', '.join(what[:10])}" for where, what in town.left_behind().items()]
    return [
        wrong("left in the ledger", [" ".join(map(str, tuple(row))) for row in ledger]),
        wrong("left on the backends", left),
        wrong("somebody else's, touched", town.touched()),
    ]


def _memory(town: Town) -> Finding:
    samples = [one for one in town.bot.samples if one.age > GROWN_UP]
    if not samples:
        return Finding("memory", "never old enough to tell")
    whole = samples[-1].at
    quarters = [[s.memory / 1e6 for s in samples if k * whole / 4 <= s.at <= (k + 1) * whole / 4] for k in range(4)]
    medians = [statistics.median(one) for one in quarters if one]
    peak = max(one.memory for one in samples) / 1e6
    told = f"{' / '.join(f'{one:.0f}' for one in medians)}, peak {peak:.0f}, in {town.bot.lives} lives"
    return Finding("memory by quarter, MB", told, medians[-1] <= GROWTH * medians[0])


def _log(town: Town) -> list[Finding]:
    kinds: dict[str, Counter[str]] = {"ERROR": Counter(), "WARNING": Counter()}
    examples: dict[str, str] = {}
    text = town.bot.log.read_text(errors="replace")
    for line in text.splitlines():
        found = re.match(r"[\d-]+ [\d:]+ (ERROR|CRITICAL|WARNING) (.*)", line)
        if found and not re.search(r": (  |Traceback|$)", found[2]):
            kind = _NAMES.sub("#", found[2])
            kinds["WARNING" if found[1] == "WARNING" else "ERROR"][kind] += 1
            examples.setdefault(kind, line)
        elif not found and not re.match(r"[\d-]+ [\d:]+ ", line) and line.strip():
            kinds["ERROR"]["outside the log"] += 1
            examples.setdefault("outside the log", line)
    errors = [f"{count} times: {examples[kind]}" for kind, count in kinds["ERROR"].most_common()]
    warnings = [f"{count} times: {examples[kind]}" for kind, count in kinds["WARNING"].most_common()]
    tokens = {town.discord.token: "the bot's"}
    tokens |= {use.token: f"of interaction {use.id}" for use in town.discord.world.uses.values()}
    return [
        Finding("errors logged", f"{kinds['ERROR'].total()} of {len(errors)} kinds", not errors, errors),
        Finding("warnings logged", f"{kinds['WARNING'].total()} of {len(warnings)} kinds", None, warnings),
        wrong("tokens logged", [whose for token, whose in tokens.items() if token in text]),
        wrong("lives that ended oddly", town.bot.odd),
    ]


def _discord(town: Town, journal: Sequence[Happened]) -> list[Finding]:
    """What Discord refused that no fault made it refuse."""
    known = {10003, 10008, 10015, 10062, 40060, 50001, 50007, 50013, 50027}
    refused = [r for r in town.discord.refused if "planned fault" not in str(r.body) and r.code not in known]
    limited = [r for r in refused if r.status == 429]
    calm = [r for r in limited if _is_calm(r.at - town.began, journal, MISCOUNTED, UNCOUNTED)]
    return [
        Finding("refused with 429 after a fault", str(len(limited) - len(calm))),
        wrong("refused with 429 in calm times", _counted(calm)),
        wrong("refused otherwise", _counted([r for r in refused if r.status != 429])),
    ]


def _counted(refused: Sequence[Refusal]) -> list[str]:
    kinds = Counter(f"{r.method} {r.route} {r.status} {r.code} {r.body.get('message')}" for r in refused)
    return [f"{count} times: {what}" for what, count in kinds.most_common()]


def _text(message: Message | None) -> str:
    if message is None:
        return ""
    parts = [message.content]
    for embed in message.embeds:
        parts += [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    return "\n".join(part for part in parts if part)


def _is_calm(at: float, journal: Sequence[Happened], names: Set[str] = SPEECHLESS, seconds: float = CALM) -> bool:
    near = (
        one for one in journal if one.at - seconds <= at <= (math.inf if one.until is None else one.until) + seconds
    )
    return not any(one.name in names for one in near)


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "none"
    return f"median {statistics.median(values):.0f}, p99 {values[int(0.99 * (len(values) - 1))]:.0f}, of {len(values)}"
