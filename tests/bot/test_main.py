"""The command line as somebody meets it: what it prints where, and how it exits."""

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot import db
from bot.__main__ import main
from bot.config import TOKEN_VARIABLE
from bot.jobs import Job, Outcome, now
from bot.playground.discord import LocalDiscord
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.schema import openapi
from bot.terminal import Result, print_result
from tests.bot.world import BUNDLED, FIXTURES, picture
from tests.workflows.builders import node, raw
from tests.workflows.builders import openapi as openapi_of
from workflows.values import InputSpec, Kind

PROJECT = Path(__file__).parents[2]
BLUR = str(BUNDLED / "blur.json")
NOWHERE = "http://127.0.0.1:1"
SECONDS = 20


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said where."""

    code: int | None
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on standard error, where there must be nothing else."""
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        return self.err.removeprefix("familiar: ").rstrip("\n")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command finds this project's settings, nor anybody's earlier runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)


async def command(*arguments: str) -> Ran:
    """Run a command in this process, beside the servers of the test."""

    def run() -> int | None:
        before, sys.argv = sys.argv, ["familiar", *arguments]
        try:
            main()
        except SystemExit as left:
            return left.code if isinstance(left.code, int) else 0
        finally:
            sys.argv = before
        return None

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = await asyncio.to_thread(run)
    return Ran(code, out.getvalue(), err.getvalue())


async def started(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """Start a command in a process of its own, in the current folder."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> Ran:
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Ran(process.returncode, out.decode(), err.decode())


def written(name: str, content: bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def config(folder: Path, url: str = NOWHERE, discord: LocalDiscord | None = None, **backend: object) -> Path:
    path = folder / "settings.toml"
    lines = ["[discord]"]
    if discord:
        lines += [f'api_url = "{discord.api_url}"', f'gateway_url = "{discord.gateway_url}"']
    lines += ["[[backend]]", f'url = "{url}"', *(f"{key} = {json.dumps(value)}" for key, value in backend.items())]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


async def test_without_a_command_it_says_what_there_is() -> None:
    ran = await command()
    assert ran.code in {0, 2}
    for name in ("serve", "demo", "check", "compile", "run", "doctor"):
        assert name in ran.out + ran.err


# check


async def test_check_draws_the_command(server: LocalInvokeAI) -> None:
    ran = await command("check", BLUR, "--url", server.url)
    assert (ran.code, ran.err) == (0, "")
    assert "/blur" in ran.out
    assert "number from 0 to 64, default 8" in ran.out


async def test_check_takes_many_files_and_reports_on_each(server: LocalInvokeAI, tmp_path: Path) -> None:
    files = [*map(str, sorted(BUNDLED.glob("*.json"))), *map(str, sorted(FIXTURES.glob("*.json")))]
    ran = await command("check", *files, str(tmp_path / "none.json"), "--json", "--url", server.url)
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (1, "")
    assert [line["file"] for line in lines] == [*files, str(tmp_path / "none.json")]
    assert {line["file"]: line["error"] for line in lines if not line["ok"]} == {
        str(tmp_path / "none.json"): "cannot be read: No such file or directory"
    }
    blur = next(line for line in lines if line["file"] == BLUR)
    assert [entry["option"] for entry in blur["inputs"]] == ["picture", "radius", "kind"]


async def test_check_needs_no_server_with_a_saved_schema(server: LocalInvokeAI, tmp_path: Path) -> None:
    async with httpx.AsyncClient() as http:
        (tmp_path / "openapi.json").write_bytes((await http.get(f"{server.url}/openapi.json")).content)
    server.count_anew()
    ran = await command("check", BLUR, "--schema", "openapi.json", "--json")
    assert (ran.code, ran.err, json.loads(ran.out)["ok"]) == (0, "", True)
    assert not server.requests


ODD = {
    "empty": b"",
    "binary": b"\x00\xff\xfe",
    "a list": b"[]",
    "null": b"null",
    "an object": b"{}",
    "a number of nodes": b'{"nodes": 3}',
    "nodes of nothing": b'{"nodes": [{}], "edges": [1]}',
    "no nodes": b'{"nodes": [], "edges": [], "form": {"elements": []}}',
    "a deep list": b"[" * 100_000,
    "a long number": b"1" * 10_000,
    "a byte order mark": b"\xef\xbb\xbf{}",
    "half a character": b"\xed\xa0\x80",
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
async def test_check_never_ends_in_a_traceback(content: bytes, server: LocalInvokeAI, tmp_path: Path) -> None:
    """Nor does it take a path for rich's markup."""
    path = written("[red]odd[/].json", content)
    ran = await command("check", str(path), "--url", server.url)
    assert (ran.code, ran.err) == (1, "")
    assert f"✗ {path}" in ran.out
    assert "Traceback" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--url", NOWHERE],
            "Is InvokeAI running, and the url right? Name another with --url; with --schema FILE no server is needed.",
        ),
        (["--url", "localhost:9090"], "--url localhost:9090: must begin with http:// or https://"),
        (["--schema", "none.json"], "none.json: cannot be read: No such file or directory"),
        (["--schema", BLUR], "holds no InvokeAI nodes"),
        (["--schema", "deep.json"], "deep.json: is not JSON."),
        (["--schema", "pipe.json"], "pipe.json: is no ordinary file."),
        (["--schema", BLUR, "--url", NOWHERE], "Give --schema or --url, not both."),
        (["--schema", str(PROJECT / "README.md")], "is not JSON. Save http://YOUR-INVOKEAI/openapi.json there."),
        (["--config", "none.toml"], "none.toml: there is no such file."),
    ],
    ids=[
        "dead server",
        "no scheme",
        "no schema",
        "another JSON",
        "deep",
        "a pipe",
        "two sources",
        "no JSON",
        "no config",
    ],
)
async def test_check_tells_what_to_do_in_one_line(arguments: list[str], complaint: str) -> None:
    written("deep.json", b"[" * 100_000)
    os.mkfifo("pipe.json")
    ran = await command("check", BLUR, *arguments)
    assert ran.code == 2
    assert complaint in ran.complaint


