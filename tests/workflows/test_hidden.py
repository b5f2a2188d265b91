"""What the server checks and does not tell: a batch must not bring it to a stop."""

from typing import Any

import pytest

from tests.workflows.builders import document, edge, node
from workflows.check import check
from workflows.hidden import is_judged_together, is_within
from workflows.schema import Schemas


@pytest.mark.parametrize(
    ("place", "value", "fine"),
    [
        (("denoise_latents", "cfg_scale"), 1, True),
        (("denoise_latents", "cfg_scale"), 0.5, False),
        (("denoise_latents", "cfg_scale"), [7.5, 0.5], False),
        (("flux_denoise", "cfg_scale"), 0.5, True),
        (("ip_adapter", "weight"), -1, True),
        (("ip_adapter", "weight"), 2.5, False),
        (("t2i_adapter", "weight"), -0.5, False),
        (("string", "value"), "fox", True),
    ],
)
def test_bounds_that_no_schema_tells(place: tuple[str, str], value: Any, fine: bool):
    assert is_within(*place, value) == fine


@pytest.mark.parametrize(
    ("kind", "name", "inputs", "together"),
    [
        ("range", "stop", {}, True),
        ("range", "step", {}, False),
        ("ip_adapter", "end_step_percent", {}, True),
        ("metadata_to_float", "label", {}, True),
        ("integer_math", "b", {"operation": "ADD"}, False),
        ("integer_math", "b", {"operation": "DIV"}, True),
        ("integer_math", "b", {}, True),
        ("integer_math", "operation", {"operation": "ADD"}, True),
        ("add", "b", {}, False),
    ],
)
def test_fields_that_are_judged_beside_others(kind: str, name: str, inputs: dict[str, Any], together: bool):
    found = document(node("a", kind, inputs))
    assert is_judged_together(found, found.nodes["a"], name) == together


def test_an_operation_that_a_member_picks_is_not_known():
    found = document(node("a", "integer_math", {"operation": "ADD"}), exposed=["a.operation"])
    assert is_judged_together(found, found.nodes["a"], "b")


@pytest.mark.parametrize(
    ("batch", "target", "problem"),
    [
        (node("b", "float_batch", {"floats": [7.5, 0.5]}), "denoise_latents.cfg_scale", "A batch holds 0.5, which"),
        (node("b", "integer_batch", {"integers": [5]}), "range.stop", "takes only beside certain other values"),
    ],
)
def test_a_batch_of_what_would_stop_the_queue_is_refused(batch: Any, target: str, problem: str, schemas: Schemas):
    kind, _, name = target.partition(".")
    found = check(document(batch, node("t", kind), edges=[edge("b.value", f"t.{name}")]), schemas, None)
    assert [problem in told for told in found.unworkable] == [True]
