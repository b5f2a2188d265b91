"""What nodes give."""

from typing import Any, Literal

from bot.playground.invokeai.fields import (
    BoundingBoxField,
    CLIPField,
    ColorField,
    ConditioningField,
    ImageField,
    LatentsField,
    LoRAField,
    MetadataField,
    MetadataItemField,
    ModelIdentifierField,
    UNetField,
    VAEField,
    VideoField,
    output,
)
from bot.playground.invokeai.kinds import Scheduler
from bot.playground.invokeai.nodes.base import Output, kind


class ImageOutput(Output):
    """One image."""

    image: ImageField = output("The image")
    width: int = output("Its width in pixels")
    height: int = output("Its height in pixels")
    type: Literal["image_output"] = kind("image_output")


class ImageCollectionOutput(Output):
    """Several images."""

    collection: list[ImageField] = output("The images")
    type: Literal["image_collection_output"] = kind("image_collection_output")


class StringOutput(Output):
    """A text."""

    value: str = output("The text")
    type: Literal["string_output"] = kind("string_output")


class IntegerOutput(Output):
    """A whole number."""

    value: int = output("The number")
    type: Literal["integer_output"] = kind("integer_output")


class FloatOutput(Output):
    """A number."""

    value: float = output("The number")
    type: Literal["float_output"] = kind("float_output")


class BooleanOutput(Output):
    """Yes or no."""

    value: bool = output("Yes or no")
    type: Literal["boolean_output"] = kind("boolean_output")


class ColorOutput(Output):
    """A colour."""

    color: ColorField = output("The colour")
    type: Literal["color_output"] = kind("color_output")


class IntegerCollectionOutput(Output):
    """Several whole numbers."""

    collection: list[int] = output("The numbers")
    type: Literal["integer_collection_output"] = kind("integer_collection_output")


class FloatCollectionOutput(Output):
    """Several numbers."""

    collection: list[float] = output("The numbers")
    type: Literal["float_collection_output"] = kind("float_collection_output")


class StringCollectionOutput(Output):
    """Several texts."""

    collection: list[str] = output("The texts")
    type: Literal["string_collection_output"] = kind("string_collection_output")


class BooleanCollectionOutput(Output):
    """Several answers."""

    collection: list[bool] = output("The answers")
    type: Literal["boolean_collection_output"] = kind("boolean_collection_output")


class BoundingBoxOutput(Output):
    """A part of an image."""

    bounding_box: BoundingBoxField = output("The box")
    type: Literal["bounding_box_output"] = kind("bounding_box_output")


class SchedulerOutput(Output):
    """A scheduler."""

    scheduler: Scheduler = output("The scheduler", ui_type="SchedulerField")
    type: Literal["scheduler_output"] = kind("scheduler_output")


class PromptTemplateOutput(Output):
    """Two prompts in a style preset's words."""

    positive_prompt: str = output("What is wanted")
    negative_prompt: str = output("What is not wanted")
    type: Literal["prompt_template_output"] = kind("prompt_template_output")


class ModelIdentifierOutput(Output):
    """A model."""

    model: ModelIdentifierField = output("The model", title="Model")
    type: Literal["model_identifier_output"] = kind("model_identifier_output")


class LoRASelectorOutput(Output):
    """A LoRA and how strongly it applies."""

    lora: LoRAField = output("The LoRA and its weight", title="LoRA")
    type: Literal["lora_selector_output"] = kind("lora_selector_output")


class VideoOutput(Output):
    """One video."""

    video: VideoField = output("The video")
    width: int = output("Its width in pixels")
    height: int = output("Its height in pixels")
    num_frames: int = output("How many frames it has")
    fps: float = output("Its frames a second")
    duration: float = output("Its length in seconds")
    type: Literal["video_output"] = kind("video_output")