async def test_check_tells_that_a_login_is_wanted() -> None:
    async with LocalInvokeAI(users={"member@example.com": "Secret-words-1"}) as server:
        ran = await command("check", BLUR, "--url", server.url)
    assert ran.code == 2
    assert "wants a login" in ran.complaint
    assert "Set username and password_env" in ran.complaint


async def test_check_asks_another_server_than_invokeai() -> None:
    async with LocalDiscord() as discord:
        ran = await command("check", BLUR, "--url", discord.url)
    assert ran.code == 2
    assert "Is the url right" in ran.complaint


async def test_check_looks_into_a_folder(server: LocalInvokeAI, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    ran = await command("check", str(BUNDLED), "none", "--json", "--url", server.url)
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["file"] for line in lines] == [*map(str, sorted(BUNDLED.glob("*.json"))), "none"]
    assert [line["problems"] for line in lines if not line["ok"]] == [
        ["is a folder without any *.json or *.png in it."]
    ]
    assert ran.code == 1


async def test_check_takes_names_that_are_no_text(tmp_path: Path) -> None:
    """As a folder from another system may hold: no terminal can draw them, and a program must still get its line."""
    (tmp_path / "openapi.json").write_text(json.dumps(openapi()), "utf-8")
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff\xe9.json")).write_bytes(b"{}")
    given = ("check", str(folder), "--schema", "openapi.json")
    drawn = await ended(await started(*given, PYTHONIOENCODING="ascii"))
    assert (drawn.code, drawn.err) == (1, "")
    told = await ended(await started(*given, "--json", PYTHONIOENCODING="ascii"))
    assert os.fsencode(json.loads(told.out)["file"]) == os.fsencode(folder / os.fsdecode(b"\xff\xe9.json"))


@pytest.mark.parametrize("allowed", [True, False])
async def test_check_reads_in_the_settings_whether_providers_may_be_paid(allowed: bool, tmp_path: Path) -> None:
    nodes = {"dear_image_generation": {}, "blank_image": {}}
    (tmp_path / "openapi.json").write_text(json.dumps(openapi_of(**nodes)), "utf-8")
    document = raw(node("a", "dear_image_generation"), node("b", "blank_image"))
    (tmp_path / "dear.json").write_text(json.dumps(document), "utf-8")
    (tmp_path / "config.toml").write_text(f"[limits]\npaid_providers = {json.dumps(allowed)}\n", "utf-8")
    ran = await command("check", "dear.json", "--schema", "openapi.json", "--json")
    assert (ran.code, json.loads(ran.out)["ok"]) == (0 if allowed else 1, allowed)


# compile


