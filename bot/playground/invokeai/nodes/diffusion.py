"""The nodes of a diffusion graph, with toy execution: small pictures that hang on seed and prompt."""

import hashlib
import random
from typing import Literal

from PIL import Image, ImageDraw, ImageFilter

from bot.playground.invokeai.fields import (
    CLIPField,
    ConditioningField,
    ControlField,
    DenoiseMaskField,
    ImageField,
    IPAdapterField,
    LatentsField,
    T2IAdapterField,
    TensorField,
    UNetField,
    VAEField,
    optional,
    required,
)
from bot.playground.invokeai.kinds import Scheduler
from bot.playground.invokeai.nodes.base import Cancelled, Context, ImageNode, Node, Spec, kind
from bot.playground.invokeai.nodes.outputs import (
    ConditioningOutput,
    ImageOutput,
    LatentsOutput,
    NoiseOutput,
    SchedulerOutput,
)
from bot.playground.invokeai.nodes.pictures import saved
from bot.playground.invokeai.nodes.pixels import resized

PIXELS_PER_LATENT = 8


def _all(value: ConditioningField | list[ConditioningField] | None) -> list[ConditioningField]:
    return value if isinstance(value, list) else [] if value is None else [value]


class SchedulerInvocation(Node):
    """Names a scheduler."""

    spec = Spec("Scheduler", "1.0.0", "latents", ("scheduler",), SchedulerOutput)
    scheduler: Scheduler = optional("euler", "The scheduler", ui_type="SchedulerField")
    type: Literal["scheduler"] = kind("scheduler")

    def run(self, context: Context) -> SchedulerOutput:
        return SchedulerOutput(scheduler=self.scheduler)


class CompelInvocation(Node):
    """Encodes a prompt."""

    spec = Spec("Prompt - SD1.5", "1.2.1", "prompt", ("prompt", "compel"), ConditioningOutput)
    prompt: str = optional("", "The prompt", ui_component="textarea")
    clip: CLIPField | None = required("The text encoder", title="CLIP")
    mask: TensorField | None = optional(None, "Where the prompt applies")
    type: Literal["compel"] = kind("compel")

    def run(self, context: Context) -> ConditioningOutput:
        assert self.clip is not None
        context.load_model(self.clip.text_encoder.key, "text_encoder")
        context.load_model(self.clip.tokenizer.key, "tokenizer")
        context.progress("Building conditioning")
        name = context.keep("ConditioningFieldData", self.prompt)
        return ConditioningOutput(conditioning=ConditioningField(conditioning_name=name, mask=self.mask))


