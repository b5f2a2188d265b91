"""What only a server can tell of batches: what a generator makes of a prompt or a board, and what a field takes."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from workflows.batches import requests
from workflows.client import InvokeClient
from workflows.document import Document
from workflows.errors import AuthError, DocumentError, NotFound, Rejected
from workflows.generators import BoardRequest, PromptRequest, Values
from workflows.graph import Batch

#: How the words of a check of values begin; others are about the node itself.
_CHECKED = ("Value error", "Input should")

#: No node of the editor's is called so.
_COPY = "familiar copy "

#: Their checks are about their edges, and they take anything.
_WIRED = frozenset({"collect", "iterate"})


async def expand(client: InvokeClient, document: Document, values: Values) -> dict[str, list[Any]]:
    """Return the items, by node id, of the generators that need the server; most workflows have none.

    Raises DocumentError, naming the generator, where its template is wrong or its board is gone or empty;
    BackendError where the server does not answer.
    """
    found: dict[str, list[Any]] = {}
    for request in requests(document, values):
        match request:
            case PromptRequest():
                found[request.node_id] = await _prompts(client, request)
            case BoardRequest():
                found[request.node_id] = await _images(client, request)
    return found


async def _prompts(client: InvokeClient, request: PromptRequest) -> list[Any]:
    answer = await client.dynamic_prompts(
        request.prompt, request.count, combinatorial=request.combinatorial, seed=request.seed
    )
    if answer.error:
        raise DocumentError(
            f"InvokeAI cannot read the prompt template of “{request.name}”. Alternatives are written {{like|this}}."
        )
    return list(answer.prompts)


async def _images(client: InvokeClient, request: BoardRequest) -> list[Any]:
    try:
        names = await client.board_images(request.board_id, request.category)
    except (NotFound, Rejected, AuthError):
        raise DocumentError(f"The board that “{request.name}” takes its images from is gone, or not shared.") from None
    if not names:
        raise DocumentError(f"The board that “{request.name}” takes its images from is empty.")
    return [{"image_name": name} for name in names]


async def rehearse(client: InvokeClient, batch: Batch) -> None:
    """Have the server check what it would otherwise check too late, before any of it can enter the queue.

    It checks a graph, but neither the items of `batch.data` nor the defaults that it puts where edges feed a field
    later; a row that it cannot read back stops its queue for everybody. What its schema tells is checked without it;
    some fields ask for more (6.14.2: a `cfg_scale` of one at least, a range that ends after its start, weights within
    limits), and so may those of any node pack.
    Raises DocumentError naming the field that a batch feeds, Rejected where a node is at fault, other BackendErrors.
    """
    copies = await asyncio.to_thread(_copies, batch)
    if not copies:
        return
    try:
        await client.rehearse(copies)
    except Rejected as error:
        for location, message in error.problems:
            # body.batch.graph.nodes.<copy>.<its type>.<field>, and then places within a list. Checks of several fields
            # together name only the type.
            copy, *place = location.partition(".nodes.")[2].split(".")
            if place and copy.startswith(_COPY) and message.startswith(_CHECKED):
                reason = message.removeprefix("Value error, ")[:160]
                where = place[1] if len(place) > 1 else place[0]
                raise DocumentError(f"A batch holds a value that **{where}** does not take ({reason}).") from error
        raise


def _copies(batch: Batch) -> dict[str, Any]:
    """Return every node that a batch varies, once with each set of values that it will have, and all others for which
    the server assumes something.
    """
    nodes, varying = batch.graph["nodes"], {datum["node_path"] for group in batch.data for datum in group}
    plain = {
        node_id: {**assumed, **nodes[node_id]}
        for node_id, assumed in batch.assumed.items()
        if assumed and node_id not in varying and nodes[node_id]["type"] not in _WIRED
    }
    found: dict[str, dict[str, Any]] = {}
    for places in itertools.product(*(range(len(group[0]["items"])) for group in batch.data)):
        varied: dict[str, dict[str, Any]] = {}
        for group, place in zip(batch.data, places, strict=True):
            for datum in group:
                varied.setdefault(datum["node_path"], {})[datum["field_name"]] = datum["items"][place]
        for node_id, values in varied.items():
            node = {**batch.assumed.get(node_id, {}), **nodes[node_id], **values}
            if node["type"] not in _WIRED:
                found[json.dumps(node, sort_keys=True)] = node
    copies = {f"{_COPY}{number}": node for number, node in enumerate(found.values())}
    return plain | {copy_id: {**node, "id": copy_id} for copy_id, node in copies.items()}
