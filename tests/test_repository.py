"""What the repository holds, and what it must not."""

import re
import subprocess
from pathlib import Path

import pytest

from bot.config import TOKEN_VARIABLE, load
from bot.playground.invokeai.schema import openapi
from workflows import document
from workflows.check import check
from workflows.schema import Schemas

ROOT = Path(__file__).parents[1]
BUNDLED = sorted((ROOT / "workflows/bundled").glob("*.json"))

# The patterns are put together here, so that they do not find themselves.
SLASH = re.escape("/")
FORBIDDEN = {
    "a registry's host": "|".join(
        ("files.python" + "hosted", "pypi" + r"\.org", "npmjs" + r"\.(org|com)", "ghcr" + r"\.io")
    ),
    # What tells a tool to write none of them is fine.
    "an index setting": "(?<!no-emit-)(" + "|".join(("index" + "-url", "extra" + "-index", "find" + "-links")) + ")",
    "a path of one machine": rf"(?<![\w.])({SLASH}(work|root){SLASH}\w|{SLASH}(home|Users){SLASH}\w+{SLASH})",
    "a secret": r"\b[MN][A-Za-z\d_-]{23,28}\.[\w-]{6}\.[\w-]{27,}",
}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names_a_machine_or_a_registry(what: str):
    pattern = re.compile(FORBIDDEN[what])
    found: list[str] = []
    for path in tracked():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{n}: {line[:100]}" for n, line in enumerate(lines, 1) if pattern.search(line)
        ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["uv.lock", "familiar.sqlite", "familiar.sqlite-wal", ".venv/x", "results/x.png"])
def test_what_belongs_to_one_machine_is_ignored(name: str):
    assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False).returncode == 0


def test_no_lock_file_is_tracked():
    assert not [path.name for path in tracked() if path.name in {"uv.lock", "poetry.lock", "package-lock.json"}]


def test_the_readme_asks_for_the_permissions_that_it_names():
    """Discord's bits: view a channel, send messages, embed links, attach files, read the history; send in threads."""
    needed = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"permissions=(\d+)", text) == [str(needed)]
    assert f"{needed} is View Channels, Send Messages, Embed Links, Attach Files and Read Message History" in text
    assert f"({needed | 1 << 38} is all six)" in text


def test_the_readme_counts_the_lines_that_install_the_service():
    unit = (ROOT / "deploy/familiar.service").read_text(encoding="utf-8").splitlines()
    lines = [line for line in unit[1:] if line.startswith("#   ")]
    words = {5: "five", 6: "six", 7: "seven"}[len(lines)]
    assert f"begins with the {words} lines that install it" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_shipped_settings_load():
    settings = load(ROOT / "config.toml", {TOKEN_VARIABLE: "a token"})
    assert settings.backend
    assert settings.database.path == ROOT / "familiar.sqlite"


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_every_bundled_workflow_can_be_published(path: Path):
    report = check(document.read(path.read_bytes()), Schemas.from_openapi(openapi()), models=[])
    assert report.ok, report.problems
    assert report.document.name
    assert report.document.description
    assert not report.ignored


def test_there_are_bundled_workflows():
    assert BUNDLED