class NoiseInvocation(Node):
    """Makes the noise to start from."""

    spec = Spec("Create Latent Noise", "1.1.0", "latents", ("latents", "noise"), NoiseOutput)
    noise_type: Literal["SD", "FLUX", "FLUX.2", "SD3", "CogView4", "Z-Image", "Anima"] = optional(
        "SD", "The architecture that it is for"
    )
    seed: int = optional(0, "The seed", ge=0, le=4294967295)
    width: int = optional(512, "The width in pixels", gt=0, multiple_of=8)
    height: int = optional(512, "The height in pixels", gt=0, multiple_of=8)
    use_cpu: bool = optional(True, "Whether the same seed gives the same noise on every machine")
    type: Literal["noise"] = kind("noise")

    def run(self, context: Context) -> NoiseOutput:
        size = (self.width // PIXELS_PER_LATENT, self.height // PIXELS_PER_LATENT)
        grains = random.Random(self.seed).randbytes(size[0] * size[1] * 3)  # noqa: S311 - the same for the same seed
        name = context.keep("Tensor", Image.frombytes("RGB", size, grains))
        noise = LatentsField(latents_name=name, seed=self.seed)
        return NoiseOutput(noise=noise, width=self.width, height=self.height)


class DenoiseLatentsInvocation(Node):
    """Turns noise into a picture, step by step."""

    spec = Spec(
        "Denoise - SD1.5, SDXL",
        "1.6.0",
        "latents",
        ("latents", "denoise", "txt2img", "t2i", "t2l", "img2img", "i2i", "l2l"),
        LatentsOutput,
    )
    positive_conditioning: ConditioningField | list[ConditioningField] | None = required(
        "The prompt", "connection", ui_order=0
    )
    negative_conditioning: ConditioningField | list[ConditioningField] | None = required(
        "What to keep out", "connection", ui_order=1
    )
    noise: LatentsField | None = optional(None, "The noise to start from", "connection", ui_order=3)
    steps: int = optional(10, "How many steps to take", gt=0)
    cfg_scale: float | list[float] = optional(7.5, "How closely to follow the prompt", title="CFG Scale")
    denoising_start: float = optional(0.0, "Where to begin, of 1", ge=0, le=1)
    denoising_end: float = optional(1.0, "Where to stop, of 1", ge=0, le=1)
    scheduler: Scheduler = optional("euler", "How each step is taken", ui_type="SchedulerField")
    unet: UNetField | None = required("The denoiser", "connection", title="UNet", ui_order=2)
    control: ControlField | list[ControlField] | None = optional(None, "Control images", "connection", ui_order=5)
    ip_adapter: IPAdapterField | list[IPAdapterField] | None = optional(
        None, "Reference images", "connection", title="IP-Adapter", ui_order=6
    )
    t2i_adapter: T2IAdapterField | list[T2IAdapterField] | None = optional(
        None, "Guide images", "connection", title="T2I-Adapter", ui_order=7
    )
    cfg_rescale_multiplier: float = optional(
        0, "How far to scale the guidance back", title="CFG Rescale Multiplier", ge=0, lt=1
    )
    hidiffusion: bool = optional(False, "Whether to use HiDiffusion", title="HiDiffusion")
    hidiffusion_raunet: bool = optional(True, "Its RAU-Net part", title="HiDiffusion: RAU-Net")
    hidiffusion_window_attn: bool = optional(True, "Its window attention part", title="HiDiffusion: Window Attention")
    hidiffusion_t1_ratio: float = optional(0.4, "Its first switch, of 1", title="HiDiffusion: T1 Ratio", ge=0, le=1)
    hidiffusion_t2_ratio: float = optional(0.0, "Its second switch, of 1", title="HiDiffusion: T2 Ratio", ge=0, le=1)
    latents: LatentsField | None = optional(None, "The picture to begin with", "connection", ui_order=4)
    denoise_mask: DenoiseMaskField | None = optional(None, "What to leave alone", "connection", ui_order=8)
    type: Literal["denoise_latents"] = kind("denoise_latents")

    def run(self, context: Context) -> LatentsOutput:
        assert self.unet is not None
        context.load_model(self.unet.unet.key, "unet")
        context.load_model(self.unet.scheduler.key, "scheduler")
        start = self._start(context)
        goal = self._goal(context, start.size)
        taken = max(1, int(self.steps * (self.denoising_end - self.denoising_start)))
        for step in range(taken + 1):
            now = Image.blend(start, goal, step / taken)
            context.progress("Denoising", step / taken, now)
            if step < taken and context.cancelled.wait(context.step_seconds):
                raise Cancelled
        if self.latents is not None:
            given: Image.Image = context.kept(self.latents.latents_name)
            goal = Image.blend(goal, resized(given, goal.size), self.denoising_start)
        name = context.keep("Tensor", goal)
        width, height = goal.width * PIXELS_PER_LATENT, goal.height * PIXELS_PER_LATENT
        return LatentsOutput(latents=LatentsField(latents_name=name), width=width, height=height)

    def _start(self, context: Context) -> Image.Image:
        source = self.noise or self.latents
        if source is None:
            raise ValueError("'noise' or 'latents' must be provided!")
        return context.kept(source.latents_name)

    def _goal(self, context: Context, size: tuple[int, int]) -> Image.Image:
        """A sky of two colours from the prompts, with discs that the seed throws on it."""
        words = [
            context.kept(prompt.conditioning_name)
            for prompt in (*_all(self.positive_conditioning), *_all(self.negative_conditioning))
        ]
        mark = hashlib.sha256("\n".join(words).encode()).digest()
        seed = self.noise.seed if self.noise else None
        chance = random.Random(f"{mark.hex()}-{seed}")  # noqa: S311 - the same for the same seed
        sky = resized(Image.linear_gradient("L"), size)
        picture = Image.composite(
            Image.new("RGB", size, tuple(mark[:3])), Image.new("RGB", size, tuple(mark[3:6])), sky
        )
        brush = ImageDraw.Draw(picture)
        for place in range(7):
            x, y = chance.randrange(size[0]), chance.randrange(size[1])
            r = 1 + chance.randrange(max(1, min(size) // 4))
            brush.ellipse((x - r, y - r, x + r, y + r), fill=tuple(mark[6 + place * 3 : 9 + place * 3]))
        return picture.filter(ImageFilter.GaussianBlur(0.6))


class LatentsToImageInvocation(ImageNode):
    """Decodes latents into a picture."""

    spec = Spec("Latents to Image - SD1.5, SDXL", "1.3.2", "latents", ("latents", "image", "vae", "l2i"), ImageOutput)
    latents: LatentsField | None = required("The latents", "connection")
    vae: VAEField | None = required("The VAE", "connection")
    tiled: bool = optional(False, "Whether to decode tile by tile")
    tile_size: int = optional(0, "The size of a tile", multiple_of=8)
    fp32: bool = optional(False, "Whether to decode in full precision")
    type: Literal["l2i"] = kind("l2i")

    def run(self, context: Context) -> ImageOutput:
        assert self.latents is not None
        assert self.vae is not None
        context.load_model(self.vae.vae.key, "vae")
        context.progress("Running VAE decoder")
        small: Image.Image = context.kept(self.latents.latents_name)
        size = (small.width * PIXELS_PER_LATENT, small.height * PIXELS_PER_LATENT)
        return saved(context, resized(small, size))


class ImageToLatentsInvocation(Node):
    """Encodes a picture into latents."""

    spec = Spec("Image to Latents - SD1.5, SDXL", "1.2.0", "latents", ("latents", "image", "vae", "i2l"), LatentsOutput)
    image: ImageField | None = required("The picture")
    vae: VAEField | None = required("The VAE", "connection")
    tiled: bool = optional(False, "Whether to encode tile by tile")
    tile_size: int = optional(0, "The size of a tile", multiple_of=8)
    fp32: bool = optional(False, "Whether to encode in full precision")
    color_compensation: Literal["None", "SDXL"] = optional("None", "Whether to counter a shift of colours")
    type: Literal["i2l"] = kind("i2l")

    def run(self, context: Context) -> LatentsOutput:
        assert self.vae is not None
        picture = context.load(self.image).convert("RGB")
        context.load_model(self.vae.vae.key, "vae")
        context.progress("Running VAE encoder")
        columns, rows = max(1, picture.width // PIXELS_PER_LATENT), max(1, picture.height // PIXELS_PER_LATENT)
        name = context.keep("Tensor", resized(picture, (columns, rows)))
        width, height = columns * PIXELS_PER_LATENT, rows * PIXELS_PER_LATENT
        return LatentsOutput(latents=LatentsField(latents_name=name), width=width, height=height)
