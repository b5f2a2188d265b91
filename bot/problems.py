"""What a member is told when a job does not end well. The backend's own words are shown only if harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from humanize import naturalsize

from workflows.errors import BackendError, QueueFull, Rejected, Unavailable, Unfetched
from workflows.models import ItemStatus, QueueItem
from workflows.texts import say
from workflows.values import InputSpec

#: Messages of the server may hold whole tracebacks, paths and addresses.
_HARMLESS = re.compile(r"[\w\s.,:;'\"()\[\]<>=+*%!?-]{1,160}")

_MARKS = re.compile(r"[*_~`|<>\[\]\n]")

#: How the server names the copy of a node that was at work, where the step is named already.
_COPY = re.compile(r"^Node \S+\s+(?=has\b)")

_KNOWN = {
    "OutOfMemoryError": say("problems-out-of-memory"),
    "MissingInputException": say("problems-missing-input"),
    "ImageRecordNotFoundException": say("problems-picture-gone"),
    "VideoRecordNotFoundException": say("problems-video-gone"),
    "ImageFileSaveException": say("problems-not-saved"),
    "UnknownModelException": say("problems-model-gone"),
}

OUR_SIDE = say("problems-our-side")
NO_DATABASE = say("problems-no-database")
UNREACHABLE = say("problems-unreachable")
RESTARTING = say("problems-restarting")
RESTARTED = say("problems-restarted")
FULL = say("problems-full")
UNFETCHED = say("problems-unfetched")
FORGOTTEN = say("problems-forgotten")
PARTLY_FORGOTTEN = say("problems-partly-forgotten")
NOTHING_MADE = say("problems-nothing-made")
REFUSED_VIDEO = say("problems-refused-video")
TOO_LARGE = say("problems-too-large")
NO_FILES = say("problems-no-files")
VANISHED = say("problems-vanished")


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
    return say("problems-large-video", has=say("problems-little-more", most=up_to) if has == up_to else has, most=up_to)


def failed_run(items: Sequence[QueueItem], titles: Mapping[str, str]) -> str:
    """Say which step of a run failed, and what to do."""
    item = next(item for item in items if item.status is ItemStatus.FAILED)
    kind = item.error_type or ""
    copies = item.session.errors
    node_id = next((item.session.prepared_source_mapping.get(copy, "") for copy in copies), "")
    title = _MARKS.sub("", titles.get(node_id, "")).strip()
    step = say("problems-step", title=title) if title else say("problems-a-step")
    if kind in _KNOWN:
        return say("problems-known", step=step, why=_KNOWN[kind])
    if (item.error_message or "").startswith("Unknown model"):
        return say("problems-known", step=step, why=_KNOWN["UnknownModelException"])
    lines = (item.error_message or "").strip().splitlines()
    line = _COPY.sub("it ", lines[0].strip()) if len(lines) == 1 else ""
    reason = line if _HARMLESS.fullmatch(line) else kind
    reason = reason.rstrip(".")
    if not reason:
        return say("problems-no-reason", step=step)
    return say("problems-reason", step=step, reason=reason)


def rejected(error: Rejected, inputs: Sequence[InputSpec], titles: Mapping[str, str]) -> str | None:
    """Name the input that the backend refused at the door, or else the step; None where it was neither.

    `titles` are what the document's nodes are called, by their ids.
    """
    for location, message in error.problems:
        for spec in inputs:
            if spec.is_asked and f".{spec.node_id}." in location and location.endswith(f".{spec.field_name}"):
                return say("input-wrong", name=spec.name, problem=say("input-refused", reason=message))
    for location, message in error.problems:
        for node_id, title in titles.items():
            if f".{node_id}." in location:
                step, words = _MARKS.sub("", title).strip(), message.removeprefix("Value error, ")
                reason = f" ({words})" if _HARMLESS.fullmatch(words) else ""
                field = _MARKS.sub("", location.partition(f".{node_id}.")[2].partition(".")[2])
                if field:
                    return say("problems-refused-field", field=field, step=step, reason=reason)
                return say("problems-refused-step", step=step, reason=reason)
    return None