class ExtractVideoRangeOutput(Output):
    """A part of a video, and which."""

    video: VideoField = output("The part")
    width: int = output("Its width in pixels")
    height: int = output("Its height in pixels")
    num_frames: int = output("How many frames it has")
    fps: float = output("Its frames a second")
    duration: float = output("Its length in seconds")
    start_frame: int = output("The first frame of the whole that it holds, from 0")
    end_frame: int = output("The last frame of the whole that it holds, from 0")
    type: Literal["extract_video_range_output"] = kind("extract_video_range_output")


class IfInvocationOutput(Output):
    """One of two things."""

    value: Any | None = output("The chosen one", default=None, title="Output", ui_type="AnyField")
    type: Literal["if_output"] = kind("if_output")


class IterateInvocationOutput(Output):
    """One item of a list, and where it stands."""

    item: Any = output("The item", title="Collection Item", ui_type="CollectionItemField")
    index: int = output("Its place, from 0")
    total: int = output("How many there are")
    type: Literal["iterate_output"] = kind("iterate_output")


class CollectInvocationOutput(Output):
    """What was collected."""

    collection: list[Any] = output("The items", ui_type="CollectionField")
    type: Literal["collect_output"] = kind("collect_output")


class MetadataItemOutput(Output):
    """One entry of an image's metadata."""

    item: MetadataItemField = output("The entry")
    type: Literal["metadata_item_output"] = kind("metadata_item_output")


class MetadataOutput(Output):
    """An image's metadata."""

    metadata: MetadataField = output("The metadata")
    type: Literal["metadata_output"] = kind("metadata_output")


class ConditioningOutput(Output):
    """An encoded prompt."""

    conditioning: ConditioningField = output("The encoded prompt")
    type: Literal["conditioning_output"] = kind("conditioning_output")


class LatentsOutput(Output):
    """Latents."""

    latents: LatentsField = output("The latents")
    width: int = output("The width in pixels that they decode to")
    height: int = output("The height in pixels that they decode to")
    type: Literal["latents_output"] = kind("latents_output")


class NoiseOutput(Output):
    """Noise to start from."""

    noise: LatentsField = output("The noise")
    width: int = output("The width in pixels that it stands for")
    height: int = output("The height in pixels that it stands for")
    type: Literal["noise_output"] = kind("noise_output")


class ModelLoaderOutput(Output):
    """The parts of a main model."""

    vae: VAEField = output("The VAE", title="VAE")
    clip: CLIPField = output("The text encoder", title="CLIP")
    unet: UNetField = output("The denoiser", title="UNet")
    type: Literal["model_loader_output"] = kind("model_loader_output")


class SDXLModelLoaderOutput(Output):
    """The parts of an SDXL main model."""

    unet: UNetField = output("The denoiser", title="UNet")
    clip: CLIPField = output("The first text encoder", title="CLIP 1")
    clip2: CLIPField = output("The second text encoder", title="CLIP 2")
    vae: VAEField = output("The VAE", title="VAE")
    type: Literal["sdxl_model_loader_output"] = kind("sdxl_model_loader_output")


class LoRALoaderOutput(Output):
    """A model's parts with one more LoRA on them."""

    unet: UNetField | None = output("The denoiser", title="UNet", default=None)
    clip: CLIPField | None = output("The text encoder", title="CLIP", default=None)
    type: Literal["lora_loader_output"] = kind("lora_loader_output")


class ImageGeneratorOutput(Output):
    """Images for a batch."""

    images: list[ImageField] = output("The images")
    type: Literal["image_generator_output"] = kind("image_generator_output")


class StringGeneratorOutput(Output):
    """Texts for a batch."""

    strings: list[str] = output("The texts")
    type: Literal["string_generator_output"] = kind("string_generator_output")


class IntegerGeneratorOutput(Output):
    """Whole numbers for a batch."""

    integers: list[int] = output("The numbers")
    type: Literal["integer_generator_output"] = kind("integer_generator_output")


class FloatGeneratorOutput(Output):
    """Numbers for a batch."""

    floats: list[float] = output("The numbers")
    type: Literal["float_generator_output"] = kind("float_generator_output")