async def test_compile_prints_the_body_and_tells_where_to_post_it(server: LocalInvokeAI) -> None:
    given = ("--set", "radius=3", "--image", "picture=some.png", "--url", server.url)
    ran = await command("compile", BLUR, *given)
    body = json.loads(ran.out)
    assert ran.code == 0
    assert ran.err.splitlines()[0] == f"POST {server.url}/api/v1/queue/familiar/enqueue_batch"
    async with httpx.AsyncClient() as http:
        answer = await http.post(ran.err.splitlines()[0].removeprefix("POST "), content=ran.out)
        assert (answer.status_code, answer.json()["enqueued"]) == (200, 1)
        await http.delete(f"{server.url}/api/v1/queue/familiar/d/{body['batch']['destination']}")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "picture: is needed. Give it as --image picture="),
        (["--image", "picture=x", "--set", "radius=900"], "radius: must be from 0 to 64, not 900."),
        (["--set", "radius"], "--set radius: write --set NAME=…"),
        (["--schema", "none.json"], "Give --schema or --url, not both."),
    ],
)
async def test_compile_tells_what_to_do_in_one_line(
    arguments: list[str], complaint: str, server: LocalInvokeAI
) -> None:
    ran = await command("compile", BLUR, "--url", server.url, *arguments)
    assert ran.code == 2
    assert complaint in ran.complaint


# run, in a process of its own, because it handles signals


async def test_run_says_everything_in_lines_that_are_whole(server: LocalInvokeAI, tmp_path: Path) -> None:
    """No terminal, no wrapping: a program may read it line by line."""
    (tmp_path / "in.png").write_bytes(picture())
    out = tmp_path / ("results of a very patient person " * 4).strip()
    given = ("--set", "radius=3", "--image", "picture=in.png", "--out", str(out), "--url", server.url)
    ran = await ended(await started("run", BLUR, *given, COLUMNS="40"))
    assert (ran.code, ran.err) == (0, "")
    path, told = ran.out.splitlines()
    assert Path(path).parent == out
    assert names(out) == [Path(path).name]
    assert told.startswith("completed in ")
    assert told.endswith(": radius 3, kind gaussian")
    assert (list(server.images), list(server.items)) == ([], [])


@pytest.mark.parametrize(("value", "told"), [("a fox\nat dawn", "a fox at dawn"), ("x" * 5000, "x" * 99 + "…")])
def test_run_tells_its_values_in_one_short_line(value: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = InputSpec("prompt", "Prompt", "", Kind.STRING, "n", "prompt")
    job = Job(id="j", user_id=0, title="Fox", created_at=now(), outcome=Outcome.COMPLETED, given={"prompt": value})
    print_result(Result(job, [], (spec,), 0, ""), as_json=False)
    assert capsys.readouterr().out == f"completed in None s, job j: prompt {told}\n"


async def test_run_speaks_json_to_programs(server: LocalInvokeAI, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(picture())
    given = ("--image", "photo=in.png", "--set", "divide_by=0", "--out", "out", "--url", server.url)
    ran = await ended(await started("run", str(FIXTURES / "failing.json"), *given, "--json"))
    told = json.loads(ran.out)
    assert (ran.code, told["outcome"], told["files"], told["left_on_backend"]) == (1, "failed", [], 0)
    assert "division by zero" in told["problem"]
    assert "**" not in told["problem"]
    assert ran.err == ""


async def test_ctrl_c_cancels_a_run_and_cleans_up(tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(picture())
    async with LocalInvokeAI(node_seconds=0.5) as server:
        given = ("--image", "picture=in.png", "--out", "out", "--url", server.url, "--json")
        process = await started("run", BLUR, *given)
        await until_enqueued(server)
        process.send_signal(signal.SIGINT)
        ran = await ended(process)
        told = json.loads(ran.out)
        assert (ran.code, told["outcome"], told["left_on_backend"]) == (1, "cancelled", 0)
        assert (list(server.images), list(server.items)) == ([], [])


async def test_what_a_killed_run_left_goes_with_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(picture())
    async with LocalInvokeAI(node_seconds=0.5) as server:
        given = ("--image", "picture=in.png", "--out", "out", "--url", server.url, "--json")
        process = await started("run", BLUR, *given)
        await until_enqueued(server)
        process.kill()
        await process.communicate()
        assert server.images
        ran = await ended(await started("run", BLUR, *given))
        assert (ran.code, json.loads(ran.out)["left_on_backend"]) == (0, 0)
        assert ran.err == "cleaned up after 1 job of an earlier run\n"
        assert (list(server.images), list(server.items)) == ([], [])


async def until_enqueued(server: LocalInvokeAI) -> None:
    async with asyncio.timeout(SECONDS):
        while not any(item.status == "in_progress" for item in server.items.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--set", "radius"], "--set radius: write --set NAME=…"),
        (["--image", "=x.png"], "--image =x.png: write --image NAME=…"),
        (["--set", "radius=1", "--set", "radius=2"], "--set radius is given twice."),
        (["--url", "ftp://here"], "--url ftp://here: must begin with http:// or https://"),
        (["--url", "http://127.0.0.1:99199"], "--url http://127.0.0.1:99199: has no port that could be"),
        (["--url", "http://127.0.0.1:91x0"], "--url http://127.0.0.1:91x0: has no port that could be"),
        (["--url", "http://"], "--url http://: names no host"),
        (["--url", ""], "--url : must begin with http:// or https://"),
        (["--url", "http://here/invoke"], "--url http://here/invoke: give the address without a path"),
        (["--config", "none.toml"], "none.toml: there is no such file."),
    ],
)
async def test_run_tells_of_a_slip_before_it_does_anything(
    arguments: list[str], complaint: str, tmp_path: Path
) -> None:
    ran = await command("run", BLUR, "--out", "out", *arguments)
    assert ran.code == 2
    assert complaint in ran.complaint
    assert names(tmp_path) == []


# serve


async def test_serve_wants_a_token(tmp_path: Path) -> None:
    ran = await command("serve", "--config", str(config(tmp_path)))
    assert ran.code == 2
    assert ran.complaint.startswith("DISCORD_TOKEN is not set.")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[backend]\n", "is not valid TOML"),
        ("[limits]\nimages = 3\n", "limits.images: there is no such setting. Did you mean images_per_run?"),
        ('[[backend]]\nurl = "here"\n', "backend[1].url: must begin with http:// or https://"),
        ('token = "x"\n', "secrets do not belong in this file; set DISCORD_TOKEN instead"),
    ],
)
async def test_serve_tells_what_is_wrong_with_the_settings(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, "utf-8")
    ran = await command("serve", "--config", str(path))
    assert ran.code == 2
    assert complaint in ran.complaint
    assert str(path) in ran.complaint


