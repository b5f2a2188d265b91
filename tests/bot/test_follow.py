"""What people are told of a run while it goes on."""

from typing import Any

import pytest

from bot.cards import Running
from bot.steps.follow import _shown_titles
from bot.steps.tools import node_titles
from tests.bot.recording import RecordingCard
from tests.bot.world import World
from workflows.document import from_json
from workflows.schema import Schemas


def runs(card: RecordingCard) -> list[Running]:
    return [moment for moment in card.moments if isinstance(moment, Running)]


@pytest.mark.parametrize("workflow", ["hue_sheet", "many_images", "slow"])
async def test_nodes_that_mean_nothing_to_people_are_not_named(slow_world: World, workflow: str) -> None:
    async with slow_world.connected() as engine:
        _, card = await slow_world.run(engine, workflow)
        titles = {moment.title for moment in runs(card)} - {""}
    assert titles
    assert not any("Invocation" in title or title.endswith("Primitive") for title in titles)


KINDS = {
    ("iterate", ""): "",
    ("collect", ""): "",
    ("integer", ""): "",
    ("add", ""): "",
    ("range", ""): "",
    ("core_metadata", ""): "",
    ("collect", "All of them"): "All of them",
    ("integer", "How many"): "How many",
    ("img_blur", ""): "Blur Image",
    ("img_blur", "Fog"): "Fog",
    ("denoise_latents", ""): "Denoise - SD1.5, SDXL",
}


@pytest.mark.parametrize(("kind", "label", "title"), [(*given, title) for given, title in KINDS.items()])
def test_what_a_node_is_called_on_a_card(node_types: dict[str, Any], kind: str, label: str, title: str) -> None:
    schemas = Schemas.from_openapi(node_types)
    data = {"id": "n", "type": kind, "version": "1.0.0", "label": label, "inputs": {}}
    node = {"id": "n", "type": "invocation", "data": data}
    document = from_json({"name": "x", "meta": {"version": "3.0.0"}, "nodes": [node], "edges": []})
    assert _shown_titles(node_titles(document, schemas), document, schemas) == {"n": title}


async def test_what_waits_at_the_backend_has_not_begun(slow_world: World) -> None:
    slow_world.in_flight = 2
    async with slow_world.connected() as engine:
        _, first, ahead = await slow_world.start(engine, "slow")
        await first.runs_a_node()
        _, card, behind = await slow_world.start(engine, "blur", user_id=2)
        await card.sees(Running)
        assert (runs(card)[0].node, runs(card)[0].nodes) == (0, 1)
        assert runs(first)[-1].node > 0
        await ahead
        await behind
    assert runs(card)[-1].node == 1


async def test_nobody_is_told_of_how_many_steps_where_that_only_shows(slow_world: World) -> None:
    async with slow_world.connected() as engine:
        _, card = await slow_world.run(engine, "many_images")
    assert {moment.nodes for moment in runs(card) if moment.node} == {0}


async def test_the_picture_is_seen_while_it_is_denoised_and_not_after(world: World) -> None:
    async with world.connected() as engine:
        _, card = await world.run(engine, "slow")
        shown = runs(card)
    seen = [moment.preview for moment in shown if moment.preview]
    assert len(set(seen)) > 1
    assert (seen[0].width, seen[0].height) == (512, 512)
    assert {moment.title for moment in shown if moment.preview} == {"Denoise"}
    assert shown[-1].preview is None


async def test_the_end_of_a_run_is_told_by_how_long_such_runs_took(world: World) -> None:
    async with world.connected() as engine:
        first, card = await world.run(engine, "slow")
        assert not any(moment.ends_at for moment in runs(card))
        engine.usage.note(first.evolve(id="before", backend_seconds=1000.0))
        engine.usage.note(first.evolve(id="before that", backend_seconds=1000.0))
        again, card = await world.run(engine, "slow")
    ends = {moment.ends_at for moment in runs(card) if moment.ends_at}
    assert ends
    assert again.finished_at
    assert all(900 < (end - again.created_at).total_seconds() < 1100 for end in ends)
