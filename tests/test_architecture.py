"""The shape of the whole: which room imports what, what stands at module level, how long a file may be."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("workflows", "bot", "cogs")
FILES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
}
MOST_LINES = 400
MOST_LINES_IN_THE_BROWSER = 250

#: What a room may import of the others.
BELOW = {"workflows": {"workflows"}, "bot": {"bot", "workflows"}, "cogs": {"cogs", "bot", "workflows"}}

PLAYGROUND = "bot/playground/"
#: Where each library is held; what ends in a slash is a folder.
HELD = {
    "discord": ("bot/bot.py", "bot/service.py", "cogs/"),
    "httpx": (
        *("workflows/client.py", "workflows/connection.py", "bot/engine.py", "bot/fetch.py", "bot/pool.py"),
        *("bot/__main__.py", "bot/doctor.py", "bot/health.py"),
    ),
    "socketio": ("workflows/events.py", PLAYGROUND),
    "aiosqlite": (
        *(
            "bot/db.py",
            "bot/engine.py",
            "bot/catalog.py",
            "bot/drafts.py",
            "bot/forms.py",
            "bot/ledger.py",
            "bot/sent.py",
        ),
        *("bot/broken.py", "bot/fitness.py", "bot/roles.py", "bot/usage.py", "bot/drained.py"),
        *("bot/preferences.py", "bot/audit.py", "bot/policies.py", "bot/originals.py", "bot/moderation.py"),
    ),
    "fluent": ("workflows/texts.py",),
    "PIL": ("bot/media.py", "bot/colours.py", "bot/fitting.py", "bot/previews.py", "bot/sheets.py", PLAYGROUND),
    "matplotlib": ("bot/chart.py",),
    "markdown_it": (PLAYGROUND + "page/",),
    "playwright": (PLAYGROUND,),
}


def every_file(check: Callable[[str], None]) -> Callable[[], None]:
    """Check each file in one test: a thousand tests of a millisecond each cost more than what they look at."""

    def test() -> None:
        for name in FILES:
            try:
                check(name)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error

    return test


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything that is imported, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def held_at(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or (place.endswith("/") and name.startswith(place)) for place in places)


def test_there_is_something_to_look_at():
    assert all(any(name.startswith(f"{room}/") for name in FILES) for room in ROOMS)


@every_file
def test_imports_run_one_way(name: str):
    room = name.partition("/")[0]
    rooms = {wanted.partition(".")[0] for wanted in imported(FILES[name])} & {*ROOMS, "tests"}
    assert rooms <= BELOW[room]


@every_file
def test_the_playground_is_used_by_the_command_line_alone(name: str):
    if not name.startswith(PLAYGROUND):
        used = [wanted for wanted in imported(FILES[name]) if wanted.startswith("bot.playground")]
        assert not used or name in {"bot/__main__.py", "bot/demo.py", "bot/doctor.py"}


@every_file
def test_cogs_import_no_cog_but_helpers(name: str):
    cogs = [wanted.split(".")[1] for wanted in imported(FILES[name]) if wanted.startswith("cogs.")]
    assert all(cog.startswith("_") for cog in cogs)


@every_file
def test_a_library_is_held_in_its_rooms(name: str):
    used = {wanted.partition(".")[0] for wanted in imported(FILES[name])} & set(HELD)
    assert all(held_at(name, HELD[library]) for library in used)


@pytest.mark.parametrize("library", HELD)
def test_a_library_is_named_here_because_it_is_used(library: str):
    assert any(wanted.partition(".")[0] == library for tree in FILES.values() for wanted in imported(tree))


@every_file
def test_no_file_is_too_long(name: str):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_what_the_browser_runs_is_in_small_files_and_fetches_nothing_from_elsewhere():
    files = sorted((ROOT / PLAYGROUND / "page" / "static").iterdir())
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= MOST_LINES_IN_THE_BROWSER, path.name
        assert not re.search(r"(?:src|href)=.?\w+:|url\(|from \"(?!\./)|import\(|eval\(", text), path.name
    assert [path.name for path in files if "HTML =" in path.read_text(encoding="utf-8")] == ["dom.js"]


@every_file
def test_nothing_at_module_level_changes(name: str):
    """Constants have upper-case names; a lower-case list, dict or set, or a `global`, is state."""
    changing = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    makers = {"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict", "WeakValueDictionary"}
    for node in FILES[name].body:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            made = node.value.func if isinstance(node.value, ast.Call) else None
            called = made.id if isinstance(made, ast.Name) else getattr(made, "attr", "")
            if isinstance(node.value, changing) or called in makers:
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                assert all(name.lstrip("_").isupper() for name in names if name != "__all__"), names
    assert not any(isinstance(node, ast.Global) for node in ast.walk(FILES[name]))


@every_file
def test_nobody_asks_for_a_cog(name: str):
    assert not any(isinstance(node, ast.Attribute) and node.attr == "get_cog" for node in ast.walk(FILES[name]))
