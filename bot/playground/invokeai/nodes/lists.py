"""Nodes that hand on lists of plain values, and the one that chooses."""

from typing import Any, Literal

from bot.playground.invokeai.fields import optional, required
from bot.playground.invokeai.nodes.base import Context, Node, Output, Spec, kind, uncached
from bot.playground.invokeai.nodes.outputs import (
    BooleanCollectionOutput,
    FloatCollectionOutput,
    IfInvocationOutput,
    IntegerCollectionOutput,
    StringCollectionOutput,
)
from bot.playground.invokeai.prompts import expanded


def _spec(title: str, tag: str, gives: type[Output]) -> Spec:
    return Spec(f"{title} Collection Primitive", "1.0.2", "primitives", ("primitives", tag, "collection"), gives)


class IntegerCollectionInvocation(Node):
    """Several whole numbers."""

    spec = _spec("Integer", "integer", IntegerCollectionOutput)
    collection: list[int] = optional([], "The numbers")
    type: Literal["integer_collection"] = kind("integer_collection")

    def run(self, context: Context) -> IntegerCollectionOutput:
        return IntegerCollectionOutput(collection=self.collection)


class FloatCollectionInvocation(Node):
    """Several numbers."""

    spec = _spec("Float", "float", FloatCollectionOutput)
    collection: list[float] = optional([], "The numbers")
    type: Literal["float_collection"] = kind("float_collection")

    def run(self, context: Context) -> FloatCollectionOutput:
        return FloatCollectionOutput(collection=self.collection)


class StringCollectionInvocation(Node):
    """Several texts."""

    spec = _spec("String", "string", StringCollectionOutput)
    collection: list[str] = optional([], "The texts")
    type: Literal["string_collection"] = kind("string_collection")

    def run(self, context: Context) -> StringCollectionOutput:
        return StringCollectionOutput(collection=self.collection)


class BooleanCollectionInvocation(Node):
    """Several answers."""

    spec = _spec("Boolean", "boolean", BooleanCollectionOutput)
    collection: list[bool] = optional([], "The answers")
    type: Literal["boolean_collection"] = kind("boolean_collection")

    def run(self, context: Context) -> BooleanCollectionOutput:
        return BooleanCollectionOutput(collection=self.collection)


class DynamicPromptInvocation(Node):
    """The prompts that a template stands for."""

    spec = Spec("Dynamic Prompt", "1.0.1", "prompt", ("prompt", "collection"), StringCollectionOutput)
    use_cache: bool = uncached()
    prompt: str | None = required("The template", ui_component="textarea")
    max_prompts: int = optional(1, "How many at most")
    combinatorial: bool = optional(False, "All of them in order, and not some by chance")
    type: Literal["dynamic_prompt"] = kind("dynamic_prompt")

    def run(self, context: Context) -> StringCollectionOutput:
        assert self.prompt is not None
        return StringCollectionOutput(
            collection=expanded(self.prompt, self.max_prompts, combinatorial=self.combinatorial)
        )


class IfInvocation(Node):
    """Hands one of two things on."""

    spec = Spec("If", "1.0.0", "math", ("logic", "conditional"), IfInvocationOutput)
    condition: bool = optional(False, "Which of them")
    true_input: Any | None = optional(None, "What it is if so", ui_type="AnyField")
    false_input: Any | None = optional(None, "What it is if not", ui_type="AnyField")
    type: Literal["if"] = kind("if")

    def run(self, context: Context) -> IfInvocationOutput:
        return IfInvocationOutput(value=self.true_input if self.condition else self.false_input)
