"""What is offered under a job, and what its buttons are called. Pure; an id carries what is done and to which job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from bot.jobs import Job, Outcome, State
from cogs._voice import voice_for
from workflows.spec import InputSpec
from workflows.texts import Voice

#: By then the card says how it ended, if it ever will.
IS_TOLD = frozenset({State.SETTLED, State.CLOSED})

_STYLES = {
    "again": discord.ButtonStyle.primary,
    "post": discord.ButtonStyle.primary,
}

Button = discord.ui.Button[Any]


def may_run_again(job: Job) -> bool:
    """Tell whether a job can be run once more, or edited first: any that is over."""
    return job.outcome is not None and job.workflow_id is not None


def is_untold(job: Job) -> bool:
    """Tell whether a job is over and could be told nowhere."""
    return job.outcome is not None and job.state in IS_TOLD and job.delivered_at is None


def seeds(inputs: Sequence[InputSpec]) -> list[InputSpec]:
    """Return the inputs that can be drawn anew, so that the same values make something else."""
    return [spec for spec in inputs if spec.is_drawn or (spec.is_seed and spec.is_asked)]


def end_view(
    job: Job,
    inputs: Sequence[InputSpec] = (),
    *,
    has_pictures: bool | None = None,
    has_originals: bool = False,
    may_post: bool = True,
) -> discord.ui.View | None:
    """Return the buttons of a card that is over; None where there are none.

    `inputs` are those of the job's version. Results are taken for pictures where it is not told what they are.
    `may_post`: whether a private job's results are there to be posted, and a policy lets others see them.
    """
    if job.message_id is None or job.outcome is None:
        return None
    voice = voice_for(job)
    view = discord.ui.View(timeout=None)
    for one in (*_first(job, inputs, voice, has_pictures), *_then(job, voice, has_originals, may_post)):
        view.add_item(one)
    # Presses are dispatched by the buttons' templates, also after a restart.
    view.stop()
    return view if view.children else None


def _first(job: Job, inputs: Sequence[InputSpec], voice: Voice, has_pictures: bool | None) -> list[Button]:
    found: list[Button] = []
    is_done = job.outcome is Outcome.COMPLETED
    if may_run_again(job):
        found.append(button("again", job.id, voice))
        if any(spec.is_asked for spec in inputs):
            found.append(button("edit", job.id, voice))
        if is_done and seeds(inputs):
            found.append(button("variations", job.id, voice))
    if is_done and (bool(job.results) if has_pictures is None else has_pictures):
        found.append(button("use", job.id, voice))
    return [*found, button("details", job.id, voice)]


def _then(job: Job, voice: Voice, has_originals: bool, may_post: bool) -> list[Button]:
    if job.outcome is not Outcome.COMPLETED:
        return []
    found = [button("delete", job.id, voice)]
    if job.is_private and may_post:
        found += [button("post", job.id, voice), button("keep", job.id, voice)]
    return [*found, button("originals", job.id, voice)] if has_originals else found


def button(act: str, job_id: str, voice: Voice) -> Button:
    """Return the button that does one of cogs/_buttons.PRESSES with a job."""
    style = _STYLES.get(act, discord.ButtonStyle.secondary)
    return Button(label=voice(f"offers-{act}"), style=style, custom_id=f"familiar:{act}:{job_id}")
