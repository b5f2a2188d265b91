"""Nothing that we publish is refused by a real server, and nothing that it would run is refused by us for its sake.

FAMILIAR_CORPUS names a folder of other people's workflows to be tried; without it, our own stand in.
"""

import json
import os
from pathlib import Path

import pytest

from tests.live.conftest import Leftovers
from tests.live.corpus import ACCEPTED, QUEUE, REFUSED, STRICTER, UNREADABLE, fates, wrong
from tests.live.server import InvokeServer
from tests.live.shapes import SHAPES
from tests.workflows.builders import DOCUMENTS, node, raw

CORPUS = os.environ.get("FAMILIAR_CORPUS", "")
#: What is refused, and whether the server would refuse it as well.
REFUSALS = {
    "a foreign node": (raw(node("a", "pixelize_from_a_pack")), REFUSED),
    "a value that fits nowhere": (
        raw(node("a", "blank_image", {"color": {"r": 999, "g": 0, "b": 0, "a": 0}})),
        REFUSED,
    ),
    "a paid node": (raw(node("a", "openai_image_generation")), STRICTER),
    "a reader of files": (raw(node("a", "prompt_from_file"), node("b", "blank_image")), STRICTER),
    "nothing to see": (raw(node("a", "integer")), STRICTER),
    "no nodes": (raw(), UNREADABLE),
}


# Not skipped without a folder: where all live tests have to run, there is none to be left out.
if CORPUS:

    @pytest.mark.timeout(1800)
    async def test_the_corpus(invokeai: InvokeServer, leftovers: Leftovers) -> None:
        leftovers.queue_ids = {QUEUE}
        found = await fates(Path(CORPUS), invokeai.url, run_them=True)
        assert [(one.path.name, one.what, one.why, one.ran) for one in wrong(found)] == []
        assert any(one.what == ACCEPTED for one in found)


async def test_our_own_are_taken(invokeai: InvokeServer, leftovers: Leftovers, tmp_path: Path) -> None:
    leftovers.queue_ids = {QUEUE}
    shapes = [shape for shape in SHAPES if "board" not in shape.needs]
    for number, shape in enumerate(shapes):
        (tmp_path / f"{number:02}.json").write_text(json.dumps(shape.document()), "utf-8")
    for path in DOCUMENTS:
        (tmp_path / f"own-{path.parent.name}-{path.name}").write_bytes(path.read_bytes())
    found = await fates(tmp_path, invokeai.url)
    assert [(one.path.name, one.what, one.why) for one in found if one.what != ACCEPTED] == []
    assert len(found) == len(shapes) + len(DOCUMENTS)


async def test_what_we_refuse_the_server_refuses_too_or_we_say_so(
    invokeai: InvokeServer, leftovers: Leftovers, tmp_path: Path
) -> None:
    leftovers.queue_ids = {QUEUE}
    for name, (workflow, _) in REFUSALS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(workflow), "utf-8")
    found = await fates(tmp_path, invokeai.url)
    assert {one.path.stem: one.what for one in found} == {name: what for name, (_, what) in REFUSALS.items()}
