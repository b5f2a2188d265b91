"""Nodes that load, make, keep and reshape pictures."""

from typing import Literal

from PIL import Image, ImageChops, ImageOps

from bot.playground.invokeai.fields import ColorField, ImageField, optional, required
from bot.playground.invokeai.nodes.base import Context, ImageNode, Node, Spec, kind, uncached
from bot.playground.invokeai.nodes.outputs import ImageCollectionOutput, ImageOutput
from bot.playground.invokeai.nodes.pixels import resized

Resample = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
SAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
CLEAR = (0, 0, 0, 0)


def saved(context: Context, picture: Image.Image) -> ImageOutput:
    image, width, height = context.save(picture)
    return ImageOutput(image=image, width=width, height=height)


def known(context: Context, image: ImageField | None) -> ImageOutput:
    """The same image again, under its own name."""
    assert image is not None
    width, height = context.size(image)
    return ImageOutput(image=image, width=width, height=height)


class ImageInvocation(Node):
    """Hands an image on."""

    spec = Spec("Image Primitive", "1.0.2", "primitives", ("primitives", "image"), ImageOutput)
    image: ImageField | None = required("The image to hand on")
    type: Literal["image"] = kind("image")

    def run(self, context: Context) -> ImageOutput:
        return known(context, self.image)


class ShowImageInvocation(Node):
    """Shows an image on the server's own screen, if it has one, and hands it on."""

    spec = Spec("Show Image", "1.0.1", "image", ("image",), ImageOutput)
    image: ImageField | None = required("The image to show")
    type: Literal["show_image"] = kind("show_image")

    def run(self, context: Context) -> ImageOutput:
        return known(context, self.image)


class SaveImageInvocation(ImageNode):
    """Saves a copy of an image."""

    spec = Spec("Save Image", "1.2.2", "image", ("primitives", "image"), ImageOutput)
    use_cache: bool = uncached()
    image: ImageField | None = required("The image to save")
    type: Literal["save_image"] = kind("save_image")

    def run(self, context: Context) -> ImageOutput:
        return saved(context, context.load(self.image))


class ImageCollectionInvocation(Node):
    """Hands a list of images on."""

    spec = Spec(
        "Image Collection Primitive",
        "1.0.2",
        "primitives",
        ("primitives", "image", "collection"),
        ImageCollectionOutput,
    )
    collection: list[ImageField] | None = optional(None, "Images from other nodes", "connection", ui_order=0)
    images: list[ImageField] | None = optional(None, "Images chosen here", "direct", ui_order=1)
    type: Literal["image_collection"] = kind("image_collection")

    def run(self, context: Context) -> ImageCollectionOutput:
        return ImageCollectionOutput(collection=[*(self.collection or []), *(self.images or [])])


class BlankImageInvocation(ImageNode):
    """Makes a picture of one colour."""

    spec = Spec("Blank Image", "1.2.2", "image", ("image",), ImageOutput)
    width: int = optional(512, "The width")
    height: int = optional(512, "The height")
    mode: Literal["RGB", "RGBA"] = optional("RGB", "With or without opacity")
    color: ColorField = optional(ColorField(r=0, g=0, b=0, a=255), "The colour")
    type: Literal["blank_image"] = kind("blank_image")

    def run(self, context: Context) -> ImageOutput:
        return saved(context, Image.new(self.mode, (self.width, self.height), self.color.tuple()))


class ImageResizeInvocation(ImageNode):
    """Brings an image to a given size."""

    spec = Spec("Resize Image", "1.2.2", "image", ("image", "resize"), ImageOutput)
    image: ImageField | None = required("The image to resize")
    width: int = optional(512, "The width to bring it to", gt=0)
    height: int = optional(512, "The height to bring it to", gt=0)
    resample_mode: Resample = optional("bicubic", "How pixels are interpolated")
    type: Literal["img_resize"] = kind("img_resize")

    def run(self, context: Context) -> ImageOutput:
        return saved(
            context, resized(context.load(self.image), (self.width, self.height), SAMPLING[self.resample_mode])
        )


