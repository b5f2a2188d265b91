"""Each trap of the format, met on the local InvokeAI where it has the nodes; all of them run live on a real one."""

from pathlib import Path
from typing import Any

import pytest

from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.nodes import NODES
from tests.live.runs import check, ran
from tests.live.shapes import SHAPES, Place, Shape

TYPES = {node.model_fields["type"].default for node in NODES}
#: One of each family of traps; all others run with the slow tests.
SAMPLE = {
    *(
        "a form whose root has another name",
        "the first generation",
        "connectors in a chain",
        "a stale literal under an edge",
    ),
    *(
        "batches side by side",
        "an iteration",
        "a collection in and out",
        "no output but leaves",
        "odd and equal labels",
    ),
}


def has_nodes(shape: Shape) -> bool:
    nodes: list[dict[str, Any]] = shape.document()["nodes"]
    return all(node["type"] != "invocation" or node["data"]["type"] in TYPES for node in nodes)


LOCAL = [shape for shape in SHAPES if not shape.needs and has_nodes(shape)]


def test_the_local_one_has_the_nodes_of_most() -> None:
    assert len(LOCAL) >= 25
    assert {shape.name for shape in LOCAL} >= SAMPLE


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(shape, id=shape.name.replace(" ", "-"), marks=() if shape.name in SAMPLE else pytest.mark.slow)
        for shape in LOCAL
    ],
)
async def test_it_runs(shape: Shape, server: LocalInvokeAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    check(shape, await ran(shape, server.url, tmp_path, Place()))
    assert (list(server.images), list(server.items)) == ([], [])
