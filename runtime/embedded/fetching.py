"""Programs that we fetch once, into the user's cache: where they lie, and how Go builds them."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

_VERSIONS = Path(__file__).parents[1] / "versions.toml"
#: Where the installers of Temporal and of Go put their programs when PATH does not say so.
_USUAL_PLACES = ("~/.temporalio/bin", "~/go/bin", "/usr/local/bin", "/usr/local/go/bin", "/opt/homebrew/bin")
#: Told, in sentences for people, what takes time.
Say = Callable[[str], None]


def pinned(tool: str) -> str:
    """Return the version of a tool that is fetched when it is not here."""
    return str(tomllib.loads(_VERSIONS.read_text())[tool])


def cache_folder() -> Path:
    """Return the user's folder for what can be fetched again."""
    usual = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or usual) / "postloom"


def which(name: str) -> Path | None:
    """Return a program from PATH or from the places where installers put it."""
    places = (os.environ.get("PATH", os.defpath), *(os.path.expanduser(place) for place in _USUAL_PLACES))  # noqa: PTH111
    found = shutil.which(name, path=os.pathsep.join(places))
    return Path(found).absolute() if found else None


async def go_install(package: str, target: Path, say: Say) -> bool:
    """Build a program at the version in ``package`` and put it at ``target``; False when Go is missing or fails."""
    go = which("go")
    if go is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if not await fetched((str(go), "install", package), say, {"GOBIN": folder}):
            return False
        program = Path(folder) / package.rpartition("@")[0].rpartition("/")[2]
        with program.open("rb") as content:
            await asyncio.to_thread(put_program, content, target)
    return True


async def fetched(
    command: tuple[str, ...], say: Say, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> bool:
    """Run a program that fetches or builds something; return whether it succeeded. Told every ten seconds."""
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=quiet, stdout=quiet, stderr=quiet, env={**os.environ, **(environment or {})}, cwd=cwd
    )
    try:
        return await _waited(process, say) == 0
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def put_program(program: IO[bytes], target: Path) -> None:
    """Write a program that is there wholly or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    with unfinished.open("wb") as copy:
        shutil.copyfileobj(program, copy)
    unfinished.chmod(0o755)
    unfinished.replace(target)


async def _waited(process: asyncio.subprocess.Process, say: Say) -> int:
    begin = time.monotonic()
    waiting = asyncio.create_task(process.wait())
    while not (await asyncio.wait((waiting,), timeout=10))[0]:
        say(f"  still at it, {time.monotonic() - begin:.0f} s")
    return waiting.result()
