"""InvokeAI for the live tests: found, or installed once into the user's cache folder, with a tiny model beside it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

VERSION = "6.14.2"
PYTHON = ">=3.11,<3.13"
INSTALL_SECONDS = 45 * 60
TINY_MODEL = Path(__file__).with_name("tiny_model.py")


@dataclass(frozen=True)
class Installation:
    """One InvokeAI on this machine, outside the project and shared by all runs."""

    home: Path

    @property
    def venv(self) -> Path:
        return self.home / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def web(self) -> Path:
        return self.venv / "bin" / "invokeai-web"

    @property
    def stamp(self) -> Path:
        """Written last, so that an installation that was broken off is never taken for a whole one."""
        return self.home / "complete"


def installed() -> Installation:
    """Find InvokeAI, or install it; a second run waits for the first."""
    place = Installation(user_cache_path("familiar") / f"invokeai-{VERSION}")
    place.home.mkdir(parents=True, exist_ok=True)
    with FileLock(place.home / "install.lock", timeout=INSTALL_SECONDS):
        if not _is_whole(place):
            _install(place)
        place.stamp.write_text(VERSION + "\n", "utf-8")
    return place


def tiny_model(place: Installation) -> Path:
    """The folder of the tiny model, made anew whenever its recipe changes."""
    recipe = hashlib.sha256(TINY_MODEL.read_bytes()).hexdigest()[:12]
    folder = place.home / f"tiny-sd15-{recipe}"
    with FileLock(place.home / "tiny-model.lock", timeout=300):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=place.home) as scratch:
                draft = Path(scratch) / "model"
                _run([str(place.python), str(TINY_MODEL), str(draft)], seconds=300)
                draft.rename(folder)
    return folder


def _is_whole(place: Installation) -> bool:
    if not place.web.exists():
        return False
    if place.stamp.exists():
        return place.stamp.read_text("utf-8").strip() == VERSION
    return _has_invokeai(place)


def _has_invokeai(place: Installation) -> bool:
    """Whether an installation without our stamp can be adopted: the right version, and nothing missing."""
    question = f"import importlib.metadata as m, sys; sys.exit(m.version('invokeai') != '{VERSION}')"
    right_version = [str(place.python), "-c", question]
    nothing_missing = [*_uv(), "pip", "check", "--python", str(place.python)]
    return _works(right_version) and _works(nothing_missing)


def _install(place: Installation) -> None:
    place.stamp.unlink(missing_ok=True)
    shutil.rmtree(place.venv, ignore_errors=True)
    _run([*_uv(), "venv", "--python", PYTHON, str(place.venv)], seconds=300)
    requirement = f"invokeai=={VERSION}"
    _run([*_uv(), "pip", "install", "--python", str(place.python), requirement], seconds=INSTALL_SECONDS)


def _uv() -> list[str]:
    """The uv that started us, or one on the path, or one in this Python; a shim may be there and yet not run."""
    candidates = [os.environ.get("UV"), shutil.which("uv")]
    commands = [[path] for path in candidates if path] + [[sys.executable, "-m", "uv"]]
    for command in commands:
        if _works([*command, "--version"]):
            return command
    raise RuntimeError("the live tests install InvokeAI with uv; install uv, or set INVOKEAI_URL to a running server")


def _works(command: list[str]) -> bool:
    try:
        _run(command, seconds=120)
    except (RuntimeError, OSError):
        return False
    return True


def _run(command: list[str], seconds: float) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed ({done.returncode}):\n{done.stdout}\n{done.stderr}"[-4000:])
