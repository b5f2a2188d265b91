"""Every workflow of this project, from the admin's upload to the picture in the channel, on a real InvokeAI."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps

from tests.live import pictures
from tests.live.atelier import BUNDLED, FIXTURES, Atelier, furnished, job_id, results, text
from tests.live.conftest import Leftovers
from tests.live.pictures import BLUE, RED, board, difference, encoded, is_near, pixel, roughness, spread

PNG = ("board.png", encoded(board()))
Pictures = list[Image.Image]


@pytest.fixture
async def atelier(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[Atelier]:
    async with furnished(tmp_path, leftovers.server.url) as atelier, atelier.bot():
        yield atelier


@dataclass(frozen=True)
class Case:
    """A workflow, what a member gives it, what the card says of that, and what must come out."""

    file: Path
    command: str
    given: Mapping[str, object]
    said: Mapping[str, str]
    check: Callable[[Pictures], object]
    sizes: list[tuple[int, int]] = field(default_factory=lambda: [(96, 64)])


def is_blurred(made: Pictures) -> None:
    assert all(roughness(one) < roughness(board()) / 3 for one in made)


def is_sharper(made: Pictures) -> None:
    assert spread(made[0]) > spread(board())


def is_negative(made: Pictures) -> None:
    assert difference(made[0], ImageOps.invert(board())) < 1


def is_stronger(made: Pictures) -> None:
    assert spread(made[0]) > spread(board()) * 1.2


def is_turned_to_green(made: Pictures) -> None:
    red, green, blue = pixel(made[0], (2, 2))
    assert green > max(red, blue) + 50


def is_resized(made: Pictures) -> None:
    assert difference(made[0], board().resize((200, 40), Image.Resampling.NEAREST)) < 1


def has_dark_lines(made: Pictures) -> None:
    assert pixel(made[0], (4, 4)) == (255, 255, 255)
    dark = sum(made[0].convert("L").histogram()[:64])
    assert 0.02 < dark / (96 * 64) < 0.7


def has_light_lines(made: Pictures) -> None:
    assert pixel(made[0], (4, 4)) == (0, 0, 0)
    assert any(made[0].convert("L").histogram()[192:])


def lies_on_the_other(made: Pictures) -> None:
    """The picture in front was halved and laid at (40, 20); its first square is blue."""
    assert is_near(pixel(made[0], (2, 2)), RED)
    assert is_near(pixel(made[0], (41, 21)), BLUE, 40)
    front = made[0].crop((40, 20, 88, 52))
    assert difference(front, board(dark=BLUE).resize((48, 32), Image.Resampling.LANCZOS)) < 6


def all_differ(made: Pictures) -> None:
    for number, one in enumerate(made):
        assert all(difference(one, other) > 5 for other in made[:number])


def begins_as_it_was(made: Pictures) -> None:
    assert difference(made[0], board()) < 3
    all_differ(made)


def are_in_the_order_given(made: Pictures) -> None:
    """Five photos of growing redness, blurred."""
    reds = [pixel(one, (48, 32))[0] for one in made]
    assert reds == sorted(reds)
    assert len(set(reds)) == len(reds)


def is_a_card(made: Pictures) -> None:
    assert pixel(made[0], (5, 5)) == (0x10, 0x80, 0x20)
    panel = made[0].crop((30, 40, 200, 150))
    assert spread(panel) > 5, "no grain"


def is_flatter(made: Pictures) -> None:
    assert spread(made[0]) < spread(board()) / 2


PHOTOS = {
    name: (f"{name}.png", encoded(Image.new("RGB", (96, 64), (40 * number, 30, 90))))
    for number, name in enumerate(("photos", "photos_2", "photos_3", "photos_4", "photos_5"), 1)
}

CASES = [
    Case(
        BUNDLED / "blur.json",
        "blur",
        {"picture": PNG, "radius": 12.5},
        {"radius": "12.5", "kind": "gaussian"},
        is_blurred,
    ),
    Case(
        BUNDLED / "collage.json",
        "collage",
        {
            "background": PNG,
            "picture": ("front.png", encoded(board(dark=BLUE))),
            "scale": 0.5,
            "from_the_left": 40,
            "from_the_top": 20,
        },
        {"scale": "0.5", "from_the_left": "40", "from_the_top": "20", "keep_the_frame": "yes"},
        lies_on_the_other,
    ),
    Case(
        BUNDLED / "edges.json",
        "edges",
        {"picture": PNG},
        {"low_threshold": "60", "dark_lines": "yes"},
        has_dark_lines,
    ),
    Case(
        BUNDLED / "enhance.json",
        "enhance",
        {"picture": PNG, "colour": 1, "contrast": 1, "brightness": 1, "sharpness": 1, "negative": True},
        {"negative": "yes", "sharpness": "1"},
        is_negative,
    ),
    Case(BUNDLED / "hue.json", "hue", {"picture": PNG}, {"degrees": "120"}, is_turned_to_green),
    Case(
        BUNDLED / "hue_sheet.json",
        "hue-sheet",
        {"picture": PNG, "pictures": 4},
        {"pictures": "4", "step": "60"},
        begins_as_it_was,
        [(96, 64)] * 4,
    ),
    Case(
        BUNDLED / "resize.json",
        "resize",
        {"picture": PNG, "width": 200, "height": 40, "resampling": "nearest"},
        {"width": "200", "height": "40", "resampling": "nearest"},
        is_resized,
        [(200, 40)],
    ),
    Case(BUNDLED / "sharpen.json", "sharpen", {"picture": PNG}, {"radius": "2", "strength": "120"}, is_sharper),
    Case(FIXTURES / "blur.json", "fog-glass", {"photo": PNG}, {"radius": "5.5"}, is_blurred),
    Case(
        FIXTURES / "resize_enhance.json",
        "passe-partout",
        {"photo": PNG, "width": 120, "height": 90, "contrast": 0.2},
        {"width": "120", "contrast": "0.2", "invert": "no"},
        is_flatter,
        [(120, 90)],
    ),
    Case(
        FIXTURES / "shape_card.json",
        "greeting-card",
        {"words": "Hello *you* @everyone", "width": 300, "height": 240, "paper_colour": "#108020", "x": 30, "y": 40}
        | {"seed": 4_000_000_000},
        {"words": "Hello *you* @everyone", "occasion": "holiday", "paper_colour": "#108020"}
        | {"seed": "4000000000", "x": "30"},
        is_a_card,
        [(300, 240)],
    ),
    Case(
        FIXTURES / "collection.json",
        "colour-wheel",
        {"photo": PNG, "angle": 120},
        {"how_many": "3", "angle": "120"},
        begins_as_it_was,
        [(96, 64)] * 3,
    ),
    Case(
        FIXTURES / "batch.json",
        "contact-prints",
        {"negatives": PNG, "negatives_2": ("front.png", encoded(board(dark=BLUE)))},
        {"blur_type": "gaussian"},
        all_differ,
        [(96, 64)] * 4,
    ),
    Case(FIXTURES / "many_images.json", "album", PHOTOS, {"radius": "3"}, are_in_the_order_given, [(96, 64)] * 5),
    Case(
        FIXTURES / "exposed_fields.json",
        "old-tracing",
        {"image": PNG, "low_threshold": 50},
        {"low_threshold": "50", "high_threshold": "200"},
        has_light_lines,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file.parent.name}-{case.file.stem}")
async def test_a_workflow_from_upload_to_picture(case: Case, atelier: Atelier) -> None:
    assert await atelier.publish(case.file) == case.command
    card = await atelier.run(case.command, case.given)
    made = results(card)
    assert [one.size for one in made] == case.sizes
    case.check(made)
    assert {name: atelier.value(card, name) for name in case.said} == dict(case.said)
    assert text(card).splitlines()[-1] == f"job {job_id(card)}"
    assert len(atelier.channel.messages) == 1


async def test_a_phone_s_photo_comes_out_upright_and_without_its_data(atelier: Atelier) -> None:
    """The EXIF orientation is what a phone says instead of turning the pixels."""
    await atelier.publish(BUNDLED / "hue.json")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A phone of Bo's"
    lying = encoded(board((96, 64)), "JPEG", exif=exif, quality=95)
    made = results(await atelier.run("hue", {"picture": ("photo.jpeg", lying), "degrees": 0}))
    assert made[0].size == (64, 96)
    assert difference(made[0], board((96, 64)).rotate(-90, expand=True)) < 10


async def test_a_transparent_picture_stays_transparent(atelier: Atelier) -> None:
    await atelier.publish(BUNDLED / "resize.json")
    clear = board()
    clear.putalpha(ImageChops.constant(clear.convert("L"), 0))
    given = {"picture": ("clear.webp", encoded(clear, "WEBP", lossless=True)), "width": 48, "height": 32}
    made = results(await atelier.run("resize", given))
    assert made[0].mode == "RGBA"
    assert made[0].getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("sample", ["dusk", "harbour"])
async def test_the_samples_that_come_with_the_workflows(sample: str, atelier: Atelier) -> None:
    await atelier.publish(BUNDLED / "blur.json")
    given = (BUNDLED / "samples" / f"{sample}.webp").read_bytes()
    made = results(await atelier.run("blur", {"picture": (f"{sample}.webp", given), "radius": 20}))
    assert made[0].size == pictures.decoded(given).size
    assert roughness(made[0]) < roughness(pictures.decoded(given)) / 2
