"""The report on a workflow file, for people and for programs."""

import asyncio
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.config import BackendSettings
from bot.playground.invokeai import LocalInvokeAI
from bot.reports import Capabilities, FileReport, as_json, ask_backend, examine, plain, print_report
from tests.bot.world import BUNDLED, FIXTURES
from tests.workflows.builders import edge, form, node, raw, schemas_of, shown
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


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_what_must_be_typed_is_never_cut(width: int, capabilities: Capabilities, tmp_path: Path) -> None:
    label = "Flux domain transfer negative s"
    path = exposing(tmp_path, "soft.radius")
    told = json.loads(path.read_text("utf-8"))
    soft = next(one for one in told["nodes"] if one["id"] == "soft")
    soft["data"]["inputs"]["radius"] |= {"label": label, "description": "long words " * 20}
    long = tmp_path / ("a-name-of-a-file-" * 8 + ".json")
    long.write_text(json.dumps(told), "utf-8")
    text = printed(examine(long, capabilities), width)
    assert "flux_domain_transfer_negative_s " in text
    assert str(long) in "".join(line.strip("│ ") for line in text.splitlines())
    several = printed(examine(FIXTURES / "many_images.json", capabilities), width)
    assert all(name in re.split(r"[ ,\n]+", several) for name in ("photos", "photos_2", "photos_3", "photos_5"))


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
    for one in raw["nodes"]:
        if one["data"].get("type") == "main_model_loader":
            model = {"key": "k", "hash": "h", "name": "a-model-of-mine", "base": "sd-1", "type": "main"}
            one["data"]["inputs"]["model"]["value"] = model
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


async def test_a_server_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.reports._PATIENCE", 0.1)
    answering = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering.wait()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(5):
            with pytest.raises(UserError, match=r"does not answer \(nothing came in time\)\."):
                await ask_backend(BackendSettings(url=f"http://127.0.0.1:{port}"))
        answering.set()


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


KEYS = {
    *("file", "ok", "name", "version", "inputs", "outputs", "missing_nodes", "missing_models", "refused", "ignored"),
    "warnings",
}
INPUT_KEYS = {
    *("node_id", "field", "kind", "option", "label", "required", "default", "min", "max", "choices", "source"),
}


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b"[" * 100_000, b"\x89PNG\r\n\x1a\n"])
def test_every_key_is_there_whatever_the_file_is(
    content: bytes | None, capabilities: Capabilities, tmp_path: Path
) -> None:
    path = tmp_path / "odd.json"
    if content is not None:
        path.write_bytes(content)
    found = as_json(examine(path, capabilities))
    assert found.keys() >= KEYS
    assert (found["ok"], found["version"], found["inputs"], found["warnings"]) == (False, None, [], [])
    assert found["problems"] == [found["error"]]


def exposing(tmp_path: Path, *fields: str, source: str = "form", **parts: Any) -> Path:
    """A workflow of a blurred picture that shows these fields."""
    paper, soft = node("paper", "blank_image", {"width": 16}), node("soft", "img_blur", {"radius": 2.0})
    save = node("save", "save_image", {"board": "auto"})
    edges = [edge("paper.image", "soft.image"), edge("soft.image", "save.image")]
    shows: dict[str, Any] = {"form": form(*map(shown, fields))} if source == "form" else {"exposed": fields}
    path = tmp_path / "exposing.json"
    path.write_text(json.dumps(raw(paper, soft, save, edges=edges, **shows, **parts)), "utf-8")
    return path


@pytest.mark.parametrize("source", ["form", "exposedFields"])
def test_what_is_not_offered_is_listed_in_its_place(source: str, capabilities: Capabilities, tmp_path: Path) -> None:
    path = exposing(tmp_path, "save.board", "soft.radius", "soft.image", "gone.x", "paper.width", source=source)
    found = as_json(examine(path, capabilities))
    assert [(i["field"], i["option"]) for i in found["inputs"]] == [
        ("board", None),
        ("radius", "radius"),
        ("image", None),
        ("width", "width"),
    ]
    assert {entry["source"] for entry in found["inputs"]} == {source}
    assert all(entry.keys() >= INPUT_KEYS for entry in found["inputs"])
    assert [entry["kind"] for entry in found["inputs"]] == ["board", "number", "image", "integer"]


def test_a_field_of_a_node_that_is_not_there_is_listed_as_fixed(capabilities: Capabilities, tmp_path: Path) -> None:
    raw_path = exposing(tmp_path, "soft.radius", "paper.width")
    raw_path.write_text(raw_path.read_text("utf-8").replace("img_blur", "blur_from_a_pack"), "utf-8")
    found = as_json(examine(raw_path, capabilities))
    assert [(entry["field"], entry["kind"]) for entry in found["inputs"]] == [
        ("radius", "fixed"),
        ("width", "integer"),
    ]
    assert all(entry.keys() >= INPUT_KEYS for entry in found["inputs"])


def test_more_inputs_than_a_command_takes(capabilities: Capabilities, tmp_path: Path) -> None:
    papers = [node(f"p{number}", "blank_image", {"width": 16}) for number in range(40)]
    path = tmp_path / "many.json"
    path.write_text(json.dumps(raw(*papers, exposed=[f"p{number}.width" for number in range(40)])), "utf-8")
    report = examine(path, capabilities)
    found = as_json(report)
    assert found["ok"]
    assert [entry["node_id"] for entry in found["inputs"]] == [f"p{number}" for number in range(40)]
    without = [entry for entry in found["inputs"] if entry["option"] is None]
    assert 15 <= len(without) < 40
    assert printed(report, 200).count("the command has no room for it") == len(without)


def test_the_models_that_fit_are_choices(capabilities: Capabilities) -> None:
    path = FIXTURES / "text_to_image.json"
    (entry,) = (i for i in as_json(examine(path, capabilities))["inputs"] if i["kind"] == "model")
    assert entry["choices"]
    (entry,) = (
        i for i in as_json(examine(path, Capabilities(capabilities.schemas, None)))["inputs"] if i["kind"] == "model"
    )
    assert entry["choices"] == []


def test_a_provider_that_is_paid_must_be_allowed(tmp_path: Path) -> None:
    schemas = schemas_of(dear_image_generation={}, blank_image={})
    path = tmp_path / "dear.json"
    path.write_text(json.dumps(raw(node("a", "dear_image_generation"), node("b", "blank_image"))), "utf-8")
    capabilities = Capabilities(schemas, None)
    assert "dear_image_generation" in as_json(examine(path, capabilities))["refused"][0]
    assert as_json(examine(path, capabilities, allow_paid=True))["refused"] == []


def test_a_terminal_is_not_steered_by_a_document(capabilities: Capabilities, tmp_path: Path) -> None:
    path = exposing(tmp_path, "soft.radius", name="\x1b]0;mine\x07", description="\x1b[2J\u009b31mred\x00")
    text = printed(examine(path, capabilities), 200)
    assert "31mred" in text
    assert not any(c in text for c in "\x1b\x07\u009b\x00")


def test_a_fault_of_ours_does_not_keep_the_others_from_being_told(
    capabilities: Capabilities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.reports.check", lambda *_, **__: 1 / 0)
    found = as_json(examine(BUNDLED / "blur.json", capabilities))
    assert found["error"] == "makes Familiar stumble (ZeroDivisionError): a fault of ours, not of it."
