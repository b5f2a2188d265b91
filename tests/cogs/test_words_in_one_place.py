"""What members read stands in locales/: no code that speaks to them holds a sentence of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

COGS = Path(__file__).parents[2] / "cogs"
#: The workflow editor, which admins alone see, speaks English.
EDITOR = {
    *("_broken", "_drafting", "_history", "_library", "_naming", "_publish", "_report", "_sync", "workflows"),
    *(path.stem for path in COGS.glob("_panel*.py")),
}
#: What shows a text to somebody: calls by their last name.
SPEAKING = {
    *("send_message", "send", "edit_message", "edit_original_response", "edit", "privately", "reply"),
    *("UserError", "InputError", "Button", "TextInput", "Label", "Modal", "Embed", "add_field", "set_footer"),
    *("set_author", "SelectOption", "RadioGroupOption", "CheckboxGroupOption", "TextDisplay", "Select", "button"),
}
SENTENCE = re.compile(r"[^\W\d_]{2,}\S*\s+\S*[^\W\d_]{2,}")


def sentences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield where a call that speaks is given words of several letters and more than one of them."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _name(call) in SPEAKING:
            for given in (*call.args, *(keyword.value for keyword in call.keywords)):
                yield from ((one.lineno, _text(one)) for one in _literals(given) if SENTENCE.search(_text(one)))


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _literals(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from _literals(child)


def _text(node: ast.AST) -> str:
    """Return a literal with a mark for each value that is put into it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(_text(part) if isinstance(part, ast.Constant) else "{}" for part in getattr(node, "values", ()))


def test_members_are_told_nothing_that_has_no_other_language() -> None:
    found = [
        f"{path.name}:{line}: {text!r}"
        for path in sorted(COGS.glob("*.py"))
        if path.stem not in EDITOR
        for line, text in sentences(ast.parse(path.read_text("utf-8")))
    ]
    assert not found


def test_the_editor_is_what_it_is_taken_for() -> None:
    assert {path.stem for path in COGS.glob("*.py")} >= EDITOR
    for name in ("_panel_forms", "_publish"):
        assert list(sentences(ast.parse((COGS / f"{name}.py").read_text("utf-8"))))


def test_a_sentence_is_found_wherever_it_is_given() -> None:
    code = """
interaction.response.send_message("It is there")
raise UserError(f"No {name} is here" if name else "")
view.add_item(Button(label="Run it"))
embed.add_field(name=voice("run-form-needed"), value=", ".join(names))
log.info("it went well")
"""
    assert [line for line, _ in sentences(ast.parse(code))] == [2, 3, 4]
