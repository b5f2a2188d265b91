"""The values that travel between nodes, and the helper that describes one input to the schema."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.playground.invokeai.kinds import BaseModelType, ModelType, SubModelType


class ImageField(BaseModel):
    """An image, by its name."""

    image_name: str = Field(description="The image's name")


class VideoField(BaseModel):
    """A video, by its name."""

    video_name: str = Field(description="The video's name")


class BoardField(BaseModel):
    """A board of images, by its id."""

    board_id: str = Field(description="The board's id")


class StylePresetField(BaseModel):
    """A style preset, by its id."""

    style_preset_id: str = Field(description="The style preset's id")


class BoundingBoxField(BaseModel):
    """A part of an image, in pixels; its right and lower edges are outside of it."""

    x_min: int = Field(description="Its left edge")
    x_max: int = Field(description="Its right edge")
    y_min: int = Field(description="Its upper edge")
    y_max: int = Field(description="Its lower edge")
    score: float | None = Field(default=None, ge=0.0, le=1.0, description="How sure whoever found it is")

    @model_validator(mode="after")
    def _is_a_box(self) -> "BoundingBoxField":
        if self.x_min > self.x_max:
            raise ValueError(f"x_min ({self.x_min}) is greater than x_max ({self.x_max}).")
        if self.y_min > self.y_max:
            raise ValueError(f"y_min ({self.y_min}) is greater than y_max ({self.y_max}).")
        return self


class ColorField(BaseModel):
    """A colour, a byte a channel."""

    r: int = Field(ge=0, le=255, description="Red")
    g: int = Field(ge=0, le=255, description="Green")
    b: int = Field(ge=0, le=255, description="Blue")
    a: int = Field(ge=0, le=255, description="Opacity")

    def tuple(self) -> tuple[int, int, int, int]:
        return (self.r, self.g, self.b, self.a)


class TensorField(BaseModel):
    """A tensor, by its name."""

    tensor_name: str = Field(description="The tensor's name")


class LatentsField(BaseModel):
    """Latents, by their name."""

    latents_name: str = Field(description="The latents' name")
    seed: int | None = Field(default=None, description="The seed that made them")


class DenoiseMaskField(BaseModel):
    """What a denoiser must leave alone."""

    mask_name: str = Field(description="The mask's name")
    masked_latents_name: str | None = Field(default=None, description="The name of the latents under the mask")
    gradient: bool = Field(default=False, description="Whether the mask is soft")


class ConditioningField(BaseModel):
    """An encoded prompt, by its name."""

    conditioning_name: str = Field(description="The name of the encoded prompt")
    mask: TensorField | None = Field(default=None, description="Where the prompt applies")


class ModelIdentifierField(BaseModel):
    """One installed model, as a workflow names it."""

    model_config = ConfigDict(protected_namespaces=())

    key: str = Field(description="The model's key on this server")
    hash: str = Field(description="The hash of its files")
    name: str = Field(description="Its name")
    base: BaseModelType = Field(description="The architecture it is made for")
    type: ModelType = Field(description="What kind of model it is")
    submodel_type: SubModelType | None = Field(default=None, description="The part of it that is meant")


class LoRAField(BaseModel):
    """A LoRA and how strongly it applies."""

    lora: ModelIdentifierField = Field(description="The LoRA")
    weight: float = Field(description="How strongly it applies")


class UNetField(BaseModel):
    """A denoiser, with what is attached to it."""

    unet: ModelIdentifierField = Field(description="The denoiser")
    scheduler: ModelIdentifierField = Field(description="Its scheduler")
    loras: list[LoRAField] = Field(description="The LoRAs on it")
    seamless_axes: list[str] = Field(default_factory=list, description="The axes along which it tiles")
    freeu_config: dict[str, float] | None = Field(default=None, description="FreeU settings")


class CLIPField(BaseModel):
    """A text encoder, with what is attached to it."""

    tokenizer: ModelIdentifierField = Field(description="The tokenizer")
    text_encoder: ModelIdentifierField = Field(description="The encoder")
    skipped_layers: int = Field(description="How many of its last layers are skipped")
    loras: list[LoRAField] = Field(description="The LoRAs on it")


class VAEField(BaseModel):
    """A VAE."""

    vae: ModelIdentifierField = Field(description="The VAE")
    seamless_axes: list[str] = Field(default_factory=list, description="The axes along which it tiles")


class MetadataField(BaseModel):
    """Anything that is to be written into an image."""

    model_config = ConfigDict(extra="allow")


class MetadataItemField(BaseModel):
    """One entry of an image's metadata."""

    label: str = Field(description="Its label")
    value: Any = Field(description="Its value")


