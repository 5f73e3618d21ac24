"""Finds the Temporal command line: configured, installed, cached, downloaded, or built once."""

import asyncio
import os
import platform
import re
import shutil
import sys
import tarfile
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from pydantic import BaseModel

from runtime.embedded.errors import StackError

_VERSIONS = Path(__file__).parents[1] / "versions.toml"
_REACH_SECONDS, _READ_SECONDS = 3, 30
#: Where the installers of Temporal and of Go put their programs when PATH does not say so.
_USUAL_PLACES = ("~/.temporalio/bin", "~/go/bin", "/usr/local/bin", "/usr/local/go/bin", "/opt/homebrew/bin")
Say = Callable[[str], None]


class TemporalBinary(BaseModel, frozen=True):
    """A command line that can serve, and the version of the server in it."""

    path: Path
    server_version: str


async def temporal_binary(configured: Path | None, say: Say) -> TemporalBinary:
    """Return the first that runs; fetching it once can take minutes, which ``say`` is told.

    Raises:
        StackError: there is none and none can be fetched, or the configured one does not run.
    """
    cached = cache_folder() / f"temporal-{pinned_version()}"
    installed = which("temporal")
    for path in [configured] if configured else [path for path in (installed, cached) if path]:
        found = await _examined(path)
        if found is not None:
            return found
    if configured:
        raise StackError(f"{configured} is not a Temporal command line that can `server start-dev`.")
    for fetch in (_download, _build):
        if await fetch(cached, say):
            found = await _examined(cached)
            if found is not None:
                return found
    raise StackError(
        "Temporal is missing and could not be fetched: install its command line "
        "(https://docs.temporal.io/cli) or Go 1.25, or set POSTLOOM_TEMPORAL__ADDRESS to a running server.",
    )


def pinned_version() -> str:
    """Return the version that is fetched when none is installed."""
    return str(tomllib.loads(_VERSIONS.read_text())["temporal"])


def cache_folder() -> Path:
    """Return the user's folder for what can be fetched again."""
    usual = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or usual) / "postloom"


def which(name: str) -> Path | None:
    """Return a program from PATH or from the places where installers put it."""
    places = (os.environ.get("PATH", os.defpath), *(os.path.expanduser(place) for place in _USUAL_PLACES))  # noqa: PTH111
    found = shutil.which(name, path=os.pathsep.join(places))
    return Path(found).absolute() if found else None


async def _examined(path: Path) -> TemporalBinary | None:
    version = re.search(r"Server ([0-9][\w.-]*)", await _output(path, "--version"))
    if version is None or not await _output(path, "server", "start-dev", "--help"):
        return None
    return TemporalBinary(path=path, server_version=version.group(1))


async def _output(path: Path, *words: str) -> str:
    quiet = asyncio.subprocess.DEVNULL
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(path, *words, stdin=quiet, stdout=pipe, stderr=quiet)
    except OSError:
        return ""
    output, _ = await process.communicate()
    return output.decode(errors="replace") if process.returncode == 0 else ""


async def _download(target: Path, say: Say) -> bool:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    archive = f"https://temporal.download/cli/archive/v{pinned_version()}"
    url = f"{archive}?platform={sys.platform}&arch={machine}"
    try:
        await asyncio.wait_for(asyncio.to_thread(_reach, url), _REACH_SECONDS)
        say("Downloading the Temporal server, about 45 MB, once.")
        await asyncio.to_thread(_unpack, url, target)
    except (OSError, TimeoutError, tarfile.TarError, KeyError):
        return False
    return True


def _reach(url: str) -> None:
    with urllib.request.urlopen(url, timeout=_REACH_SECONDS):  # noqa: S310  # a fixed https address
        pass


def _unpack(url: str, target: Path) -> None:
    with (
        urllib.request.urlopen(url, timeout=_READ_SECONDS) as answer,  # noqa: S310  # a fixed https address
        tempfile.TemporaryFile() as archive,
    ):
        shutil.copyfileobj(answer, archive)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as files:
            program = files.extractfile("temporal")
            if program is None:
                raise KeyError(url)
            _put(program, target)


def _put(program: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    with unfinished.open("wb") as copy:
        shutil.copyfileobj(program, copy)
    unfinished.chmod(0o755)
    unfinished.replace(target)


async def _build(target: Path, say: Say) -> bool:
    go = which("go")
    if go is None:
        return False
    say("Building the Temporal server with Go, once: about 4 minutes on two cores.")
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(go, "install", f"github.com/temporalio/cli/cmd/temporal@v{pinned_version()}"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "GOBIN": folder},
        )
        try:
            status = await _waited(process, say)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        if status == 0:
            with (Path(folder) / "temporal").open("rb") as program:
                await asyncio.to_thread(_put, program, target)
    return status == 0


async def _waited(process: asyncio.subprocess.Process, say: Say) -> int:
    begin = time.monotonic()
    waiting = asyncio.create_task(process.wait())
    while not (await asyncio.wait((waiting,), timeout=10))[0]:
        say(f"  still building, {time.monotonic() - begin:.0f} s")
    return waiting.result()
