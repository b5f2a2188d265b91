"""Pictures as WebP: as good as the limit leaves them, found in few tries: of large ones each takes seconds."""

import io
from typing import Any

import pytest
from PIL import Image

from bot import fitting
from bot.fitting import fitted, guessed, saved


def noise(size: tuple[int, int], deviation: float = 60) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise(size, deviation) for _ in range(3)])


def uneven(size: tuple[int, int]) -> Image.Image:
    """A picture that is noisy below, and above is next to nothing."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.paste(noise((size[0], size[1] // 3), 30), (0, size[1] - size[1] // 3))
    return image


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """How pictures of many pixels were packed."""
    done: list[dict[str, Any]] = []
    save = Image.Image.save

    def counted(image: Image.Image, *args: Any, **how: Any) -> None:
        if image.width * image.height > 1_000_000:
            done.append(how)
        save(image, *args, **how)

    monkeypatch.setattr(Image.Image, "save", counted)
    return done


@pytest.mark.parametrize("most", range(20, 105, 5))
def test_the_highest_quality_that_fits_is_found_in_few_tries(most: int) -> None:
    """Sizes as an encoder has them: they grow ever faster, and in no even steps."""
    tried: list[int] = []

    def encode(quality: int) -> bytes:
        tried.append(quality)
        return bytes(round(1.06**quality * 100) + (quality % 3) * 7)

    limit = len(encode(most))
    tried.clear()
    found = fitting.highest(encode, limit)
    assert (found and found[0]) == (None if most < 50 else min(most, 99))
    assert len(tried) == len(set(tried)) <= 9


@pytest.mark.parametrize("size", [(1600, 1500), (5000, 480)])
@pytest.mark.parametrize("make", [noise, uneven])
def test_the_highest_quality_of_a_large_picture_is_found_in_very_few(make, size, tries: list[dict[str, Any]]) -> None:
    image = make(size)
    limit = len(saved(image, "WEBP", quality=80)) + 10
    tries.clear()
    found = fitted(image, limit)
    assert limit * 0.95 < len(found.data) <= limit
    assert found.note in {f"WebP at quality {best}: the PNG is over the server's limit" for best in (79, 80)}
    assert len(tries) <= 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_fits_without_loss_is_packed_so(mode: str, tries: list[dict[str, Any]]) -> None:
    image = Image.effect_noise((200, 200), 90).resize((1600, 1500), Image.Resampling.BICUBIC).convert(mode)
    found = fitted(image, len(saved(image, "WEBP", lossless=True, quality=20, method=2)) + 1000)
    assert found.is_whole
    assert Image.open(io.BytesIO(found.data)).convert(mode).tobytes() == image.tobytes()


def test_where_none_fits_fewer_pixels_are_tried_at_once(tries: list[dict[str, Any]]) -> None:
    image = noise((1600, 1500))
    found = fitted(image, 100_000)
    assert found.note.startswith("made smaller")
    assert 70_000 < len(found.data) <= 100_000
    assert tries == []


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "I;16", "LA"])
def test_a_sample_tells_about_how_large_a_picture_gets(mode: str) -> None:
    source = uneven((1600, 1500))
    image = source.convert("I").convert("I;16") if mode == "I;16" else source.convert(mode)
    size = len(saved(image, "PNG", compress_level=6))
    assert 0.7 < guessed(image, "PNG", compress_level=6) / size < 1.4


@pytest.mark.parametrize(("size", "mode"), [((300, 300), "RGB"), ((40_000, 60), "RGB"), ((1600, 1500), "P")])
def test_what_tells_nothing_is_simply_tried(size: tuple[int, int], mode: str) -> None:
    assert guessed(Image.new(mode, size), "PNG") == 0
