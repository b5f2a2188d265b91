"""The metadata that the server's own editor records."""

from typing import Literal

from pydantic import ConfigDict

from bot.playground.invokeai.fields import (
    ControlNetMetadataField,
    IPAdapterMetadataField,
    LoRAMetadataField,
    MetadataField,
    ModelIdentifierField,
    T2IAdapterMetadataField,
    optional,
)
from bot.playground.invokeai.nodes.base import Context, Node, Spec, kind
from bot.playground.invokeai.nodes.outputs import MetadataOutput

# fmt: off
GenerationMode = Literal[
    "txt2img", "img2img", "inpaint", "outpaint",
    "sdxl_txt2img", "sdxl_img2img", "sdxl_inpaint", "sdxl_outpaint",
    "flux_txt2img", "flux_img2img", "flux_inpaint", "flux_outpaint",
    "flux2_txt2img", "flux2_img2img", "flux2_inpaint", "flux2_outpaint",
    "sd3_txt2img", "sd3_img2img", "sd3_inpaint", "sd3_outpaint",
    "cogview4_txt2img", "cogview4_img2img", "cogview4_inpaint", "cogview4_outpaint",
    "z_image_txt2img", "z_image_img2img", "z_image_inpaint", "z_image_outpaint",
    "ernie_image_txt2img", "ideogram4_txt2img",
    "qwen_image_txt2img", "qwen_image_img2img", "qwen_image_inpaint", "qwen_image_outpaint",
    "anima_txt2img", "anima_img2img", "anima_inpaint", "anima_outpaint",
    "krea2_txt2img", "krea2_img2img", "krea2_inpaint", "krea2_outpaint",
    "wan_txt2img", "wan_img2img", "wan_inpaint", "wan_outpaint", "wan_i2v",
]
# fmt: on


class CoreMetadataInvocation(Node):
    """What the editor records of an image. Fields that it does not know are kept too."""

    model_config = ConfigDict(protected_namespaces=(), extra="allow")

    spec = Spec("Core Metadata", "2.2.0", "metadata", ("metadata",), MetadataOutput, "internal")
    generation_mode: GenerationMode | None = optional(None, "How the image was made")
    positive_prompt: str | None = optional(None, "The prompt")
    negative_prompt: str | None = optional(None, "What the prompt keeps out")
    width: int | None = optional(None, "The width")
    height: int | None = optional(None, "The height")
    seed: int | None = optional(None, "The seed")
    rand_device: str | None = optional(None, "Where the noise was made")
    cfg_scale: float | None = optional(None, "How closely the prompt is followed")
    cfg_rescale_multiplier: float | None = optional(None, "How far the guidance is scaled back")
    steps: int | None = optional(None, "The steps")
    scheduler: str | None = optional(None, "The scheduler")
    seamless_x: bool | None = optional(None, "Whether it tiles sideways")
    seamless_y: bool | None = optional(None, "Whether it tiles upwards")
    clip_skip: int | None = optional(None, "The skipped layers of the text encoder")
    model: ModelIdentifierField | None = optional(None, "The main model")
    controlnets: list[ControlNetMetadataField] | None = optional(None, "The ControlNets")
    ipAdapters: list[IPAdapterMetadataField] | None = optional(None, "The IP adapters")  # noqa: N815
    t2iAdapters: list[T2IAdapterMetadataField] | None = optional(None, "The T2I adapters")  # noqa: N815
    loras: list[LoRAMetadataField] | None = optional(None, "The LoRAs")
    strength: float | None = optional(None, "How far the first image was changed")
    init_image: str | None = optional(None, "The first image")
    vae: ModelIdentifierField | None = optional(None, "The VAE, if not the model's own")
    qwen3_encoder: ModelIdentifierField | None = optional(None, "The Qwen3 text encoder")
    mistral_encoder: ModelIdentifierField | None = optional(None, "The Mistral text encoder")
    ideogram4_caption: str | None = optional(None, "The caption, as Ideogram takes it")
    hrf_enabled: bool | None = optional(None, "Whether it was enlarged and denoised again")
    hrf_method: str | None = optional(None, "How it was enlarged")
    hrf_strength: float | None = optional(None, "How far that changed it")
    positive_style_prompt: str | None = optional(None, "The style prompt")
    negative_style_prompt: str | None = optional(None, "What the style prompt keeps out")
    refiner_model: ModelIdentifierField | None = optional(None, "The refiner")
    refiner_cfg_scale: float | None = optional(None, "How closely the refiner follows the prompt")
    refiner_steps: int | None = optional(None, "The refiner's steps")
    refiner_scheduler: str | None = optional(None, "The refiner's scheduler")
    refiner_positive_aesthetic_score: float | None = optional(None, "The refiner's score to reach")
    refiner_negative_aesthetic_score: float | None = optional(None, "The refiner's score to avoid")
    refiner_start: float | None = optional(None, "When the refiner takes over")
    type: Literal["core_metadata"] = kind("core_metadata")

    def run(self, context: Context) -> MetadataOutput:
        recorded = self.model_dump(exclude_none=True, exclude={"id", "type", "is_intermediate", "use_cache"})
        return MetadataOutput(metadata=MetadataField.model_validate(recorded))
