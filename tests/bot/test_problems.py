"""What members read when a run fails: the step, and of the backend's words only the harmless ones."""

from dataclasses import replace

import pytest

from bot import problems
from workflows.errors import Rejected
from workflows.models import ItemStatus, QueueItem, Session
from workflows.values import InputSpec, Kind

END = "Try other values; if it stays, tell an admin the job number."

MESSAGES = {
    "a sentence": ("ValueError", "height must be more than 8", f": height must be more than 8. {END}"),
    "a full stop": ("ValueError", "the clip has 8 frames.", f": the clip has 8 frames. {END}"),
    "a node's id": (
        "NodeInputError",
        "Node 51d02150-6a7c-4a4e-a9a2-3d9bb4fcbd49  has invalid incoming input for width",
        f": it has invalid incoming input for width. {END}",
    ),
    "a path": ("OSError", "cannot open /opt/invokeai/models/x", f": OSError. {END}"),
    "a traceback": ("KeyError", "Traceback:\n  File x", f": KeyError. {END}"),
    "an address": ("HTTPError", "http://10.0.0.1/x", f": HTTPError. {END}"),
    "markup": ("ValueError", "@everyone look", f": ValueError. {END}"),
    "much": ("ValueError", "x" * 500, f": ValueError. {END}"),
    "nothing": (None, None, f". {END}"),
    "a video": ("VideoRecordNotFoundException", "", ". A video that it needs is not on the backend any more. "),
    "memory": ("OutOfMemoryError", "CUDA /dev/x", ". The graphics card ran out of memory. Try a smaller size, "),
}


def failed(kind: str | None, message: str | None, errors: dict[str, str] | None = None) -> QueueItem:
    session = Session(errors={"copy": "x"} if errors is None else errors, prepared_source_mapping={"copy": "node"})
    return QueueItem(item_id=1, status=ItemStatus.FAILED, error_type=kind, error_message=message, session=session)


@pytest.mark.parametrize(("kind", "message", "wanted"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_failed_run(kind: str | None, message: str | None, wanted: str) -> None:
    text = problems.failed_run([failed(kind, message)], {"node": "Blur"})
    assert text.startswith(f"The step **Blur** failed{wanted}")


def test_a_step_without_a_name() -> None:
    assert problems.failed_run([failed("ValueError", "no")], {}).startswith("A step failed: no.")
    assert problems.failed_run([failed("ValueError", "no", {})], {"node": "Blur"}).startswith("A step failed: no.")


def test_of_several_items_the_failed_one_counts() -> None:
    done = QueueItem(item_id=1, status=ItemStatus.COMPLETED)
    assert "no" in problems.failed_run([done, failed("ValueError", "no")], {})


@pytest.mark.parametrize(
    ("size", "limit", "words"),
    [
        (31 * 2**20, 10 * 2**20, "has 31 MiB; up to 10 MiB fit"),
        (10 * 2**20 + 2**19, 10 * 2**20, "has 10.5 MiB; up to 10 MiB fit"),
        (10 * 2**20 + 1, 10 * 2**20, "has a little more than 10 MiB; up to 10 MiB fit"),
        (3000, 0, "has 2.93 KiB; up to 0 Bytes fit"),
    ],
)
def test_a_video_that_is_too_large(size: int, limit: int, words: str) -> None:
    assert words in problems.too_large_video(size, limit)


SPEC = InputSpec("radius", "Radius", "", Kind.NUMBER, "node", "radius")


@pytest.mark.parametrize(
    ("location", "is_named"),
    [
        ("body.batch.graph.nodes.node.img_blur.radius", True),
        ("body.batch.graph.nodes.node.img_blur.not_radius", False),
        ("body.batch.graph.nodes.other.img_blur.radius", False),
        ("", False),
    ],
)
def test_a_refused_value_is_named(location: str, is_named: bool) -> None:
    text = problems.rejected(Rejected("422", ((location, "Input should be a number"),)), [SPEC], {})
    assert bool(text) is is_named
    assert not text or text.startswith("**radius**: InvokeAI does not take this value (Input should be a number)")


def test_a_refused_value_that_nobody_gave_is_not_told() -> None:
    error = Rejected("422", (("body.batch.graph.nodes.node.img_blur.radius", "Input should be less than 9"),))
    assert problems.rejected(error, [replace(SPEC, hidden=True)], {}) is None


@pytest.mark.parametrize(
    ("location", "message", "told"),
    [
        (
            "loader.main_model_loader.model",
            "Field required",
            "**model** of the step **Main Model** as it stands in this ",
        ),
        (
            "loader.range",
            "Value error, stop must be greater",
            "the step **Main Model** as it stands in this workflow (stop",
        ),
        ("loader.x.y", "/opt/invokeai/x.py", "**y** of the step **Main Model** as it stands in this workflow. Please"),
    ],
)
def test_a_refusal_that_is_not_the_members_names_the_step(location: str, message: str, told: str) -> None:
    error = Rejected("422", ((f"body.batch.graph.nodes.{location}", message),))
    text = problems.rejected(error, [], {"loader": "Main *Model*"})
    assert text
    assert f"InvokeAI does not take {told}" in text
    assert problems.rejected(error, [], {"other": "Other"}) is None
