"""What a member asked for, in a sentence: the prompt among the texts that they gave. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workflows.spec import InputSpec, Kind


def prompt_of(inputs: Sequence[InputSpec], given: Mapping[str, Any]) -> str:
    """Return the text that says what to make, on one line; nothing where there is none.

    Authors call it a prompt, or leave the field its own name; what is negative says what not to make.
    """
    texts = [spec for spec in inputs if spec.kind is Kind.STRING and isinstance(given.get(spec.name), str)]
    positive = [spec for spec in texts if "negative" not in _called(spec) and given[spec.name].strip()]
    found = max(positive, key=_likely, default=None)
    return " ".join(str(given[found.name]).split()) if found else ""


def _likely(spec: InputSpec) -> tuple[bool, bool]:
    """Rank a text; of those that are alike the first one is taken."""
    return "prompt" in _called(spec), spec.textarea


def _called(spec: InputSpec) -> str:
    return f"{spec.name} {spec.field_name}".casefold()
