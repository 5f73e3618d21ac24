"""Start, stop and restart of the servers of one data folder."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio.client import Client, WorkflowExecutionStatus

from runtime.embedded.errors import AlreadyRunningError, StackError
from runtime.embedded.files import RunFolder
from runtime.embedded.stack import StackOptions, embedded_stack
from runtime.processes import find_process

pytestmark = pytest.mark.services

_ELSEWHERE = "127.0.0.1:1"
_HOLD = """
import asyncio, sys
from pathlib import Path
from runtime.embedded.stack import StackOptions, embedded_stack

async def main():
    options = StackOptions(data_dir=Path(sys.argv[1]), temporal_address="127.0.0.1:1")
    async with embedded_stack(options):
        print("up", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def only_redis(folder: Path) -> StackOptions:
    return StackOptions(data_dir=folder, temporal_address=_ELSEWHERE, postgres_dsn=_ELSEWHERE)


def only_postgres(folder: Path) -> StackOptions:
    return StackOptions(data_dir=folder, temporal_address=_ELSEWHERE, redis_url=_ELSEWHERE)


async def test_a_configured_server_is_used_as_it_is(tmp_path: Path) -> None:
    options = only_redis(tmp_path).model_copy(update={"redis_url": _ELSEWHERE})

    async with embedded_stack(options) as addresses:
        assert (addresses.temporal, addresses.postgres, addresses.redis) == (_ELSEWHERE,) * 3
        assert RunFolder(tmp_path).servers() == ()


async def test_a_second_start_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with embedded_stack(only_redis(tmp_path)):
        with pytest.raises(AlreadyRunningError, match=rf"already running in .* \(process {os.getpid()}\)"):
            await embedded_stack(only_redis(tmp_path)).__aenter__()


async def test_redis_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    async with embedded_stack(only_redis(tmp_path)) as addresses, Redis.from_url(addresses.redis) as client:
        await client.set("kept", "yes")

    async with embedded_stack(only_redis(tmp_path)) as addresses, Redis.from_url(addresses.redis) as client:
        assert await client.get("kept") == b"yes"


async def test_postgres_keeps_its_data_and_its_address_over_a_restart(tmp_path: Path) -> None:
    async with embedded_stack(only_postgres(tmp_path)) as first:
        await _sql(first.postgres, "CREATE TABLE kept AS SELECT 1 AS one")

    async with embedded_stack(only_postgres(tmp_path)) as second:
        assert await _sql(second.postgres, "SELECT one FROM kept") == 1
        assert second.postgres == first.postgres


async def test_temporal_keeps_its_workflows_over_a_restart(tmp_path: Path) -> None:
    options = StackOptions(data_dir=tmp_path, postgres_dsn=_ELSEWHERE, redis_url=_ELSEWHERE, ui=False)
    async with embedded_stack(options) as first:
        client = await Client.connect(first.temporal)
        await client.start_workflow("Nobody", id="kept", task_queue="nobody")

    async with embedded_stack(options) as second:
        client = await Client.connect(second.temporal)
        description = await client.get_workflow_handle("kept").describe()

        assert description.status is WorkflowExecutionStatus.RUNNING


async def test_nothing_runs_after_the_stop(tmp_path: Path) -> None:
    async with embedded_stack(only_redis(tmp_path)):
        records = RunFolder(tmp_path).servers()

    assert [record.name for record in records] == ["redis"]
    assert find_process(records[0]) is None


async def test_servers_of_a_killed_start_are_ended_before_the_next(tmp_path: Path) -> None:
    with _held(tmp_path) as holder:
        left = RunFolder(tmp_path).servers()
        holder.kill()
        holder.wait()
        told: list[str] = []
        options = StackOptions(data_dir=tmp_path, temporal_address=_ELSEWHERE, on_progress=told.append)

        async with embedded_stack(options) as addresses:
            assert {record.name for record in left} == {"redis", "postgres"}
            assert not any(find_process(record) for record in left)
            assert await _sql(addresses.postgres, "SELECT 1") == 1


async def test_a_pid_file_that_names_somebody_else_is_dropped(tmp_path: Path) -> None:
    async with embedded_stack(only_postgres(tmp_path)):
        pid_file = next(tmp_path.glob("postgres/*/postmaster.pid"))
        content = pid_file.read_text().split("\n", 1)[1]
    pid_file.write_text(f"{os.getppid()}\n{content}")

    async with embedded_stack(only_postgres(tmp_path)) as addresses:
        assert await _sql(addresses.postgres, "SELECT 1") == 1


async def test_a_taken_port_is_stepped_over(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        RunFolder(tmp_path).remember_ports({"redis": port})
        told: list[str] = []
        options = only_redis(tmp_path).model_copy(update={"on_progress": told.append})

        async with embedded_stack(options) as addresses:
            assert addresses.redis != f"redis://127.0.0.1:{port}/0"

    assert told[0] == "Starting Redis."
    assert f"(was {port})" in told[1]


async def test_a_server_that_dies_is_started_again(tmp_path: Path) -> None:
    told: list[str] = []
    options = only_redis(tmp_path).model_copy(update={"on_progress": told.append})
    async with embedded_stack(options) as addresses, Redis.from_url(addresses.redis) as client:
        await client.set("kept", "yes")
        await asyncio.sleep(1.5)  # Redis writes once a second
        os.kill(RunFolder(tmp_path).servers()[0].pid, signal.SIGKILL)

        assert await _eventually(client, "kept") == b"yes"
    assert "redis ended with status -9" in told[-1]


async def test_a_server_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    failures: list[StackError] = []
    options = only_redis(tmp_path).model_copy(update={"on_failure": failures.append})
    end = time.monotonic() + 30

    async with embedded_stack(options):
        while not failures and time.monotonic() < end:
            for record in RunFolder(tmp_path).servers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(record.pid, signal.SIGKILL)
            await asyncio.sleep(0.1)

    assert "redis keeps ending" in str(failures[0])


async def test_a_wrong_temporal_program_is_told_in_one_sentence(tmp_path: Path) -> None:
    options = StackOptions(
        data_dir=tmp_path,
        postgres_dsn=_ELSEWHERE,
        redis_url=_ELSEWHERE,
        temporal_cli=Path("/bin/true"),
    )

    with pytest.raises(StackError, match="/bin/true is not a Temporal command line"):
        await embedded_stack(options).__aenter__()


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    appended = tmp_path / "redis" / "appendonly.aof"
    appended.parent.mkdir(parents=True)
    appended.write_text("this is no append-only file")

    with pytest.raises(StackError, match=r"redis ended with status 1 .*redis\.log"):
        await embedded_stack(only_redis(tmp_path)).__aenter__()


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            yield process
        finally:
            process.kill()


async def _sql(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def _eventually(client: Redis, key: str) -> object:
    for _ in range(100):
        with contextlib.suppress(RedisError, OSError):
            return await client.get(key)
        await asyncio.sleep(0.05)
    return None
