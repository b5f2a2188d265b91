"""Batches whose items only the server can make, or a member will type."""

from random import Random
from typing import Any

import pytest

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import document, edge, node
from workflows.batches import data, problems, requests
from workflows.errors import DocumentError
from workflows.generators import MAX_ITEMS, BoardRequest, PromptRequest
from workflows.schema import Schemas

LOCAL = Schemas.from_openapi(local_openapi())
BLANK = node("blank", "blank_image")


def prompts(kind: str = "combinatorial", **held: Any) -> dict[str, Any]:
    return node("g", "string_generator", {"generator": {"type": f"string_generator_dynamic_prompts_{kind}", **held}})


def board(**held: Any) -> dict[str, Any]:
    held = {"type": "image_generator_images_from_board", **held}
    return node("g", "image_generator", {"generator": held}, label="Album")


def filled(generator: dict[str, Any], target: str = "text.value") -> Any:
    """A document in which a generator fills a batch that feeds `target`."""
    kind = generator["data"]["type"].removesuffix("_generator")
    nodes = [generator, node("a", f"{kind}_batch"), node("text", "string"), node("blur", "img_blur"), BLANK]
    handle = "image" if kind == "image" else "value"
    return document(*nodes, edges=[edge(f"g.{kind}s", f"a.{kind}s"), edge(f"a.{handle}", target)])


@pytest.mark.parametrize(
    ("generator", "wanted"),
    [
        (prompts(input="{a|b}", maxPrompts=7), PromptRequest("g", "string_generator", "{a|b}", 7, True)),
        (prompts(), PromptRequest("g", "string_generator", "a super {cute|ferocious} {dog|cat}", 10, True)),
        (prompts(maxPrompts=9999, input="x"), PromptRequest("g", "string_generator", "x", MAX_ITEMS + 1, True)),
        (prompts("random", input="x", count=3, seed=5), PromptRequest("g", "string_generator", "x", 3, False, 5)),
        (prompts("random", input="x", seed=None), PromptRequest("g", "string_generator", "x", 10, False)),
        (board(board_id=" b "), BoardRequest("g", "Album", "b", "images")),
        (board(board_id="b", category="assets"), BoardRequest("g", "Album", "b", "assets")),
    ],
)
def test_what_the_server_is_asked_for(generator: dict[str, Any], wanted: Any):
    target = "text.value" if isinstance(wanted, PromptRequest) else "blur.image"
    assert requests(filled(generator, target), {}) == [wanted]


@pytest.mark.parametrize(
    ("generator", "problem"),
    [
        (prompts(input=5), "“string_generator” holds values that make no prompts"),
        (prompts(input="x", maxPrompts=0), "make no prompts"),
        (prompts(input="x", maxPrompts=1.5), "make no prompts"),
        (prompts("random", count=None), "make no prompts"),
        (prompts("random", seed="x"), "make no prompts"),
        (prompts("random", seed=float("inf")), "make no prompts"),
        (board(), "“Album” takes its images from a board, but no board is picked"),
        (board(board_id=" "), "no board is picked"),
        (board(board_id=5), "no board is picked"),
        # Everybody's, and what members of other servers uploaded a moment ago.
        (board(board_id=" none "), "“Album” takes every image that is on no board, which may be anybody's"),
    ],
)
def test_what_nobody_can_make_is_told_before_the_server_is_asked(generator: dict[str, Any], problem: str):
    found = filled(generator, "text.value" if generator["data"]["type"] == "string_generator" else "blur.image")
    with pytest.raises(DocumentError, match=problem):
        requests(found, {})
    assert [one for one in problems(found, LOCAL, ()) if problem in one]


def test_a_generator_that_fills_no_batch_is_not_asked_for():
    assert requests(document(prompts(), BLANK), {}) == []
    lonely = document(prompts(), node("a", "string_batch"), BLANK, edges=[edge("g.strings", "a.strings")])
    assert requests(lonely, {}) == []
    assert data(lonely, LOCAL, {}, Random(1)) == []


def test_what_the_server_made_becomes_the_items():
    (group,) = data(filled(prompts()), LOCAL, {}, Random(1), {"g": ["a dog", "a cat"]})
    assert group == [{"node_path": "text", "field_name": "value", "items": ["a dog", "a cat"]}]


@pytest.mark.parametrize(
    ("generator", "target", "made", "problem"),
    [
        (prompts(), "text.value", ["a"] * (MAX_ITEMS + 1), "“string_generator” makes more than 1,000 items"),
        (prompts(), "text.value", [], "is empty"),
        (prompts(), "blank.mode", ["RGB", "CMYK"], 'holds "CMYK"'),
        (prompts(), "text.value", [None], "holds null"),
        (board(board_id="b"), "blank.width", [{"image_name": "a.png"}], "holds {"),
    ],
)
def test_what_the_server_made_is_checked_too(generator: Any, target: str, made: list[Any], problem: str):
    with pytest.raises(DocumentError, match=problem):
        data(filled(generator, target), LOCAL, {}, Random(1), {"g": made})


def test_what_the_server_was_not_asked_for_cannot_run():
    with pytest.raises(DocumentError, match="“string_generator” \\(string_generator_dynamic_prompts_combinatorial\\)"):
        data(filled(prompts()), LOCAL, {}, Random(1))


@pytest.mark.parametrize(
    ("generator", "target", "problem"),
    [
        (prompts(), "text.value", None),
        (prompts(), "blank.mode", None),
        (board(board_id="b"), "blur.image", None),
        (prompts(), "blank.width", "The batch “string_batch” feeds **Width**, which does not take such items."),
        (board(board_id="b"), "text.value", "The batch “image_batch” feeds **Value**"),
        (prompts(), "text.gone", "A batch feeds **gone** of “string”, which is gone."),
    ],
)
def test_what_is_not_known_yet_is_checked_by_its_kind(generator: Any, target: str, problem: str | None):
    found = list(problems(filled(generator, target), LOCAL, ()))
    assert [one[: len(problem)] for one in found] == [problem] if problem else not found


def test_what_a_member_will_type_is_checked_by_its_kind():
    batch = node("a", "string_batch")
    fits_kind = document(batch, BLANK, edges=[edge("a.value", "blank.mode")])
    assert list(problems(fits_kind, LOCAL, {("a", "strings")})) == []
    assert list(problems(fits_kind, LOCAL, ())) == ["The batch “string_batch” is empty: give it at least one item."]
    other = document(batch, BLANK, edges=[edge("a.value", "blank.width")])
    assert len(list(problems(other, LOCAL, {("a", "strings")}))) == 1
