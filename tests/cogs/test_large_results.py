"""Results as large as upscalers make them, against Discord's real limits: 10 MiB a file, 25 MiB a request."""

import io
from typing import Any

import pytest
from PIL import Image, ImageChops

from tests.cogs.atelier import Atelier, Field, buttons, edge, job_id, node, text, workflow

MIB = 2**20
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.cogs.atelier.PATIENCE", 200.0)


def photo(size: tuple[int, int]) -> bytes:
    """A JPEG with large shapes and small ones, and some grain, in all its colours."""
    bands = [Image.effect_noise((size[0] // part, size[1] // part), 60) for part in (64, 48, 32)]
    grain = Image.effect_noise(size, 24)
    image = Image.merge("RGB", [ImageChops.add(one.resize(size, 3), grain, 1, -128) for one in bands])
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def turned(count: int) -> dict[str, Any]:
    """A workflow that makes so many pictures of one."""
    return workflow(
        node("range", "range_of_size", Field("size", count, exposed=False), Field("step", 10, exposed=False)),
        node("each", "iterate"),
        node("hue", "img_hue_adjust", Field("image", label="Picture")),
        edges=(edge("range.collection", "each.collection"), edge("each.item", "hue.hue")),
        name="Turned",
    )


async def test_a_large_one_is_fitted_and_comes_whole_on_request(atelier: Atelier) -> None:
    await atelier.publish(turned(1))
    card = await atelier.over(await atelier.run("turned", {"picture": ("x.jpg", photo((4096, 4096)))}))
    (file,) = card.attachments
    assert 5 * MIB < file.size <= 10 * MIB
    assert Image.open(io.BytesIO(file.data)).size == (4096, 4096)
    assert "WebP at quality 9" in text(card)
    told = await atelier.told(await atelier.place.member.press(card, "Originals"))
    assert told == "I sent you the original by direct message."
    parts = [part for message in atelier.place.member.dm.messages for part in message.attachments]
    assert len(parts) > 2
    whole = Image.open(io.BytesIO(b"".join(part.data for part in parts)))
    assert (whole.format, whole.size) == ("PNG", (4096, 4096))
    await atelier.tidy()


async def test_many_large_ones_come_in_order_under_a_sheet_of_them_all(atelier: Atelier) -> None:
    await atelier.publish(turned(12))
    card = await atelier.over(await atelier.run("turned", {"picture": ("x.jpg", photo((2000, 2000)))}))
    await atelier.tidy()
    job, messages = job_id(card), atelier.channel.messages
    names = [file.filename.partition(".")[0] for message in messages for file in message.attachments]
    assert names == [f"{job}-sheet", *(f"{job}-{number}" for number in range(1, 13))]
    for message in messages:
        sizes = [file.size for file in message.attachments]
        assert max(sizes) <= 10 * MIB
        assert sum(sizes) <= 25 * MIB
    assert sum(file.size for file in messages[0].attachments) > 15 * MIB
    assert "Originals" in buttons(card)
    assert atelier.refusals() == []
