"""What people read: complete in English, the same in every language, and with the values that each sentence needs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, visitor
from fluent.syntax import ast as ftl

from workflows.errors import UserError
from workflows.texts import ENGLISH, LANGUAGES, Text, Voice, language_of, pack, say, unpack

ROOT = Path(__file__).parents[2]
LOCALES = ROOT / "workflows" / "locales"


class _Values(visitor.Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802  the library calls it so
        self.names.add(node.id.name)


def messages(language: str, topic: str = "*") -> dict[str, set[str]]:
    """Return the messages of a language, each with the names of its values."""
    found: dict[str, set[str]] = {}
    for path in sorted((LOCALES / language).glob(f"{topic}.ftl")):
        for entry in FluentParser().parse(path.read_text("utf-8")).body:
            assert not isinstance(entry, ftl.Junk), f"{path.name}: {entry.content}"
            if not isinstance(entry, ftl.Message):
                continue
            assert entry.id.name.partition("-")[0] == path.stem, f"{entry.id.name} stands in {path.name}"
            assert entry.id.name not in found
            values = _Values()
            values.visit(entry)
            found[entry.id.name] = values.names
    return found


def said() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield every key that the code says by name: where, the key, and its values, None where they are passed on."""
    topics = {path.stem for path in (LOCALES / ENGLISH).glob("*.ftl")}
    for room in ("bot", "cogs", "workflows"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                key = node.args[0]
                if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                    continue
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name == "say" or (name.endswith("voice") and key.value.partition("-")[0] in topics):
                    values = None if any(k.arg is None for k in node.keywords) else {str(k.arg) for k in node.keywords}
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", key.value, values


def test_every_key_that_is_said_stands_in_english():
    known = messages(ENGLISH)
    for place, key, values in said():
        assert key in known, f"{place}: {key}"
        assert values is None or values >= known[key], f"{place}: {key} needs {known[key] - values}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all_that_english_does_with_the_same_values(language: str):
    assert messages(language) == messages(ENGLISH)


def test_no_message_is_left_that_nobody_says():
    code = "".join(p.read_text("utf-8") for room in ("bot", "cogs", "workflows") for p in (ROOT / room).rglob("*.py"))
    # A key may be put together from its parts: then its beginning stands in the code. Commands are looked at apart.
    keys = messages(ENGLISH).keys() - messages(ENGLISH, "commands").keys()
    unused = [key for key in keys if f'"{key}"' not in code and f'"{key.rpartition("-")[0]}-' not in code]
    assert not unused


def test_a_text_is_english_until_it_is_told_in_another_language():
    text = say("shared-not-known")
    assert text == "That job is no longer known here."
    assert Voice("de").tell(text) == "Dieser Auftrag ist hier nicht mehr bekannt."
    assert Voice("de").tell("as typed") == "as typed"


def test_a_long_value_is_cut_and_not_lost():
    told = say("input-wrong", name="prompt", problem="y" * 3000)
    assert told.startswith("**prompt**: yyy")
    assert told.endswith("…")


def test_an_error_keeps_its_text():
    error = UserError(say("shared-not-known"))
    assert Voice("de").tell(error.args[0]).startswith("Dieser Auftrag")


def test_a_text_is_kept_in_the_database_and_told_in_any_language():
    stored = pack(say("shared-not-known"))
    back = unpack(stored)
    assert isinstance(back, Text) and back == "That job is no longer known here."
    assert Voice("de").tell(back).startswith("Dieser")
    assert unpack(pack("as typed")) == "as typed"


@pytest.mark.parametrize(
    ("locale", "language"), [("de", "de"), ("de-AT", "de"), ("en-GB", "en"), ("ja", "en"), (None, "en"), ("", "en")]
)
def test_what_discord_calls_a_language(locale: str | None, language: str):
    assert language_of(locale) == language
