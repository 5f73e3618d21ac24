"""An S3 server of this machine: versitygw over a folder, built once with Go."""

import http.client
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field

from runtime.embedded.alone import alone
from runtime.embedded.errors import StackError
from runtime.embedded.fetching import Say, cache_folder, go_install, pinned
from runtime.embedded.files import log_file, write_whole
from runtime.embedded.servers import Server

_HEALTH: Final = "/health"
_ACCESS_KEY: Final = "postloom"


class S3Address(BaseModel, frozen=True):
    """Where it answers, and to whom."""

    url: str
    access_key: str
    secret_key: str = Field(repr=False)
    #: A folder for each bucket, a file for each object.
    buckets: Path


@asynccontextmanager
async def s3_server(folder: Path, say: Say) -> AsyncIterator[S3Address]:
    """Run the server while the context is open. Buckets are the folders in ``folder/buckets``.

    Raises:
        AlreadyRunningError: another process runs it from the same folder.
        StackError: it cannot be built, or does not start.
    """
    program = await s3_program(say)
    keys = {"ROOT_ACCESS_KEY": _ACCESS_KEY, "ROOT_SECRET_KEY": _secret(folder)}
    async with alone(folder, lambda port: _server(program, folder, port, keys), say) as port:
        yield S3Address(
            url=f"http://127.0.0.1:{port}",
            access_key=_ACCESS_KEY,
            secret_key=keys["ROOT_SECRET_KEY"],
            buckets=folder / "buckets",
        )


async def s3_program(say: Say) -> Path:
    """Return the server's program; building it once takes minutes, which ``say`` is told.

    Raises:
        StackError: it is not here and cannot be built.
    """
    version = pinned("versitygw")
    program = cache_folder() / f"versitygw-{version}"
    if program.exists():
        return program
    say("Building an S3 server (versitygw) with Go, once: about 2 minutes on two cores.")
    if await go_install(f"github.com/versity/versitygw/cmd/versitygw@v{version}", program, say):
        return program
    raise StackError("an S3 server could not be built: Go 1.25 or later and its module proxy are needed.")


def _server(program: Path, home: Path, port: int, keys: dict[str, str]) -> Server:
    folder = home.absolute()
    places = (folder / "metadata", folder / "buckets")
    for place in places:
        place.mkdir(parents=True, exist_ok=True)

    async def answers() -> bool:
        return _is_well(port)

    address = ("--port", f"127.0.0.1:{port}", "--health", _HEALTH, "--keep-alive", "--quiet")
    return Server(
        name="s3",
        command=(str(program), *address, "posix", "--sidecar", *map(str, places)),
        log=log_file(folder, "s3"),
        answers=answers,
        environment=keys,
    )


def _is_well(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", _HEALTH)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def _secret(folder: Path) -> str:
    path = folder / "secret"
    if not path.exists():
        write_whole(path, secrets.token_hex(16).encode())
    return path.read_text()
