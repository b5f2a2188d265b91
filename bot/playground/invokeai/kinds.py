"""The kinds of models, parts, images and schedulers that the server knows."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal


def _kinds(name: str, values: str) -> Any:
    return StrEnum(name, {value.replace("-", "_"): value for value in values.split()})


if TYPE_CHECKING:
    BaseModelType = ModelType = SubModelType = ImageCategory = ResourceOrigin = SQLiteDirection = str
else:
    BaseModelType = _kinds(
        "BaseModelType",
        "any sd-1 sd-2 sd-3 sdxl sdxl-refiner flux flux2 cogview4 z-image ernie-image ideogram-4 external qwen-image "
        "anima krea-2 wan unknown",
    )
    ModelType = _kinds(
        "ModelType",
        "onnx main vae lora control_lora controlnet embedding ip_adapter clip_vision clip_embed t2i_adapter t5_encoder "
        "qwen3_encoder qwen_vl_encoder qwen3_vl_encoder mistral_encoder wan_t5_encoder gemma2_encoder "
        "spandrel_image_to_image siglip flux_redux llava_onevision prompt_enhancer text_llm external_image_generator "
        "pid_decoder unknown",
    )
    SubModelType = _kinds(
        "SubModelType",
        "unet transformer transformer_2 text_encoder text_encoder_2 text_encoder_3 tokenizer tokenizer_2 tokenizer_3 "
        "pe pe_tokenizer vae vae_decoder vae_encoder scheduler safety_checker",
    )
    ImageCategory = _kinds("ImageCategory", "general mask control user other")
    ResourceOrigin = _kinds("ResourceOrigin", "internal external")
    SQLiteDirection = _kinds("SQLiteDirection", "ASC DESC")

# fmt: off
Scheduler = Literal[
    "ddim", "ddpm", "deis", "deis_k", "lms", "lms_k", "pndm", "heun", "heun_k", "euler", "euler_k", "euler_a",
    "kdpm_2", "kdpm_2_k", "kdpm_2_a", "kdpm_2_a_k", "dpmpp_2s", "dpmpp_2s_k", "dpmpp_2m", "dpmpp_2m_k",
    "dpmpp_2m_sde", "dpmpp_2m_sde_k", "dpmpp_3m", "dpmpp_3m_k", "dpmpp_sde", "dpmpp_sde_k", "er_sde",
    "unipc", "unipc_k", "lcm", "tcd",
]
# fmt: on
