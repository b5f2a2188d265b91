"""The file that goes along with a document: out as it was, in with suspicion."""

import json
from typing import Any

import pytest

from bot.catalog import Published
from bot.exports import MOST_BYTES, Companion, companion, file_stem, read_companion, require_size
from tests.bot.test_drafts import EDITS
from workflows.edits import Edits, InputEdit
from workflows.errors import DocumentError

PUBLISHED = Published(1, 2, 5, "größe", "Größe", "Makes it “larger”", ())


def told(**changes: Any) -> bytes:
    return json.dumps({"familiar": 1, "name": "a", "description": "", "edits": {}, **changes}).encode()


@pytest.mark.parametrize(
    "edits",
    [Edits(), EDITS, Edits(inputs=(InputEdit("n", "f", hidden=False, default={"key": "k", "submodel": None}),))],
)
def test_what_is_exported_is_read_as_it_was(edits: Edits) -> None:
    data = companion(PUBLISHED, edits)
    assert read_companion(data) == Companion(1, "größe", "Makes it “larger”", edits)
    assert data.endswith(b"}\n")


def test_what_was_not_edited_is_not_written() -> None:
    (edit,) = json.loads(companion(PUBLISHED, Edits(inputs=(InputEdit("n", "f", name="x"),))))["edits"]["inputs"]
    assert edit == {"node_id": "n", "field_name": "f", "name": "x"}


BAD = {
    "empty": b"",
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe{\x00}\x00",
    "a list": b"[]",
    "a workflow": json.dumps({"nodes": [], "edges": [], "meta": {"version": "3.0.0"}}).encode(),
    "without end": b"[" * 100_000,
    "too large": b" " * (MOST_BYTES + 1),
    "another format": told(familiar="1"),
    "no format": told(familiar=None),
    "edits that are a list": told(edits=[1]),
    "an edit of nothing": told(edits={"inputs": [{}]}),
    "words for a bound": told(edits={"inputs": [{"node_id": "n", "field_name": "f", "minimum": "low"}]}),
    "a place of one part": told(edits={"exposed": [["n"]]}),
    "not a number": told().replace(b"{}", b'{"inputs":[{"node_id":"n","field_name":"f","minimum":NaN}]}'),
    "endless": told().replace(b"{}", b'{"inputs":[{"node_id":"n","field_name":"f","default":Infinity}]}'),
    "half a character": told().replace(b'"a"', b'"\\ud800"'),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_is_no_export_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"holds no edits\. It is the one called …\.familiar\.json"):
        read_companion(data)


def test_one_of_a_newer_familiar() -> None:
    with pytest.raises(DocumentError, match="newer Familiar"):
        read_companion(told(familiar=2, edits={"unheard": "of"}))


def test_what_is_too_large_need_not_be_fetched() -> None:
    require_size(MOST_BYTES)
    with pytest.raises(DocumentError):
        require_size(MOST_BYTES + 1)


def test_words_that_discord_would_not_take_are_cut() -> None:
    read = read_companion(told(name="n" * 50, description="word " * 50, of_tomorrow=1))
    assert (len(read.name), len(read.description) <= 100) == (32, True)


@pytest.mark.parametrize(
    ("slug", "stem"), [("blur", "blur"), ("größe", "grosse"), ("размытие", "razmytie"), ("-", "workflow")]
)
def test_a_file_has_a_name_that_discord_keeps(slug: str, stem: str) -> None:
    assert file_stem(slug) == stem
