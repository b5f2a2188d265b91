"""Nodes that give plain values: texts, numbers, colours, ranges, metadata."""

import random
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from bot.playground.invokeai.fields import (
    ColorField,
    MetadataField,
    MetadataItemField,
    optional,
    required,
)
from bot.playground.invokeai.nodes.base import Context, Node, Spec, kind, uncached
from bot.playground.invokeai.nodes.outputs import (
    BooleanOutput,
    ColorOutput,
    FloatOutput,
    IntegerCollectionOutput,
    IntegerOutput,
    MetadataItemOutput,
    MetadataOutput,
    StringOutput,
)


class StringInvocation(Node):
    """A text."""

    spec = Spec("String Primitive", "1.0.1", "primitives", ("primitives", "string"), StringOutput)
    value: str = optional("", "The text", ui_component="textarea")
    type: Literal["string"] = kind("string")

    def run(self, context: Context) -> StringOutput:
        return StringOutput(value=self.value)


class StringJoinInvocation(Node):
    """Two texts, one after the other."""

    spec = Spec("String Join", "1.0.1", "strings", ("string", "join"), StringOutput)
    string_left: str = optional("", "The first text", ui_component="textarea")
    string_right: str = optional("", "The second text", ui_component="textarea")
    type: Literal["string_join"] = kind("string_join")

    def run(self, context: Context) -> StringOutput:
        return StringOutput(value=self.string_left + self.string_right)


class IntegerInvocation(Node):
    """A whole number."""

    spec = Spec("Integer Primitive", "1.0.1", "primitives", ("primitives", "integer"), IntegerOutput)
    value: int = optional(0, "The number")
    type: Literal["integer"] = kind("integer")

    def run(self, context: Context) -> IntegerOutput:
        return IntegerOutput(value=self.value)


class FloatInvocation(Node):
    """A number."""

    spec = Spec("Float Primitive", "1.0.1", "primitives", ("primitives", "float"), FloatOutput)
    value: float = optional(0.0, "The number")
    type: Literal["float"] = kind("float")

    def run(self, context: Context) -> FloatOutput:
        return FloatOutput(value=self.value)


class BooleanInvocation(Node):
    """Yes or no."""

    spec = Spec("Boolean Primitive", "1.0.1", "primitives", ("primitives", "boolean"), BooleanOutput)
    value: bool = optional(False, "Yes or no")
    type: Literal["boolean"] = kind("boolean")

    def run(self, context: Context) -> BooleanOutput:
        return BooleanOutput(value=self.value)


class ColorInvocation(Node):
    """A colour."""

    spec = Spec("Color Primitive", "1.0.1", "primitives", ("primitives", "color"), ColorOutput)
    color: ColorField = optional(ColorField(r=0, g=0, b=0, a=255), "The colour")
    type: Literal["color"] = kind("color")

    def run(self, context: Context) -> ColorOutput:
        return ColorOutput(color=self.color)


class AddInvocation(Node):
    """a + b."""

    spec = Spec("Add Integers", "1.0.1", "math", ("math", "add"), IntegerOutput)
    a: int = optional(0, "The first number")
    b: int = optional(0, "The second number")
    type: Literal["add"] = kind("add")

    def run(self, context: Context) -> IntegerOutput:
        return IntegerOutput(value=self.a + self.b)


class SubtractInvocation(Node):
    """a - b."""

    spec = Spec("Subtract Integers", "1.0.1", "math", ("math", "subtract"), IntegerOutput)
    a: int = optional(0, "The first number")
    b: int = optional(0, "The second number")
    type: Literal["sub"] = kind("sub")

    def run(self, context: Context) -> IntegerOutput:
        return IntegerOutput(value=self.a - self.b)


class MultiplyInvocation(Node):
    """a x b."""

    spec = Spec("Multiply Integers", "1.0.1", "math", ("math", "multiply"), IntegerOutput)
    a: int = optional(0, "The first number")
    b: int = optional(0, "The second number")
    type: Literal["mul"] = kind("mul")

    def run(self, context: Context) -> IntegerOutput:
        return IntegerOutput(value=self.a * self.b)


class DivideInvocation(Node):
    """a / b, the fraction dropped. The usual way to make an item fail."""

    spec = Spec("Divide Integers", "1.0.1", "math", ("math", "divide"), IntegerOutput)
    a: int = optional(0, "The first number")
    b: int = optional(0, "The second number")
    type: Literal["div"] = kind("div")

    def run(self, context: Context) -> IntegerOutput:
        return IntegerOutput(value=int(self.a / self.b))


class RandomIntInvocation(Node):
    """A random whole number, anew each time."""

    spec = Spec("Random Integer", "1.0.1", "math", ("math", "random"), IntegerOutput)
    use_cache: bool = uncached()
    low: int = optional(0, "The lowest that it may be")
    high: int = optional(2147483647, "It stays below this")
    type: Literal["rand_int"] = kind("rand_int")

    def run(self, context: Context) -> IntegerOutput:
        if self.low >= self.high:
            raise ValueError("low >= high")
        return IntegerOutput(value=random.randrange(self.low, self.high))  # noqa: S311 - a seed, not a secret


class RangeInvocation(Node):
    """Numbers from a start up to a stop."""

    spec = Spec("Integer Range", "1.0.0", "batch", ("collection", "integer", "range"), IntegerCollectionOutput)
    start: int = optional(0, "The first number")
    stop: int = optional(10, "It stays below this")
    step: int = optional(1, "From one to the next")
    type: Literal["range"] = kind("range")

    @field_validator("stop")
    @classmethod
    def _after_start(cls, stop: int, known: ValidationInfo) -> int:
        if "start" in known.data and stop <= known.data["start"]:
            raise ValueError("stop must be greater than start")
        return stop

    def run(self, context: Context) -> IntegerCollectionOutput:
        return IntegerCollectionOutput(collection=list(range(self.start, self.stop, self.step)))


class RangeOfSizeInvocation(Node):
    """So many numbers from a start on."""

    spec = Spec(
        "Integer Range of Size", "1.0.0", "batch", ("collection", "integer", "size", "range"), IntegerCollectionOutput
    )
    start: int = optional(0, "The first number")
    size: int = optional(1, "How many", gt=0)
    step: int = optional(1, "From one to the next")
    type: Literal["range_of_size"] = kind("range_of_size")

    def run(self, context: Context) -> IntegerCollectionOutput:
        return IntegerCollectionOutput(collection=[self.start + place * self.step for place in range(self.size)])


class MetadataItemInvocation(Node):
    """One entry of an image's metadata."""

    spec = Spec("Metadata Item", "1.0.1", "metadata", ("metadata",), MetadataItemOutput)
    label: str | None = required("The label")
    value: Any | None = required("The value", ui_type="AnyField")
    type: Literal["metadata_item"] = kind("metadata_item")

    def run(self, context: Context) -> MetadataItemOutput:
        return MetadataItemOutput(item=MetadataItemField(label=str(self.label), value=self.value))


class MetadataInvocation(Node):
    """An image's metadata from its entries."""

    spec = Spec("Metadata", "1.0.1", "metadata", ("metadata",), MetadataOutput)
    items: list[MetadataItemField] | MetadataItemField | None = required("The entries")
    type: Literal["metadata"] = kind("metadata")

    def run(self, context: Context) -> MetadataOutput:
        items = self.items if isinstance(self.items, list) else [self.items] if self.items else []
        return MetadataOutput(metadata=MetadataField.model_validate({item.label: item.value for item in items}))