class ControlField(BaseModel):
    """A control image and its model."""

    image: ImageField
    control_model: ModelIdentifierField
    control_weight: float | list[float] = 1
    begin_step_percent: float = Field(default=0, ge=0, le=1)
    end_step_percent: float = Field(default=1, ge=0, le=1)
    control_mode: Literal["balanced", "more_prompt", "more_control", "unbalanced"] = "balanced"
    resize_mode: Literal["just_resize", "crop_resize", "fill_resize", "just_resize_simple"] = "just_resize"


class IPAdapterField(BaseModel):
    """A reference image and its models."""

    image: ImageField | list[ImageField]
    ip_adapter_model: ModelIdentifierField
    image_encoder_model: ModelIdentifierField
    weight: float | list[float] = 1


class T2IAdapterField(BaseModel):
    """A guide image and its model."""

    image: ImageField
    t2i_adapter_model: ModelIdentifierField
    weight: float | list[float] = 1


class LoRAMetadataField(BaseModel):
    """A LoRA that was used."""

    model: ModelIdentifierField
    weight: float


class ControlNetMetadataField(BaseModel):
    """A control image that was used."""

    image: ImageField
    control_model: ModelIdentifierField
    control_weight: float | list[float] = 1


class IPAdapterMetadataField(BaseModel):
    """A reference image that was used."""

    image: ImageField
    ip_adapter_model: ModelIdentifierField
    weight: float | list[float]


class T2IAdapterMetadataField(BaseModel):
    """A guide image that was used."""

    image: ImageField
    t2i_adapter_model: ModelIdentifierField
    weight: float | list[float] = 1


class ImageGeneratorField(BaseModel):
    """Expanded by the editor, never by the server."""


class StringGeneratorField(BaseModel):
    """Expanded by the editor, never by the server."""


class IntegerGeneratorField(BaseModel):
    """Expanded by the editor, never by the server."""


class FloatGeneratorField(BaseModel):
    """Expanded by the editor, never by the server."""


Kind = Literal["any", "direct", "connection"]


def required(says: str, kind: Kind = "any", **more: Any) -> Any:
    """An input that the node cannot do without, although the schema lets it be absent."""
    return _field(None, says, {"input": kind, "orig_required": True}, more)


def optional(default: Any, says: str, kind: Kind = "any", **more: Any) -> Any:
    """An input with a default of its own."""
    plain = default.model_dump() if isinstance(default, BaseModel) else default
    return _field(default, says, {"input": kind, "orig_required": False, "orig_default": plain}, more)


def always(says: str, kind: Kind = "direct", **more: Any) -> Any:
    """An input whose absence is refused at once."""
    return _field(PydanticUndefined, says, {"input": kind, "orig_required": True}, more)


def _field(default: Any, says: str, extra: dict[str, Any], more: dict[str, Any]) -> FieldInfo:
    extra = {"field_kind": "input", **extra, **{key: more.pop(key) for key in list(more) if key.startswith("ui_")}}
    make: Any = Field
    return make(default, description=says, json_schema_extra=extra, **more)


def output(says: str, **more: Any) -> Any:
    """One value that a node gives."""
    extra = {"field_kind": "output", "ui_hidden": more.pop("ui_hidden", False)}
    if "ui_type" in more:
        extra["ui_type"] = more.pop("ui_type")
    make: Any = Field
    return make(description=says, json_schema_extra=extra, **more)


def internal(says: str, kind: Kind) -> Any:
    """A field that the server fills and the editor hides."""
    extra: dict[str, Any] = {"field_kind": "internal", "input": kind, "orig_required": False, "ui_hidden": False}
    return Field(default=None, description=says, json_schema_extra=extra)
