"""Whatever a document is, it becomes a request that the server takes, or a sentence that says why not."""

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.playground.invokeai.batch import Enqueue
from bot.playground.invokeai.graph import Graph
from bot.playground.invokeai.nodes import NODES
from bot.playground.invokeai.schema import openapi
from tests.live.shapes import SHAPES
from tests.workflows.builders import DOCUMENTS, JSON, edge, load, model, node, raw
from tests.workflows.wild import Journey, travel, wild_documents
from workflows import document
from workflows.errors import DocumentError
from workflows.expand import _copies
from workflows.schema import Schemas

LOCAL = Schemas.from_openapi(openapi())
TYPES = sorted(LOCAL.nodes)
ORIGINALS = [*(load(path) for path in DOCUMENTS), *(shape.document() for shape in SHAPES)]
MODELS = [model("Dawn"), model("Dusk", "sdxl"), model("Lace", kind="lora")]

quick = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
#: More of the same, and not the same every time.
slow = settings(quick, max_examples=5000)
wild = wild_documents(LOCAL, TYPES, ORIGINALS)


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
@quick
def test_any_file_is_read_or_refused(data: bytes) -> None:
    try:
        assert document.read(data).nodes
    except DocumentError as error:
        assert str(error)


@given(wild, st.integers(0, 2**32))
@quick
def test_what_we_compile_the_stand_in_takes(drawn: Any, seed: int) -> None:
    _taken(travel(drawn, LOCAL, MODELS, Random(seed)))


def test_a_range_that_would_end_before_its_start_is_found_by_the_rehearsal() -> None:
    """Where another node feeds the stop, the server first puts its default there, and could not read the row back."""
    drawn = raw(
        node("range", "range", {"start": 16}, version="1.0.0"),
        node("blank", "blank_image", version="1.2.2"),
        edges=[edge("blank.width", "range.stop")],
    )
    journey = travel(drawn, LOCAL, MODELS, Random(1))
    assert journey.batch
    with pytest.raises(ValidationError, match="stop must be greater than start"):
        Graph.model_validate({"id": "rehearsal", "nodes": _copies(journey.batch), "edges": []})
    _taken(journey)


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(wild, st.integers(0, 2**32))
@slow
def test_what_we_compile_the_stand_in_takes_of_many(drawn: Any, seed: int) -> None:
    _taken(travel(drawn, LOCAL, MODELS, Random(seed)))


def test_the_wild_ones_go_all_ways() -> None:
    """The test above would hold as well if every document were refused."""
    found: Counter[str] = Counter()

    @given(wild)
    @settings(quick, phases=[Phase.generate])
    def count(drawn: Any) -> None:
        journey = travel(drawn, LOCAL, MODELS, Random(1))
        batch = (journey.body or {}).get("batch", {})
        found.update(
            kind
            for kind, is_so in {
                "refused": journey.refusal,
                "compiled": journey.body,
                "with edges": batch.get("graph", {}).get("edges"),
                "with a batch": batch.get("data"),
            }.items()
            if is_so
        )

    count()
    assert found["refused"] >= 10
    assert found["compiled"] >= 30
    assert found["with edges"] >= 10
    assert found["with a batch"] >= 1


def _taken(journey: Journey) -> None:
    """Assert that the stand-in would enqueue a body that it let us rehearse, and read back every row of it."""
    if journey.body is None or journey.batch is None:
        return
    try:
        Graph.model_validate({"id": "rehearsal", "nodes": _copies(journey.batch), "edges": []})
        batch = Enqueue.model_validate(json.loads(json.dumps(journey.body))).batch
    except ValidationError as error:
        # A rule between the fields of one node, which no schema tells: refused at once, it harms nobody.
        assert all(one["type"] == "value_error" and "nodes" in one["loc"] for one in error.errors()), str(error)
        return
    assert batch.requested() > 0
    for number, values in enumerate(batch.values()):
        if number == 20:
            break
        graph = batch.graph.wire()
        for value in values:
            graph["nodes"][value["node_path"]][value["field_name"]] = value["value"]
        Graph.model_validate(graph)


def test_every_node_of_the_stand_in_is_drawn_from() -> None:
    assert len(TYPES) == len(NODES)
