"""An S3 server and a Neo4j of this machine: one by itself, in a folder."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.embedded.errors import AlreadyRunningError, StackError
from runtime.embedded.files import RunFolder
from runtime.embedded.neo4j_server import java_program, neo4j_libraries, neo4j_server
from runtime.embedded.s3_server import S3Address, s3_program, s3_server
from runtime.processes import find_process
from tests.adapters.buckets import opened
from tests.store_servers import Neo4jHere

_HOLD = """
import asyncio, sys
from pathlib import Path
from runtime.embedded.s3_server import s3_server

async def main():
    async with s3_server(Path(sys.argv[1]), print):
        print("up", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.services
async def test_objects_and_the_address_are_the_same_after_a_restart(s3: S3Address, tmp_path: Path) -> None:
    async with s3_server(tmp_path, print) as first, opened(first, tmp_path) as store:
        await store.put("a/b", b"kept", "image/png")

    async with s3_server(tmp_path, print) as second, opened(second, tmp_path) as store:
        assert (await store.get("a/b"), second) == (b"kept", first)


@pytest.mark.services
async def test_a_folder_has_one_server(s3: S3Address, tmp_path: Path) -> None:
    async with s3_server(tmp_path, print):
        with pytest.raises(AlreadyRunningError):
            await s3_server(tmp_path, print).__aenter__()


@pytest.mark.services
def test_a_server_ends_with_whoever_started_it_and_shows_nobody_its_secret(
    s3: S3Address, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as holder:
        assert holder.stdout and holder.stdout.readline() == "up\n"
        [record] = RunFolder(tmp_path).servers()
        process = find_process(record)
        shown = process.cmdline() if process else []
        os.kill(holder.pid, signal.SIGKILL)

    end = time.monotonic() + 10
    while find_process(record) and time.monotonic() < end:
        time.sleep(0.05)
    assert find_process(record) is None
    assert shown and not any((tmp_path / "secret").read_text() in word for word in shown)


@pytest.mark.services
async def test_neo4j_listens_here_only(neo4j: Neo4jHere) -> None:
    port = int(neo4j.address.url.rpartition(":")[2])

    with contextlib.closing(socket.socket()) as here, contextlib.closing(socket.socket()) as there:
        assert here.connect_ex(("127.0.0.1", port)) == 0
        assert there.connect_ex((_our_address(), port)) != 0


def _our_address() -> str:
    """An address of this machine that others can reach."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.connect(("192.0.2.1", 9))
        address: str = probe.getsockname()[0]
    return address


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Go, Maven, Java and anything that was fetched before."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("runtime.embedded.fetching._USUAL_PLACES", ())


@pytest.mark.usefixtures("nothing_here")
async def test_what_is_missing_for_a_server_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="Go"):
        await s3_program(print)
    with pytest.raises(StackError, match="Maven"):
        await neo4j_libraries(print)
    with pytest.raises(StackError, match="Java 17"):
        java_program()
    with pytest.raises(StackError, match="Java 17"):
        await neo4j_server(tmp_path, print).__aenter__()
