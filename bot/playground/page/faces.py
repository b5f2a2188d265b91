"""People's pictures of themselves, drawn as the page draws them: an initial on their colour."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from bot.playground.discord.state import User
from bot.playground.page.drawn import colour_of

_SIDE = 512
#: Of the letter, as the page's own has it beside its circle.
_SHARE = 0.45


def face(user: User) -> bytes:
    """Draw somebody's picture, as a PNG."""
    picture = Image.new("RGB", (_SIDE, _SIDE), colour_of(user))
    font = ImageFont.load_default(_SIDE * _SHARE)
    middle = _SIDE / 2, _SIDE / 2
    ImageDraw.Draw(picture).text(middle, user.name[0], fill="white", font=font, anchor="mm", stroke_width=_SIDE // 128)
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()
