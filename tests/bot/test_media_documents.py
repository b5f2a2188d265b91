"""Workflows inside pictures: as InvokeAI saves them, as other programs leave them, and as somebody mean makes them."""

import contextlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bot.media import document_in
from tests.bot.test_media import saved
from tests.bot.world import document, picture
from workflows.document import MAX_BYTES, read
from workflows.errors import DocumentError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = (b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
PIXEL = (b"IDAT", zlib.compress(b"\0\0"))
END = (b"IEND", b"")


def png(*chunks: tuple[bytes, bytes], before: bool = True) -> bytes:
    """A PNG of one pixel with these chunks before its pixel, or after."""
    order = [HEADER, *chunks, PIXEL, END] if before else [HEADER, PIXEL, *chunks, END]
    return SIGNATURE + b"".join(
        len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4) for kind, data in order
    )


def written(
    text: str, keyword: str = "invokeai_workflow", *, compress: bool = False, international: bool = False
) -> bytes:
    """A picture with a text, as InvokeAI's own library writes it."""
    texts = PngImagePlugin.PngInfo()
    (texts.add_itxt if international else texts.add_text)(keyword, text, zip=compress)
    return saved(Image.new("RGB", (4, 4)), pnginfo=texts)


@pytest.mark.parametrize("international", [False, True])
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("name", ["Plain", "Wölfe bei Nacht", "狼 🐺"])
def test_a_workflow_comes_out_as_it_went_in(name: str, compress: bool, international: bool) -> None:
    text = document("blur").decode().replace('"name": "', f'"name": "{name} ', 1)
    found = document_in(written(text, compress=compress, international=international))
    assert found.decode() == text
    assert read(found).name.startswith(name)


def test_a_text_after_the_pixels_counts_too() -> None:
    assert document_in(png((b"tEXt", b"invokeai_workflow\0{}"), before=False)) == b"{}"


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b"\x89PN", b"RIFF\0\0\0\0WAVE", document("blur")])
def test_what_is_no_picture_comes_back_as_it_is(data: bytes) -> None:
    assert document_in(data) == data


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_converted_picture_is_told_apart(kind: str) -> None:
    with pytest.raises(DocumentError, match="Upload the original PNG"):
        document_in(picture(kind=kind))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (picture(), "holds no workflow. Upload a PNG"),
        (written("x", "Comment"), "holds no workflow. Upload a PNG"),
        (written("", "invokeai_workflow"), "holds no workflow. Upload a PNG"),
        (written("null", "invokeai_workflow"), "holds no workflow. Upload a PNG"),
        (written("{}", "invokeai_graph"), "made outside InvokeAI's workflow editor"),
        (written("{}", "invokeai_metadata"), "made outside InvokeAI's workflow editor"),
        # A text of this name in a chunk that holds none.
        (png((b"eXIf", b"invokeai_workflow\0{}")), "holds no workflow. Upload a PNG"),
    ],
)
def test_a_picture_without_a_workflow_says_so(data: bytes, complaint: str) -> None:
    with pytest.raises(DocumentError, match=complaint):
        document_in(data)


WHOLE = png((b"tEXt", b"invokeai_workflow\0{}"))
DAMAGED = {
    "only a head": SIGNATURE,
    "cut in the text": WHOLE[:50],
    "cut before the end": WHOLE[:-12],
    "cut in the last number": WHOLE[:-1],
    "a byte turned": WHOLE.replace(b"{}", b"{ "),
    "a size that is not there": WHOLE.replace(b"\0\0\0\x14tEXt", b"\x7f\xff\xff\xfftEXt"),
    "a compressed text that is none": png((b"zTXt", b"invokeai_workflow\0\0{}")),
    "a compressed text cut short": png((b"zTXt", b"invokeai_workflow\0\0" + zlib.compress(b"{}" * 99)[:-9])),
    "an international text without its heads": png((b"iTXt", b"invokeai_workflow\0")),
    "an international text without a text": png((b"iTXt", b"invokeai_workflow\0\0\0en")),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_picture_is_refused_kindly(data: bytes) -> None:
    with pytest.raises(DocumentError, match="damaged or cut short"):
        document_in(data)


@given(st.sampled_from([b"zTXt", b"iTXt", b"tEXt"]), st.binary(max_size=60))
def test_whatever_stands_in_a_text_it_is_read_or_refused(kind: bytes, text: bytes) -> None:
    with contextlib.suppress(DocumentError):
        document_in(png((kind, b"invokeai_workflow\0" + text)))


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=9))
def test_wherever_it_is_damaged_it_is_read_or_refused(place: int, other: bytes) -> None:
    with contextlib.suppress(DocumentError):
        document_in(WHOLE[:place] + other + WHOLE[place + len(other) :])


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"tEXt"])
def test_a_text_that_swells_is_cut_and_then_refused(kind: bytes) -> None:
    """Twenty kilobytes that would be twenty megabytes; and one that is large to begin with."""
    heads = {b"zTXt": b"\0", b"iTXt": b"\1\0\0\0", b"tEXt": b""}
    data = bytes(MAX_BYTES + 9) if kind == b"tEXt" else zlib.compress(bytes(4 * MAX_BYTES))
    found = document_in(png((kind, b"invokeai_workflow\0" + heads[kind] + data)))
    assert len(found) == MAX_BYTES + 1
    with pytest.raises(DocumentError, match="up to 5 MiB"):
        read(found)
