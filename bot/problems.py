"""What a member is told when a job does not end well. The backend's own words are shown only if harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from humanize import naturalsize

from workflows.errors import BackendError, QueueFull, Rejected, Unavailable, Unfetched
from workflows.models import ItemStatus, QueueItem
from workflows.values import InputSpec

#: Messages of the server may hold whole tracebacks, paths and addresses.
_HARMLESS = re.compile(r"[\w\s.,:;'\"()\[\]<>=+*%!?-]{1,160}")

_MARKS = re.compile(r"[*_~`|<>\[\]\n]")

#: How the server names the copy of a node that was at work, where the step is named already.
_COPY = re.compile(r"^Node \S+\s+(?=has\b)")

_KNOWN = {
    "OutOfMemoryError": "The graphics card ran out of memory. Try a smaller size, or fewer images.",
    "MissingInputException": "The workflow lacks a value that it needs. Please tell an admin of this server.",
    "ImageRecordNotFoundException": "A picture that it needs is not on the backend any more. Please try again.",
    "VideoRecordNotFoundException": "A video that it needs is not on the backend any more. Please try again.",
    "ImageFileSaveException": "It could not save a picture: its disk may be full. Please tell an admin of this server.",
    "UnknownModelException": "A model that the workflow needs is not installed any more. Please tell an admin.",
}

OUR_SIDE = "Something went wrong on our side. Please try again; if it stays, tell an admin of this server."
NO_DATABASE = "I cannot write anything down at the moment, so I did nothing. Please try again later, or tell an admin."
UNREACHABLE = "InvokeAI did not answer for a long time, so this job was given up. Please try again later."
RESTARTING = "I am being restarted. Please try again in a moment."
RESTARTED = "InvokeAI restarted twice while this job ran. Please try again later."
FULL = "InvokeAI's queue had no room for a long time, so this job was given up. Please try again later."
UNFETCHED = "Discord did not give me your file for a long time, so this job was given up. Please try again later."
FORGOTTEN = "InvokeAI no longer knows this job: it was cleared there. Please run it again."
PARTLY_FORGOTTEN = "A part of this job was cleared on InvokeAI; this is what the rest made. Please run it again."
NOTHING_MADE = "The workflow ran to its end but made no picture and no video. Please tell an admin of this server."
REFUSED_VIDEO = "InvokeAI cannot read that video. Please attach an MP4 file with H.264 video."
TOO_LARGE = "The results are too large for this server, however small they are made. Try a smaller size."
NO_FILES = (
    "I may not attach files here any more, nor did a direct message reach you. Ask an admin to give me "
    "**Attach Files**, then run it again."
)
VANISHED = "The results were deleted on InvokeAI before they could be posted. Please run it again."


#: What was nobody's mistake but ours, or the backend's: the same job may well end better.
_OURS = (OUR_SIDE, UNREACHABLE, FULL, UNFETCHED, RESTARTED, FORGOTTEN, VANISHED, NO_FILES)
_BACKENDS = ("ImageRecordNotFoundException", "VideoRecordNotFoundException", "ImageFileSaveException")


def is_ours(problem: str | None) -> bool:
    """Tell whether a job that ended so did through no fault of its values."""
    return problem in _OURS or (problem or "").endswith(tuple(_KNOWN[kind] for kind in _BACKENDS))


def given_up(error: BackendError) -> str:
    """Say why a job was given up that was tried for long."""
    if isinstance(error.__cause__, QueueFull):
        return FULL
    if isinstance(error, Unfetched):
        return UNFETCHED
    return UNREACHABLE if isinstance(error, Unavailable) else OUR_SIDE


def too_large_video(size: int, limit: int) -> str:
    """Say why a video is not posted: nothing here can make one smaller. Sizes are in bytes."""
    has, up_to = (naturalsize(number, binary=True, format="%.3g") for number in (size, limit))
    has = f"a little more than {up_to}" if has == up_to else has
    return f"The video has {has}; up to {up_to} fit here. Try fewer frames or a smaller size."


def failed_run(items: Sequence[QueueItem], titles: Mapping[str, str]) -> str:
    """Say which step of a run failed, and what to do."""
    item = next(item for item in items if item.status is ItemStatus.FAILED)
    kind = item.error_type or ""
    copies = item.session.errors
    node_id = next((item.session.prepared_source_mapping.get(copy, "") for copy in copies), "")
    title = _MARKS.sub("", titles.get(node_id, "")).strip()
    step = f"The step **{title}** failed" if title else "A step failed"
    if kind in _KNOWN:
        return f"{step}. {_KNOWN[kind]}"
    if (item.error_message or "").startswith("Unknown model"):
        return f"{step}. {_KNOWN['UnknownModelException']}"
    lines = (item.error_message or "").strip().splitlines()
    line = _COPY.sub("it ", lines[0].strip()) if len(lines) == 1 else ""
    reason = line if _HARMLESS.fullmatch(line) else kind
    reason = reason.rstrip(".")
    return f"{step}{': ' + reason if reason else ''}. Try other values; if it stays, tell an admin the job number."


def rejected(error: Rejected, inputs: Sequence[InputSpec], titles: Mapping[str, str]) -> str | None:
    """Name the input that the backend refused at the door, or else the step; None where it was neither.

    `titles` are what the document's nodes are called, by their ids.
    """
    for location, message in error.problems:
        for spec in inputs:
            if spec.is_asked and f".{spec.node_id}." in location and location.endswith(f".{spec.field_name}"):
                return f"**{spec.name}**: InvokeAI does not take this value ({message}). Try another one."
    for location, message in error.problems:
        for node_id, title in titles.items():
            if f".{node_id}." in location:
                step, words = _MARKS.sub("", title).strip(), message.removeprefix("Value error, ")
                reason = f" ({words})" if _HARMLESS.fullmatch(words) else ""
                field = location.partition(f".{node_id}.")[2].partition(".")[2]
                what = f"**{_MARKS.sub('', field)}** of the step **{step}**" if field else f"the step **{step}**"
                return f"InvokeAI does not take {what} as it stands in this workflow{reason}. Please tell an admin."
    return None
