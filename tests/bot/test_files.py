"""Workflow files on this machine, and what else may lie where one was expected."""

import io
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.files import read_document, read_workflow, workflow_files
from workflows.document import MAX_BYTES
from workflows.errors import DocumentError


def png(**texts: str) -> bytes:
    info, stream = PngInfo(), io.BytesIO()
    for key, text in texts.items():
        info.add_text(key, text)
    Image.new("RGB", (8, 8)).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda path: None, "cannot be read: No such file"),
    "a folder": (Path.mkdir, "is a folder; name one file."),
    "a link to nothing": (lambda path: path.symlink_to("gone"), "is a link to something that is not there."),
    "a pipe that nobody writes to": (os.mkfifo, "is no ordinary file"),
    "a socket": (listening, "is no ordinary file"),
    "a link to itself": (lambda path: path.symlink_to(path), "cannot be read: "),
    "a huge file": (huge, "up to 5 MiB"),
    "a picture without a workflow": (lambda path: path.write_bytes(png()), "holds no workflow"),
    "half a picture": (lambda path: path.write_bytes(png()[:60]), "damaged"),
}


@pytest.mark.parametrize(("make", "problem"), ODD.values(), ids=ODD)
def test_what_is_no_file_with_a_workflow_is_told(make: Callable[[Path], object], problem: str, tmp_path: Path) -> None:
    make(path := tmp_path / "odd.json")
    with pytest.raises(DocumentError) as error:
        read_document(path)
    assert problem in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00\xff", b" " * MAX_BYTES])
def test_whatever_it_holds_is_for_the_reader_to_judge(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert read_document(tmp_path / "a.json") == content


def test_a_picture_gives_the_workflow_that_made_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(invokeai_workflow='{"name": "Füchse"}'))
    assert read_document(tmp_path / "a.png").decode() == '{"name": "Füchse"}'


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "That picture is empty."),
        (png(invokeai_workflow="nothing"), "That picture's workflow is not JSON"),
        (png(invokeai_workflow="[]"), "That picture's workflow is JSON, but not a workflow."),
        (png(invokeai_workflow="{}"), "That picture's workflow is JSON, but not a workflow:"),
        (b"{}", "That file is JSON, but not a workflow:"),
    ],
)
def test_a_picture_is_not_told_as_a_file_of_json(data: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(DocumentError) as error:
        read_workflow(tmp_path / "a.png")
    assert str(error.value).startswith(problem)


def test_a_folder_stands_for_what_is_in_it(tmp_path: Path) -> None:
    (folder := tmp_path / "some").mkdir()
    (empty := tmp_path / "none").mkdir()
    for name in ("b.json", "a.PNG", "notes.txt", ".hidden", "c.jpeg"):
        (folder / name).touch()
    (folder / "sub.json").mkdir()
    given = [folder, empty, tmp_path / "gone.json", folder / "notes.txt"]
    assert workflow_files(given) == [folder / "a.PNG", folder / "b.json", *given[1:]]
