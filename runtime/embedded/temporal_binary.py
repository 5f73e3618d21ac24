"""Finds the Temporal command line: configured, installed, cached, downloaded, or built once."""

import asyncio
import platform
import re
import shutil
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

from pydantic import BaseModel

from runtime.embedded.errors import StackError
from runtime.embedded.fetching import Say, cache_folder, go_install, pinned, put_program, which

_REACH_SECONDS, _READ_SECONDS = 3, 30


class TemporalBinary(BaseModel, frozen=True):
    """A command line that can serve, and the version of the server in it."""

    path: Path
    server_version: str


async def temporal_binary(configured: Path | None, say: Say) -> TemporalBinary:
    """Return the first that runs; fetching it once can take minutes, which ``say`` is told.

    Raises:
        StackError: there is none and none can be fetched, or the configured one does not run.
    """
    cached = cache_folder() / f"temporal-{pinned('temporal')}"
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
    archive = f"https://temporal.download/cli/archive/v{pinned('temporal')}"
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
            put_program(program, target)


async def _build(target: Path, say: Say) -> bool:
    if which("go") is None:
        return False
    say("Building the Temporal server with Go, once: about 4 minutes on two cores.")
    return await go_install(f"github.com/temporalio/cli/cmd/temporal@v{pinned('temporal')}", target, say)
