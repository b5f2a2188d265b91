"""What is there already of a job's results is not posted again, whatever it is called by now."""

import pytest

from bot.jobs import Place
from bot.media import ResultFile
from cogs._posting import Posted

HERE, BELOW = Place(1, 2), Place(1, 3)


def result(name: str, *, is_spoiler: bool = False) -> ResultFile:
    return ResultFile(name, b"", is_spoiler=is_spoiler)


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (["job-11.png", "job-12.png"], BELOW),
        (["job-11.webp", "job-12.png"], BELOW),
        (["job-11.webp"], BELOW),
        (["job-1.webp"], HERE),
        (["job-11.webp", "job-13.webp"], None),
        (["job-110.png"], None),
        (["job-sheet.png"], None),
        ([], None),
    ],
)
@pytest.mark.parametrize("is_spoiler", [False, True])
@pytest.mark.parametrize("was_spoiler", [False, True])
def test_where_results_stand_though_they_were_made_smaller_since(
    names: list[str], place: Place | None, is_spoiler: bool, was_spoiler: bool
) -> None:
    there = {"job-1.png": HERE, "job-11.png": BELOW, "job-12.png": BELOW}
    cover = "SPOILER_" if was_spoiler else ""
    posted = Posted({f"{cover}{name}": where for name, where in there.items()})
    assert posted.holding([result(name, is_spoiler=is_spoiler) for name in names]) == place
