"""The demo: the whole loop in front of a newcomer's eyes, without a token, an account or a GPU."""

import io
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from bot.playground import tour


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=100)


def shown(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


@pytest.mark.slow  # `familiar demo` is the same
@pytest.mark.timeout(15)
async def test_the_tour_tells_the_whole_story_and_saves_its_pictures(screen: Console, tmp_path: Path) -> None:
    assert await tour.tour(screen, tmp_path / "out")
    text = shown(screen)
    in_order = [
        "A local InvokeAI at http://127.0.0.1:",
        "Ada  /workflow add file:hue_sheet.json",
        "only Ada sees this",
        "[ Publish ]",
        "Ada  presses Publish",
        "/hue-sheet is ready for everyone here",
        "Bo  /hue-sheet picture:dusk.webp",
        "[ Cancel ]",
        "Step ",
        "📎 ",
        "saved ",
        "The ledger: what the job left on InvokeAI",
        "upload",
        "InvokeAI holds 0 images and 0 queue items, as before.",
    ]
    position = 0
    for words in in_order:
        assert words in text[position:], f"{words!r} does not come after {text[:position][-200:]!r}"
        position = text.index(words, position)
    assert "still there" not in text
    assert "**" not in text
    assert "@everyone" not in text
    assert "<@" not in text
    assert "@Bo" in text
    saved = sorted((tmp_path / "out").iterdir())
    assert len(saved) == 6
    for path in saved:
        assert f"saved {path}" in text
        with Image.open(path) as image:
            assert image.width > 100
