"""Whatever we compile, a real server enqueues, and reads back as it was meant."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bot.config import BackendSettings
from bot.reports import Capabilities, ask_backend
from tests.live.conftest import Leftovers
from tests.live.server import InvokeServer
from tests.live.shapes import SHAPES
from tests.live.trials import trials
from tests.workflows.builders import DOCUMENTS, load
from tests.workflows.wild import travel, wild_documents

QUEUE = "familiar-wild"
DOCUMENTS_TRIED = 60
#: Some of these begin to run before they are deleted: they need no model, no network, and little time or memory.
HARMLESS = (
    *(
        "add",
        "blank_image",
        "boolean",
        "bounding_box",
        "collect",
        "color",
        "core_metadata",
        "crop_image_to_bounding_box",
    ),
    *("div", "float", "float_batch", "float_collection", "float_generator", "float_math", "float_range", "if", "image"),
    *("image_batch", "image_collection", "img_blur", "img_channel_offset", "img_crop", "img_hue_adjust", "img_lerp"),
    *("img_mul", "img_noise", "img_paste", "img_resize", "integer", "integer_batch", "integer_collection"),
    *("integer_generator", "integer_math", "invokeai_img_enhance", "iterate", "mask_combine", "metadata"),
    *("metadata_item", "mul", "noise", "prompt_template", "rand_int", "random_range", "range", "range_of_size"),
    *("round_float", "save_image", "show_image", "string", "string_batch", "string_collection", "string_generator"),
    *("string_join", "string_replace", "sub", "tomask", "unsharp_mask"),
)


@pytest.fixture
async def capabilities(invokeai: InvokeServer) -> Capabilities:
    return await ask_backend(BackendSettings(url=invokeai.url))


def drawn(capabilities: Capabilities) -> list[Any]:
    """Documents of harmless nodes, the same ones every time."""
    found: list[Any] = []
    originals = [*(load(path) for path in DOCUMENTS), *(shape.document() for shape in SHAPES)]
    kinds = [kind for kind in HARMLESS if kind in capabilities.schemas.nodes]

    @given(wild_documents(capabilities.schemas, kinds, originals))
    @settings(
        max_examples=DOCUMENTS_TRIED * 3,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    def draw(document: Any) -> None:
        found.append(document)

    draw()
    return found


@pytest.mark.timeout(300)
async def test_what_we_compile_a_real_server_takes(
    invokeai: InvokeServer, capabilities: Capabilities, leftovers: Leftovers
) -> None:
    leftovers.queue_ids = {QUEUE}
    models = capabilities.models or ()
    journeys = [(one, travel(one, capabilities.schemas, models, Random(1))) for one in drawn(capabilities)]
    tried = 0
    async with trials(invokeai.url, QUEUE) as server:
        for one, journey in journeys:
            if journey.body is None or tried == DOCUMENTS_TRIED:
                continue
            tried += 1
            refusal = await server.enqueue(journey.body)
            assert refusal == "", f"{refusal}\n{json.dumps(one)}\n{json.dumps(journey.body)}"
    assert tried == DOCUMENTS_TRIED
