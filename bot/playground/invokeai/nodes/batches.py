"""Nodes that only the editor understands: it turns them into a batch before it enqueues."""

from typing import Literal

from pydantic import model_validator

from bot.playground.invokeai.fields import (
    FloatGeneratorField,
    ImageField,
    ImageGeneratorField,
    IntegerGeneratorField,
    StringGeneratorField,
    always,
    optional,
    required,
)
from bot.playground.invokeai.nodes.base import Node, Spec, kind
from bot.playground.invokeai.nodes.outputs import (
    FloatGeneratorOutput,
    FloatOutput,
    ImageGeneratorOutput,
    ImageOutput,
    IntegerGeneratorOutput,
    IntegerOutput,
    StringGeneratorOutput,
    StringOutput,
)

BatchGroup = Literal["None", "Group 1", "Group 2", "Group 3", "Group 4", "Group 5"]


def _tags(*words: str) -> tuple[str, ...]:
    return ("primitives", *words, "batch", "special")


class NotExecutableNodeError(Exception):
    """Raised while the graph is read; nothing on the server expects it, so the answer is a bare 500."""


class ForTheEditor(Node):
    """A node that has to be gone before the server sees the graph."""

    @model_validator(mode="before")
    @classmethod
    def _refuse(cls, _: object) -> object:
        raise NotExecutableNodeError("This class should never be executed or instantiated directly.")


class Batched(ForTheEditor):
    """A node with values of its own."""

    batch_group_id: BatchGroup = optional(
        "None", "Batches of one group advance together", "direct", title="Batch Group"
    )


class ImageBatchInvocation(Batched):
    """One item of the queue for each image."""

    spec = Spec("Image Batch", "1.0.0", "batch", _tags("image"), ImageOutput, "special")
    images: list[ImageField] | None = required("The images", min_length=1)
    type: Literal["image_batch"] = kind("image_batch")


class StringBatchInvocation(Batched):
    """One item of the queue for each text."""

    spec = Spec("String Batch", "1.0.0", "batch", _tags("string"), StringOutput, "special")
    strings: list[str] | None = required("The texts", min_length=1)
    type: Literal["string_batch"] = kind("string_batch")


class IntegerBatchInvocation(Batched):
    """One item of the queue for each whole number."""

    spec = Spec("Integer Batch", "1.0.0", "batch", _tags("integer", "number"), IntegerOutput, "special")
    integers: list[int] | None = required("The numbers", min_length=1)
    type: Literal["integer_batch"] = kind("integer_batch")


class FloatBatchInvocation(Batched):
    """One item of the queue for each number."""

    spec = Spec("Float Batch", "1.0.0", "batch", _tags("float", "number"), FloatOutput, "special")
    floats: list[float] | None = required("The numbers", min_length=1)
    type: Literal["float_batch"] = kind("float_batch")


class ImageGenerator(ForTheEditor):
    """Images for a batch, taken from a board."""

    spec = Spec("Image Generator", "1.0.0", "batch", _tags("board", "image"), ImageGeneratorOutput, "special")
    generator: ImageGeneratorField = always("How to make them", title="Generator Type")
    type: Literal["image_generator"] = kind("image_generator")


class StringGenerator(ForTheEditor):
    """Texts for a batch, made by a rule."""

    spec = Spec("String Generator", "1.0.0", "batch", _tags("string", "number"), StringGeneratorOutput, "special")
    generator: StringGeneratorField = always("How to make them", title="Generator Type")
    type: Literal["string_generator"] = kind("string_generator")


class IntegerGenerator(ForTheEditor):
    """Whole numbers for a batch, made by a rule."""

    spec = Spec("Integer Generator", "1.0.0", "batch", _tags("int", "number"), IntegerGeneratorOutput, "special")
    generator: IntegerGeneratorField = always("How to make them", title="Generator Type")
    type: Literal["integer_generator"] = kind("integer_generator")


class FloatGenerator(ForTheEditor):
    """Numbers for a batch, made by a rule."""

    spec = Spec("Float Generator", "1.0.0", "batch", _tags("float", "number"), FloatGeneratorOutput, "special")
    generator: FloatGeneratorField = always("How to make them", title="Generator Type")
    type: Literal["float_generator"] = kind("float_generator")
