"""Batches that only the backend can make, or check, on their way into its queue."""

import json

import pytest

from bot.jobs import Outcome
from tests.bot.world import ENQUEUE, World
from tests.workflows.builders import edge, node, raw


def prompts(template: str) -> bytes:
    """A picture for each prompt that a template stands for."""
    rule = {"type": "string_generator_dynamic_prompts_combinatorial", "input": template}
    nodes = [
        node("words", "string_generator", {"generator": rule}, label="Words"),
        node("many", "string_batch"),
        node("mode", "string"),
        node("blank", "blank_image", {"width": 16, "height": 16}),
    ]
    edges = [edge("words.strings", "many.strings"), edge("many.value", "mode.value")]
    return json.dumps(raw(*nodes, edges=edges)).encode()


def ranges(*stops: int) -> bytes:
    """A picture for each range from 5 on; the schema does not tell that it has to end after that."""
    nodes = [
        node("many", "integer_batch", {"integers": list(stops)}),
        node("range", "range", {"start": 5}),
        node("blank", "blank_image", {"width": 16, "height": 16}),
    ]
    return json.dumps(raw(*nodes, edges=[edge("many.value", "range.stop")])).encode()


def late_range(*starts: int) -> bytes:
    """A picture for each range that ends where another node says; until then the server puts 10 there."""
    nodes = [
        node("many", "integer_batch", {"integers": list(starts)}),
        node("range", "range", {"start": starts[0]}),
        node("stop", "integer", {"value": 20}),
        node("blank", "blank_image", {"width": 16, "height": 16}),
    ]
    many = [edge("many.value", "range.start")] if len(starts) > 1 else []
    return json.dumps(raw(*nodes, edges=[edge("stop.value", "range.stop"), *many])).encode()


async def test_every_prompt_of_a_template_is_a_run(world: World) -> None:
    world.documents["prompts"] = prompts("a {red|blue} cat")
    async with world.connected() as engine:
        job, _ = await world.run(engine, "prompts")
        assert job.outcome is Outcome.COMPLETED
        assert len(job.item_ids) == len(job.results) == 2
        await world.assert_clean(engine)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (prompts("a {red|blue"), "InvokeAI cannot read the prompt template of “Words”"),
        (ranges(9, 5), "A batch holds a value that **stop** does not take (stop must be greater than start)"),
        (late_range(5, 15), "A batch holds a value that **stop** does not take (stop must be greater than start)"),
        (
            late_range(16),
            "InvokeAI does not take **stop** of the step **Integer Range** as it stands in this workflow (stop",
        ),
    ],
    ids=["template", "item", "item beside a default", "default"],
)
async def test_what_the_backend_does_not_take_is_told_and_never_queued(
    document: bytes, problem: str, world: World
) -> None:
    world.documents["odd"] = document
    async with world.connected() as engine:
        job, _ = await world.run(engine, "odd")
        assert job.outcome is Outcome.FAILED
        assert job.problem and job.problem.startswith(problem)
        assert not job.item_ids
        assert not world.server.items
        await world.assert_clean(engine)


async def test_a_backend_that_is_away_for_a_moment_is_asked_again(world: World) -> None:
    world.documents["prompts"] = prompts("a {red|blue} cat")
    async with world.connected() as engine:
        world.server.faults.fail_next("/api/v1/utilities/dynamicprompts", 503)
        job, _ = await world.run(engine, "prompts")
        assert (job.outcome, len(job.item_ids)) == (Outcome.COMPLETED, 2)
        # Once for the rehearsal, and once in earnest.
        assert world.server.requests[ENQUEUE] == 2
        await world.assert_clean(engine)