async def test_serve_with_a_token_that_discord_does_not_know(tmp_path: Path) -> None:
    async with LocalDiscord() as discord:
        process = await started("serve", "--config", str(config(tmp_path, discord=discord)), DISCORD_TOKEN="MTA.x.y")
        ran = await ended(process)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1] == (
        "familiar: DISCORD_TOKEN: Discord does not know this token. Reset it in the portal."
    )
    assert "Traceback" not in ran.err


async def test_a_second_serve_on_one_database_is_refused(tmp_path: Path) -> None:
    path = config(tmp_path)
    async with db.connect(tmp_path / "familiar.sqlite"):
        ran = await ended(await started("serve", "--config", str(path), DISCORD_TOKEN="MTA.x.y"))
    assert ran.code == 2
    assert ran.err.splitlines()[-1].endswith("another Familiar is running on this database. Stop it first.")
    assert "Traceback" not in ran.err


async def test_serve_tells_of_every_mistake_in_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[limits]\nretry_minutes = 0\n[[backend]]\nurl = "here"\n', "utf-8")
    ran = await command("serve", "--config", str(path))
    assert ran.code == 2
    assert [line.split(": ")[:3] for line in ran.err.splitlines()] == [
        ["familiar", str(path), "backend[1].url"],
        ["familiar", str(path), "limits.retry_minutes"],
    ]


async def test_serve_waits_for_discord_in_plain_lines_and_stops_at_once(tmp_path: Path) -> None:
    path = config(tmp_path)
    path.write_text('[discord]\napi_url = "http://127.0.0.1:1/api/v10"\n' + path.read_text("utf-8")[10:], "utf-8")
    process = await started("serve", "--config", str(path), DISCORD_TOKEN="MTA.x.y", COLUMNS="40")
    assert process.stderr
    seen: list[str] = []
    async with asyncio.timeout(SECONDS):
        while not seen or "trying again" not in seen[-1]:
            seen.append((await process.stderr.readline()).decode())
            assert seen[-1], seen
        process.send_signal(signal.SIGTERM)
        ran = await ended(process)
    assert (ran.code, ran.out) == (0, "")
    lines = [line.rstrip("\n") for line in seen] + ran.err.splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ [\w.]+: ", line) for line in lines), lines
    assert lines[-1].endswith(" INFO bot.service: stopping; 0 jobs wait for the next start")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signal")
