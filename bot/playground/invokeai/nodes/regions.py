"""Nodes about parts of pictures: boxes and masks."""

from typing import Literal

from PIL import Image, ImageChops, ImageOps

from bot.playground.invokeai.fields import BoundingBoxField, ColorField, ImageField, optional, required
from bot.playground.invokeai.nodes.base import Context, ImageNode, Node, Spec, kind
from bot.playground.invokeai.nodes.outputs import BoundingBoxOutput, ImageOutput
from bot.playground.invokeai.nodes.pictures import saved
from bot.playground.invokeai.nodes.pixels import curve, resized


class BoundingBoxInvocation(Node):
    """A box of four numbers."""

    spec = Spec(
        *("Bounding Box", "1.0.0", "primitives"),
        ("primitives", "segmentation", "collection", "bounding box"),
        BoundingBoxOutput,
    )
    x_min: int = optional(0, "Its left edge")
    y_min: int = optional(0, "Its upper edge")
    x_max: int = optional(0, "Its right edge")
    y_max: int = optional(0, "Its lower edge")
    type: Literal["bounding_box"] = kind("bounding_box")

    def run(self, context: Context) -> BoundingBoxOutput:
        box = BoundingBoxField(x_min=self.x_min, x_max=self.x_max, y_min=self.y_min, y_max=self.y_max)
        return BoundingBoxOutput(bounding_box=box)


class CropImageToBoundingBoxInvocation(ImageNode):
    """Cuts an image to a box, or to what is not transparent in it."""

    spec = Spec("Crop Image to Bounding Box", "1.0.0", "image", ("image", "crop"), ImageOutput)
    image: ImageField | None = required("The image")
    bounding_box: BoundingBoxField | None = optional(None, "The box")
    type: Literal["crop_image_to_bounding_box"] = kind("crop_image_to_bounding_box")

    def run(self, context: Context) -> ImageOutput:
        picture, box = context.load(self.image), self.bounding_box
        return saved(context, picture.crop((box.x_min, box.y_min, box.x_max, box.y_max) if box else picture.getbbox()))


class GetMaskBoundingBoxInvocation(Node):
    """The box around what has a mask's colour."""

    spec = Spec("Get Image Mask Bounding Box", "1.0.0", "mask", ("mask",), BoundingBoxOutput)
    mask: ImageField | None = required("The mask")
    margin: int = optional(0, "Room around it, in pixels")
    mask_color: ColorField = optional(ColorField(r=255, g=255, b=255, a=255), "The mask's colour")
    type: Literal["get_image_mask_bounding_box"] = kind("get_image_mask_bounding_box")

    def run(self, context: Context) -> BoundingBoxOutput:
        mask = context.load(self.mask).convert("RGBA")
        other = ImageChops.difference(mask, Image.new("RGBA", mask.size, self.mask_color.tuple()))
        inside = ImageOps.invert(curve(other.convert("RGB").convert("L"), lambda byte: 255 if byte else 0))
        box = inside.getbbox()
        if box is None:
            return BoundingBoxOutput(bounding_box=BoundingBoxField(x_min=0, x_max=0, y_min=0, y_max=0))
        # The last row and column are lost on a real server too.
        left, top, right, bottom = box
        return BoundingBoxOutput(
            bounding_box=BoundingBoxField(
                x_min=max(0, left - self.margin),
                x_max=min(mask.width, right - 1 + self.margin),
                y_min=max(0, top - self.margin),
                y_max=min(mask.height, bottom - 1 + self.margin),
            )
        )


class ApplyMaskToImageInvocation(ImageNode):
    """Makes transparent what a mask leaves out."""

    spec = Spec("Apply Mask to Image", "1.0.0", "mask", ("image", "mask", "blend"), ImageOutput)
    image: ImageField | None = required("The image")
    mask: ImageField | None = required("The mask")
    invert_mask: bool = optional(False, "Whether to swap what stays and what goes")
    type: Literal["apply_mask_to_image"] = kind("apply_mask_to_image")

    def run(self, context: Context) -> ImageOutput:
        picture, mask = context.load(self.image).convert("RGBA"), context.load(self.mask).convert("L")
        mask = ImageOps.invert(mask) if self.invert_mask else mask
        picture.putalpha(ImageChops.multiply(resized(mask, picture.size), picture.getchannel("A")))
        return saved(context, picture)
