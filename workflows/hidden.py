"""What the server checks of a node's values, and its OpenAPI document does not tell.

It matters for batches: values of a graph are checked when it is enqueued, those of a batch only when their turn comes,
and one that fails there stops the whole queue.
Source: every field of InvokeAI 6.14.2 tried with values that its schema allows, and the validators that refused them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from workflows._json import sequence
from workflows.document import Document, Node

_CFG = (1.0, math.inf)
_WEIGHT = (-1.0, 2.0)
#: The bounds of a number, by node type and field.
_BOUNDS: Mapping[tuple[str, str], tuple[float, float]] = {
    ("denoise_latents", "cfg_scale"): _CFG,
    ("denoise_latents_meta", "cfg_scale"): _CFG,
    ("tiled_multi_diffusion_denoise_latents", "cfg_scale"): _CFG,
    ("controlnet", "control_weight"): _WEIGHT,
    ("flux_controlnet", "control_weight"): _WEIGHT,
    ("flux_ip_adapter", "weight"): _WEIGHT,
    ("ip_adapter", "weight"): _WEIGHT,
    ("t2i_adapter", "weight"): (0.0, 2.0),
}
#: Fields that are judged together with others of their node.
_TOGETHER: Mapping[str, frozenset[str]] = {
    "range": frozenset({"start", "stop"}),
    "integer_math": frozenset({"operation", "a", "b"}),
    "float_math": frozenset({"operation", "a", "b"}),
    "image_panel_layout": frozenset({"num_cols", "num_rows", "panel_col_idx", "panel_row_idx"}),
    "face_mask_detection": frozenset({"face_ids"}),
}
_STEPS = frozenset({"begin_step_percent", "end_step_percent"})
_LABELS = frozenset({"label", "custom_label"})
#: What can be done to any two numbers.
_HARMLESS = frozenset({"ADD", "SUB", "MUL", "MIN", "MAX"})


def is_judged_together(document: Document, node: Node, name: str) -> bool:
    """Tell whether the server takes a field's value only beside certain values of others: no batch may feed it."""
    if name == "operation" or not node.type.endswith("_math"):
        linked = node.type.startswith("metadata_") and name in _LABELS
        return linked or name in _STEPS or name in _TOGETHER.get(node.type, ())
    held = node.inputs.get("operation")
    known = held is not None and not document.fed(node.id, "operation") and not document.exposes(node.id, "operation")
    return name in _TOGETHER.get(node.type, ()) and not (known and held is not None and held.value in _HARMLESS)


def is_within(node_type: str, name: str, value: Any) -> bool:
    """Tell whether a number, or each of several, is within the bounds that the schema does not tell."""
    low, high = _BOUNDS.get((node_type, name), (-math.inf, math.inf))
    return all(low <= one <= high for one in sequence(value) or [value] if isinstance(one, int | float))