async def test_serve_reads_the_settings_again_when_told_to(server: LocalInvokeAI, tmp_path: Path) -> None:
    """Also while it still waits for Discord; a mistake is told, and changes nothing."""
    path = config(tmp_path)
    right = '[discord]\napi_url = "http://127.0.0.1:1/api/v10"\n' + path.read_text("utf-8")[10:]
    path.write_text(right, "utf-8")
    process = await started("serve", "--config", str(path), DISCORD_TOKEN="MTA.x.y")
    assert process.stderr

    async def told(words: str) -> None:
        assert process.stderr
        async with asyncio.timeout(SECONDS):
            while words not in (line := (await process.stderr.readline()).decode()):
                assert line

    await told("trying again")
    path.write_text(right + f'[[backend]]\nname = "attic"\nurl = "{server.url}"\n', "utf-8")
    process.send_signal(signal.SIGHUP)
    await told("was read again: added attic")
    path.write_text("[[backend]\n", "utf-8")
    process.send_signal(signal.SIGHUP)
    await told(f"nothing was changed: {path}: is not valid TOML")
    path.write_text(right, "utf-8")
    process.send_signal(signal.SIGHUP)
    await told("was read again: removed attic")
    process.send_signal(signal.SIGTERM)
    assert (await ended(process)).code == 0


# demo, and the version


async def test_demo_tells_of_a_folder_that_cannot_be_before_anything_runs() -> None:
    written("taken", b"")
    ran = await command("demo", "--out", "taken")
    assert ran.code == 2
    assert ran.complaint == "--out taken: is a file. Name a folder; it is made if it is not there."


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--tour", "--port", "8700"], "--port is of the page, and --tour of the tour. Give one of them."),
        (["--out", "out", "--no-open"], "--no-open is of the page, and --out of the tour. Give one of them."),
        (["--render", "out", "--tour"], "--render goes alone: it opens no page, and runs no tour."),
        (["--render", "taken"], "--render taken: nothing can be saved there: File exists"),
    ],
)
async def test_demo_tells_of_a_slip_before_anything_runs(arguments: list[str], complaint: str, tmp_path: Path) -> None:
    written("taken", b"")
    ran = await command("demo", *arguments)
    assert (ran.code, ran.complaint) == (2, complaint)
    assert names(tmp_path) == ["taken"]


async def test_demo_tells_of_a_port_that_is_taken() -> None:
    async with LocalDiscord() as other:
        ran = await ended(await started("demo", "--port", str(other.port)))
    assert ran.code == 2
    assert re.match(rf"Port {other.port}.* is taken", ran.complaint)


async def test_it_tells_its_version() -> None:
    ran = await command("--version")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"familiar \d+\.\d+\.\d+\n", ran.out)


# doctor


async def test_doctor_exits_with_1_if_anything_is_wrong(tmp_path: Path) -> None:
    ran = await command("doctor", "--config", str(config(tmp_path)))
    assert (ran.code, ran.err) == (1, "")
    assert [line[:1] for line in ran.out.splitlines()] == ["✓", "✓", "✗", "✗"]
    assert names(tmp_path) == ["settings.toml"], "a look made something"
    quick = await command("doctor", "--quick", "--config", str(config(tmp_path)))
    assert [line[:1] for line in quick.out.splitlines()] == ["✓", "✗"]
    assert quick.out.endswith("no Familiar is running on it. Start it with familiar serve.\n")


async def test_doctor_exits_with_0_if_all_is_well(
    server: LocalInvokeAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with LocalDiscord() as discord:
        discord.add_guild("Atelier")
        monkeypatch.setenv(TOKEN_VARIABLE, discord.token)
        ran = await command("doctor", "--config", str(config(tmp_path, server.url, discord)))
    assert (ran.code, ran.err) == (0, ""), ran.out
    assert all(line.startswith("✓ ") for line in ran.out.splitlines())


async def test_doctor_does_not_touch_a_database_of_a_newer_familiar(tmp_path: Path) -> None:
    path = config(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "familiar.sqlite")) as database:
        database.execute("PRAGMA user_version = 9999")
    ran = await command("doctor", "--config", str(path))
    assert ran.code == 1
    assert "✗ database" in ran.out
