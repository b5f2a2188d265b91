"""Nodes that change the pixels of a picture and keep its size."""

import random
from typing import Any, Literal

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from bot.playground.invokeai.fields import ImageField, optional, required
from bot.playground.invokeai.nodes.base import Context, ImageNode, Spec, kind
from bot.playground.invokeai.nodes.outputs import ImageOutput
from bot.playground.invokeai.nodes.pictures import saved
from bot.playground.invokeai.nodes.pixels import curve, resized

Channel = Literal[
    "Red (RGBA)",
    "Green (RGBA)",
    "Blue (RGBA)",
    "Alpha (RGBA)",
    "Cyan (CMYK)",
    "Magenta (CMYK)",
    "Yellow (CMYK)",
    "Black (CMYK)",
    "Hue (HSV)",
    "Saturation (HSV)",
    "Value (HSV)",
    "Luminosity (LAB)",
    "A (LAB)",
    "B (LAB)",
    "Y (YCbCr)",
    "Cb (YCbCr)",
    "Cr (YCbCr)",
]
BANDS = {"RGBA": "RGBA", "CMYK": "CMYK", "HSV": "HSV", "LAB": "LAB"}


class ImageBlurInvocation(ImageNode):
    """Softens an image."""

    spec = Spec("Blur Image", "1.2.2", "image", ("image", "blur"), ImageOutput)
    image: ImageField | None = required("The image to soften")
    radius: float = optional(8.0, "How far it reaches", ge=0)
    blur_type: Literal["gaussian", "box"] = optional("gaussian", "How neighbours are weighed")
    type: Literal["img_blur"] = kind("img_blur")

    def run(self, context: Context) -> ImageOutput:
        blur = ImageFilter.GaussianBlur if self.blur_type == "gaussian" else ImageFilter.BoxBlur
        return saved(context, context.load(self.image).convert("RGBA").filter(blur(self.radius)))