class ImageScaleInvocation(ImageNode):
    """Makes an image larger or smaller by a factor."""

    spec = Spec("Scale Image", "1.2.2", "image", ("image", "scale"), ImageOutput)
    image: ImageField | None = required("The image to scale")
    scale_factor: float = optional(2.0, "The factor", gt=0)
    resample_mode: Resample = optional("bicubic", "How pixels are interpolated")
    type: Literal["img_scale"] = kind("img_scale")

    def run(self, context: Context) -> ImageOutput:
        picture = context.load(self.image)
        size = (int(picture.width * self.scale_factor), int(picture.height * self.scale_factor))
        return saved(context, resized(picture, size, SAMPLING[self.resample_mode]))


class ImageCropInvocation(ImageNode):
    """Cuts a box out of an image. The box may reach beyond it."""

    spec = Spec("Crop Image", "1.2.2", "image", ("image", "crop"), ImageOutput)
    image: ImageField | None = required("The image to crop")
    x: int = optional(0, "The left edge of the box")
    y: int = optional(0, "The upper edge of the box")
    width: int = optional(512, "The width of the box", gt=0)
    height: int = optional(512, "The height of the box", gt=0)
    type: Literal["img_crop"] = kind("img_crop")

    def run(self, context: Context) -> ImageOutput:
        box = Image.new("RGBA", (self.width, self.height), CLEAR)
        box.paste(context.load(self.image), (-self.x, -self.y))
        return saved(context, box)


class CenterPadCropInvocation(Node):
    """Adds a border to each side, or takes one away where the number is negative."""

    spec = Spec("Center Pad or Crop Image", "1.0.0", "image", ("image", "pad", "crop"), ImageOutput)
    image: ImageField | None = required("The image to pad or crop")
    left: int = optional(0, "Pixels to add on the left")
    right: int = optional(0, "Pixels to add on the right")
    top: int = optional(0, "Pixels to add on top")
    bottom: int = optional(0, "Pixels to add at the bottom")
    type: Literal["img_pad_crop"] = kind("img_pad_crop")

    def run(self, context: Context) -> ImageOutput:
        picture = context.load(self.image)
        size = (picture.width + self.left + self.right, picture.height + self.top + self.bottom)
        padded = Image.new("RGBA", size, CLEAR)
        padded.paste(picture, (self.left, self.top))
        return saved(context, padded)


class ImagePasteInvocation(ImageNode):
    """Lays one image over another; the result grows to hold both."""

    spec = Spec("Paste Image", "1.2.2", "image", ("image", "paste"), ImageOutput)
    base_image: ImageField | None = required("The image below")
    image: ImageField | None = required("The image on top")
    mask: ImageField | None = optional(None, "What is black in it is pasted")
    x: int = optional(0, "The left edge of the upper image")
    y: int = optional(0, "The upper edge of the upper image")
    crop: bool = optional(False, "Whether to keep to the lower image's size")
    type: Literal["img_paste"] = kind("img_paste")

    def run(self, context: Context) -> ImageOutput:
        base, top = context.load(self.base_image).convert("RGBA"), context.load(self.image).convert("RGBA")
        mask = ImageOps.invert(context.load(self.mask).convert("L")) if self.mask else None
        left, upper = max(0, -self.x), max(0, -self.y)
        size = (max(base.width, top.width + self.x) + left, max(base.height, top.height + self.y) + upper)
        below, above = Image.new("RGBA", size, CLEAR), Image.new("RGBA", size, CLEAR)
        below.paste(base, (left, upper))
        above.paste(top, (max(0, self.x), max(0, self.y)), mask)
        whole = Image.alpha_composite(below, above)
        if self.crop:
            whole = whole.crop((left, upper, left + base.width, upper + base.height))
        return saved(context, whole)


class ImageMultiplyInvocation(ImageNode):
    """Multiplies two images pixel by pixel."""

    spec = Spec("Multiply Images", "1.2.2", "image", ("image", "multiply"), ImageOutput)
    image1: ImageField | None = required("The first image")
    image2: ImageField | None = required("The second image")
    type: Literal["img_mul"] = kind("img_mul")

    def run(self, context: Context) -> ImageOutput:
        return saved(context, ImageChops.multiply(context.load(self.image1), context.load(self.image2)))
