"""The report on a workflow file, for people and for programs."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bot.config import BackendSettings
from bot.playground.invokeai import LocalInvokeAI
from bot.reports import Capabilities, FileReport, as_json, ask_backend, examine, plain, print_report
from tests.bot.world import BUNDLED, FIXTURES
from workflows.errors import UserError


@pytest.fixture
async def capabilities(server: LocalInvokeAI) -> Capabilities:
    return await ask_backend(BackendSettings(url=server.url))


def printed(report: FileReport, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_report(console, report)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_report_for_a_program(capabilities: Capabilities) -> None:
    found = as_json(examine(BUNDLED / "resize.json", capabilities))
    assert json.loads(json.dumps(found)) == found
    assert (found["ok"], found["name"], found["error"]) == (True, "resize", None)
    options = {entry["option"]: entry for entry in found["inputs"]}
    width = options["width"]
    assert (width["kind"], width["min"], width["max"], width["default"], width["required"]) == (
        "integer",
        16,
        2048,
        768,
        False,
    )
    assert options["resampling"]["choices"][:2] == ["nearest", "box"]
    assert [output["type"] for output in found["outputs"]] == ["img_resize"]
    assert found["missing_nodes"] == found["missing_models"] == found["refused"] == []


def test_a_report_for_people(capabilities: Capabilities) -> None:
    text = printed(examine(FIXTURES / "text_to_image.json", capabilities), 200)
    assert "✓ " in text
    assert "/dawn-painter" in text
    assert "random if left empty" in text
    assert "posts " in text


@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_a_report_fits_any_terminal(width: int, capabilities: Capabilities) -> None:
    for path in (*BUNDLED.glob("*.json"), *FIXTURES.glob("*.json"), Path("none.json")):
        assert all(len(line) <= width for line in printed(examine(path, capabilities), width).splitlines())


def test_what_lacks_is_told_to_both(capabilities: Capabilities, tmp_path: Path) -> None:
    raw = json.loads((BUNDLED / "blur.json").read_text("utf-8"))
    raw["nodes"][0]["data"]["type"] = "img_blur_[bold]from_a_pack[/bold]"
    path = tmp_path / "foreign.json"
    path.write_text(json.dumps(raw), "utf-8")
    report = examine(path, capabilities)
    found = as_json(report)
    assert (found["ok"], len(found["missing_nodes"])) == (False, 1)
    text = printed(report, 200)
    assert "✗ " in text
    assert "img_blur_[bold]from_a_pack[/bold]" in text


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_a_model_that_is_not_there(is_asked_for: bool, capabilities: Capabilities, tmp_path: Path) -> None:
    """Where the author exposed it, a member picks another; where not, the workflow cannot run."""
    raw = json.loads((FIXTURES / "text_to_image.json").read_text("utf-8"))
    for node in raw["nodes"]:
        if node["data"].get("type") == "main_model_loader":
            model = {"key": "k", "hash": "h", "name": "a-model-of-mine", "base": "sd-1", "type": "main"}
            node["data"]["inputs"]["model"]["value"] = model
    elements = raw["form"]["elements"]
    (exposed,) = (
        e for e in elements.values() if e.get("data", {}).get("fieldIdentifier", {}).get("fieldName") == "model"
    )
    if not is_asked_for:
        elements[exposed["parentId"]]["data"]["children"].remove(exposed["id"])
        del elements[exposed["id"]]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(raw), "utf-8")
    found = as_json(examine(path, capabilities))
    if is_asked_for:
        (entry,) = (entry for entry in found["inputs"] if entry["option"] == "model")
        assert (found["ok"], entry["required"], entry["default"]) == (True, True, None)
    else:
        assert not found["ok"]
        assert "a-model-of-mine" in found["missing_models"][0]


def test_without_models_every_model_is_believed_to_be_there(capabilities: Capabilities) -> None:
    report = examine(FIXTURES / "text_to_image.json", Capabilities(capabilities.schemas, None))
    assert report.ok


def test_two_files_of_one_name_are_told_apart(capabilities: Capabilities) -> None:
    texts = [printed(examine(folder / "blur.json", capabilities), 200) for folder in (BUNDLED, FIXTURES)]
    assert str(BUNDLED / "blur.json") in texts[0]
    assert str(FIXTURES / "blur.json") in texts[1]


async def test_a_server_that_cannot_be_asked() -> None:
    with pytest.raises(
        UserError, match="Is InvokeAI running, and the url right\\? Name another with --url; with --schema FILE"
    ):
        await ask_backend(BackendSettings(url="http://127.0.0.1:1"))


def test_what_only_discord_draws_is_left_out() -> None:
    assert plain("**width**: see `/workflow list`") == "width: see /workflow list"
    assert plain("choose **Download Workflow**, then upload that file.") == "choose Download Workflow."


def test_a_program_is_told_every_reason(capabilities: Capabilities, tmp_path: Path) -> None:
    raw = json.loads((BUNDLED / "blur.json").read_text("utf-8"))
    raw["nodes"], raw["edges"] = [], []
    path = tmp_path / "nothing.json"
    path.write_text(json.dumps(raw), "utf-8")
    for file in (path, tmp_path / "none.json", tmp_path):
        found = as_json(examine(file, capabilities))
        assert not found["ok"]
        assert found["problems"]
    assert as_json(examine(BUNDLED / "blur.json", capabilities))["problems"] == []


def test_a_collection_is_shown_by_all_its_names(capabilities: Capabilities) -> None:
    report = examine(FIXTURES / "many_images.json", capabilities)
    assert "photos, photos_2, photos_3, photos_4, photos_5" in printed(report, 200)
    (entry,) = (entry for entry in as_json(report)["inputs"] if entry["kind"] == "images")
    assert entry["options"] == ["photos", "photos_2", "photos_3", "photos_4", "photos_5"]


def test_an_empty_default_is_told(capabilities: Capabilities) -> None:
    assert "text, default empty" in printed(examine(FIXTURES / "image_to_image.json", capabilities), 200)