class ImageConvertInvocation(ImageNode):
    """Changes the mode of an image."""

    spec = Spec("Convert Image Mode", "1.2.2", "image", ("image", "convert"), ImageOutput)
    image: ImageField | None = required("The image to convert")
    mode: Literal["L", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F"] = optional("L", "The mode")
    type: Literal["img_conv"] = kind("img_conv")

    def run(self, context: Context) -> ImageOutput:
        return saved(context, context.load(self.image).convert(self.mode))


class ImageChannelInvocation(ImageNode):
    """Takes one channel out of an image."""

    spec = Spec("Extract Image Channel", "1.2.2", "image", ("image", "channel"), ImageOutput)
    image: ImageField | None = required("The image to take it from")
    channel: Literal["A", "R", "G", "B"] = optional("A", "The channel")
    type: Literal["img_chan"] = kind("img_chan")

    def run(self, context: Context) -> ImageOutput:
        return saved(context, context.load(self.image).getchannel(self.channel))


class ImageChannelOffsetInvocation(ImageNode):
    """Adds to or takes from one channel."""

    spec = Spec(
        "Offset Image Channel",
        "1.2.3",
        "image",
        tuple(
            [
                "image",
                "offset",
                "red",
                "green",
                "blue",
                "alpha",
                "cyan",
                "magenta",
                "yellow",
                "black",
                "hue",
                "saturation",
                "luminosity",
                "value",
            ]
        ),
        ImageOutput,
    )
    image: ImageField | None = required("The image to adjust")
    channel: Channel | None = required("The channel")
    offset: int = optional(0, "How much to add", ge=-255, le=255)
    type: Literal["img_channel_offset"] = kind("img_channel_offset")

    def run(self, context: Context) -> ImageOutput:
        picture = context.load(self.image).convert("RGBA")
        name, mode = str(self.channel).removesuffix(")").split(" (")
        place = self._place(name, mode)
        inner = picture.convert("RGB").convert(mode) if mode != "RGBA" else picture
        bands = list(inner.split())
        offset, turns = self.offset, name == "Hue"
        bands[place] = curve(bands[place], lambda v: (v + offset) % 256 if turns else max(0, min(255, v + offset)))
        shifted = Image.merge(mode, bands)
        if mode != "RGBA":
            shifted = shifted.convert("RGB")
            shifted.putalpha(picture.getchannel("A"))
        return saved(context, shifted)

    def _place(self, name: str, mode: str) -> int:
        if mode == "YCbCr":
            return ["Y", "Cb", "Cr"].index(name)
        letter = "K" if name == "Black" else name[0]
        return BANDS[mode].index(letter)


class ImageLerpInvocation(ImageNode):
    """Squeezes an image's values into a range."""

    spec = Spec("Lerp Image", "1.2.2", "image", ("image", "lerp"), ImageOutput)
    image: ImageField | None = required("The image to squeeze")
    min: int = optional(0, "The lowest value", ge=0, le=255)
    max: int = optional(255, "The highest value", ge=0, le=255)
    type: Literal["img_lerp"] = kind("img_lerp")

    def run(self, context: Context) -> ImageOutput:
        low, high = self.min, self.max
        return saved(context, curve(context.load(self.image), lambda v: v / 255 * (high - low) + low))


class ImageHueAdjustmentInvocation(ImageNode):
    """Turns the colours of an image."""

    spec = Spec("Adjust Image Hue", "1.2.2", "image", ("image", "hue"), ImageOutput)
    image: ImageField | None = required("The image to adjust")
    hue: int = optional(0, "By how many degrees")
    type: Literal["img_hue_adjust"] = kind("img_hue_adjust")

    def run(self, context: Context) -> ImageOutput:
        turn = int(256 * ((self.hue % 360) / 360))
        hue, saturation, value = context.load(self.image).convert("RGB").convert("HSV").split()
        turned = Image.merge("HSV", (curve(hue, lambda v: (v + turn) % 256), saturation, value))
        return saved(context, turned.convert("RGB").convert("RGBA"))


class ImageNoiseInvocation(ImageNode):
    """Mixes noise into an image."""

    spec = Spec("Add Image Noise", "1.1.0", "image", ("image", "noise"), ImageOutput)
    image: ImageField | None = required("The image to add noise to")
    mask: ImageField | None = optional(None, "What is black in it gets noise")
    seed: int = optional(0, "The seed", ge=0, le=4294967295)
    noise_type: Literal["gaussian", "salt_and_pepper"] = optional("gaussian", "The kind of noise")
    amount: float = optional(0.1, "How much", ge=0, le=1)
    noise_color: bool = optional(True, "Whether the noise is coloured")
    size: int = optional(1, "The size of a grain", ge=1)
    type: Literal["img_noise"] = kind("img_noise")

    def run(self, context: Context) -> ImageOutput:
        picture = context.load(self.image).convert("RGBA")
        noise = self._noise(picture.width // self.size, picture.height // self.size)
        noise = resized(noise, picture.size, Image.Resampling.NEAREST)
        mixed = Image.blend(picture.convert("RGB"), noise, self.amount).convert("RGBA")
        if self.mask is not None:
            mask = ImageOps.invert(resized(context.load(self.mask).convert("L"), picture.size))
            mixed = Image.composite(mixed, picture, mask)
        mixed.putalpha(picture.getchannel("A"))
        return saved(context, mixed)

    def _noise(self, width: int, height: int) -> Image.Image:
        chance = random.Random(self.seed)  # noqa: S311 - the same seed gives the same picture
        bands = [Image.frombytes("L", (width, height), chance.randbytes(width * height)) for _ in range(3)]
        if self.noise_type == "salt_and_pepper":
            limit = 255 * (1 - self.amount)
            bands = [curve(band, lambda v: 255 if v > limit else 0) for band in bands]
        return Image.merge("RGB", bands if self.noise_color else [bands[0]] * 3)


class UnsharpMaskInvocation(ImageNode):
    """Sharpens an image."""

    spec = Spec("Unsharp Mask", "1.2.2", "image", ("image", "unsharp_mask"), ImageOutput)
    image: ImageField | None = required("The image to sharpen")
    radius: float = optional(2, "How far it reaches", gt=0)
    strength: float = optional(50, "How strong, in percent", ge=0)
    type: Literal["unsharp_mask"] = kind("unsharp_mask")

    def run(self, context: Context) -> ImageOutput:
        picture = context.load(self.image)
        sharp = picture.convert("RGB").filter(ImageFilter.UnsharpMask(self.radius, int(self.strength), 0))
        sharp = sharp.convert(picture.mode)
        if "A" in picture.getbands():
            sharp.putalpha(picture.getchannel("A"))
        return saved(context, sharp)


class InvokeImageEnhanceInvocation(ImageNode):
    """Adjusts colour, contrast, brightness and sharpness."""

    spec = Spec("Enhance Image", "1.2.1", "image", ("enhance", "image"), ImageOutput)
    image: ImageField | None = required("The image to enhance")
    invert: bool = optional(False, "Whether to turn it into its negative")
    color: float = optional(1.0, "Colour; 1 leaves it", ge=0)
    contrast: float = optional(1.0, "Contrast; 1 leaves it", ge=0)
    brightness: float = optional(1.0, "Brightness; 1 leaves it", ge=0)
    sharpness: float = optional(1.0, "Sharpness; 1 leaves it", ge=0)
    type: Literal["invokeai_img_enhance"] = kind("invokeai_img_enhance")

    def run(self, context: Context) -> ImageOutput:
        picture = context.load(self.image)
        if self.invert:
            picture = ImageOps.invert(picture.convert("RGB"))
        steps: list[tuple[Any, float]] = [
            (ImageEnhance.Color, self.color),
            (ImageEnhance.Contrast, self.contrast),
            (ImageEnhance.Brightness, self.brightness),
            (ImageEnhance.Sharpness, self.sharpness),
        ]
        for enhancer, factor in steps:
            picture = enhancer(picture).enhance(factor) if factor != 1.0 else picture
        return saved(context, picture)


class CannyEdgeDetectionInvocation(ImageNode):
    """Draws the edges of an image, white on black."""

    spec = Spec("Canny Edge Detection", "1.0.0", "controlnet_preprocessors", ("controlnet", "canny"), ImageOutput)
    image: ImageField | None = required("The image to look at")
    low_threshold: int = optional(100, "Weaker edges are dropped", ge=0, le=255)
    high_threshold: int = optional(200, "Stronger edges are kept", ge=0, le=255)
    type: Literal["canny_edge_detection"] = kind("canny_edge_detection")

    def run(self, context: Context) -> ImageOutput:
        grey = context.load(self.image).convert("L").filter(ImageFilter.GaussianBlur(1))
        edges = ImageChops.multiply(grey.filter(ImageFilter.FIND_EDGES), Image.new("L", grey.size, 255))
        limit = (self.low_threshold + self.high_threshold) / 8
        return saved(context, curve(edges, lambda v: 255 if v > limit else 0).convert("RGB"))
