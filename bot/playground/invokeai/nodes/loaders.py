"""Nodes that name the parts of a model."""

from typing import Literal, TypeVar

from bot.playground.invokeai.fields import (
    CLIPField,
    LoRAField,
    ModelIdentifierField,
    UNetField,
    VAEField,
    optional,
    required,
)
from bot.playground.invokeai.kinds import SubModelType
from bot.playground.invokeai.nodes.base import Context, Node, Spec, kind
from bot.playground.invokeai.nodes.outputs import (
    LoRALoaderOutput,
    LoRASelectorOutput,
    ModelIdentifierOutput,
    ModelLoaderOutput,
    SDXLModelLoaderOutput,
)

Part = TypeVar("Part", UNetField, CLIPField)


def _part(model: ModelIdentifierField, part: str) -> ModelIdentifierField:
    return model.model_copy(update={"submodel_type": SubModelType(part)})


def _unet(model: ModelIdentifierField) -> UNetField:
    return UNetField(unet=_part(model, "unet"), scheduler=_part(model, "scheduler"), loras=[])


def _clip(model: ModelIdentifierField, number: str = "") -> CLIPField:
    tokenizer, encoder = _part(model, f"tokenizer{number}"), _part(model, f"text_encoder{number}")
    return CLIPField(tokenizer=tokenizer, text_encoder=encoder, skipped_layers=0, loras=[])


def _with(part: Part | None, added: list[LoRAField]) -> Part | None:
    return part and part.model_copy(update={"loras": [*part.loras, *added]})


class MainModelLoaderInvocation(Node):
    """Names the parts of a main model."""

    spec = Spec("Main Model - SD1.5, SD2", "1.0.4", "model", ("model",), ModelLoaderOutput)
    model: ModelIdentifierField | None = required(
        "The main model", ui_model_base=["sd-1", "sd-2"], ui_model_type=["main"]
    )
    type: Literal["main_model_loader"] = kind("main_model_loader")

    def run(self, context: Context) -> ModelLoaderOutput:
        assert self.model is not None
        context.model(self.model.key)
        vae = VAEField(vae=_part(self.model, "vae"))
        return ModelLoaderOutput(vae=vae, clip=_clip(self.model), unet=_unet(self.model))


class SDXLModelLoaderInvocation(Node):
    """Names the parts of an SDXL main model."""

    spec = Spec("Main Model - SDXL", "1.0.4", "model", ("model", "sdxl"), SDXLModelLoaderOutput)
    model: ModelIdentifierField | None = required("The main model", ui_model_base=["sdxl"], ui_model_type=["main"])
    type: Literal["sdxl_model_loader"] = kind("sdxl_model_loader")

    def run(self, context: Context) -> SDXLModelLoaderOutput:
        assert self.model is not None
        context.model(self.model.key)
        first, second = _clip(self.model), _clip(self.model, "_2")
        vae = VAEField(vae=_part(self.model, "vae"))
        return SDXLModelLoaderOutput(unet=_unet(self.model), clip=first, clip2=second, vae=vae)


class LoRALoaderInvocation(Node):
    """Puts a LoRA on a model."""

    spec = Spec("Apply LoRA - SD1.5", "1.0.4", "model", ("model",), LoRALoaderOutput)
    lora: ModelIdentifierField | None = required(
        "The LoRA", title="LoRA", ui_model_base=["sd-1"], ui_model_type=["lora"]
    )
    weight: float = optional(0.75, "How strongly it applies")
    unet: UNetField | None = optional(None, "The denoiser", "connection", title="UNet")
    clip: CLIPField | None = optional(None, "The text encoder", "connection", title="CLIP")
    type: Literal["lora_loader"] = kind("lora_loader")

    def run(self, context: Context) -> LoRALoaderOutput:
        assert self.lora is not None
        context.model(self.lora.key)
        added = [LoRAField(lora=self.lora, weight=self.weight)]
        return LoRALoaderOutput(unet=_with(self.unet, added), clip=_with(self.clip, added))


class LoRASelectorInvocation(Node):
    """Names a LoRA and how strongly it applies."""

    spec = Spec("Select LoRA", "1.0.3", "model", ("model",), LoRASelectorOutput)
    lora: ModelIdentifierField | None = required("The LoRA", title="LoRA", ui_model_type=["lora"])
    weight: float = optional(0.75, "How strongly it applies")
    type: Literal["lora_selector"] = kind("lora_selector")

    def run(self, context: Context) -> LoRASelectorOutput:
        assert self.lora is not None
        return LoRASelectorOutput(lora=LoRAField(lora=self.lora, weight=self.weight))


class LoRACollectionLoader(Node):
    """Puts several LoRAs on a model."""

    spec = Spec("Apply LoRA Collection - SD1.5", "1.1.3", "model", ("model",), LoRALoaderOutput)
    loras: LoRAField | list[LoRAField] | None = optional(
        None, "The LoRAs", title="LoRAs", ui_model_base=["sd-1", "sd-2"], ui_model_type=["lora"]
    )
    unet: UNetField | None = optional(None, "The denoiser", "connection", title="UNet")
    clip: CLIPField | None = optional(None, "The text encoder", "connection", title="CLIP")
    type: Literal["lora_collection_loader"] = kind("lora_collection_loader")

    def run(self, context: Context) -> LoRALoaderOutput:
        given = self.loras if isinstance(self.loras, list) else [self.loras] if self.loras else []
        added: dict[str, LoRAField] = {}
        for one in given:
            context.model(one.lora.key)
            added.setdefault(one.lora.key, one)
        return LoRALoaderOutput(unet=_with(self.unet, [*added.values()]), clip=_with(self.clip, [*added.values()]))


class ModelIdentifierInvocation(Node):
    """Names a model of any kind."""

    spec = Spec("Any Model", "1.0.1", "model", ("model",), ModelIdentifierOutput)
    model: ModelIdentifierField | None = required("The model", title="Model")
    type: Literal["model_identifier"] = kind("model_identifier")

    def run(self, context: Context) -> ModelIdentifierOutput:
        assert self.model is not None
        context.model(self.model.key)
        return ModelIdentifierOutput(model=self.model)
