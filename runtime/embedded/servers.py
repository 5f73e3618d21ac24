"""Servers as child processes: started, kept alive, stopped in order."""

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import structlog
from pydantic import BaseModel

from runtime.embedded.errors import StackError
from runtime.embedded.files import RunFolder, last_lines
from runtime.processes import ProcessRecord, end_process, find_process, record_of

_LAUNCH = Path(__file__).with_name("launch.py")
_DEATHS, _DEATHS_SECONDS = 5, 60.0
_log = structlog.get_logger(__name__)


class Server(BaseModel, frozen=True):
    """One server: how it is started, asked whether it answers, and stopped."""

    name: str
    command: tuple[str, ...]
    log: Path
    answers: Callable[[], Awaitable[bool]]
    stop_signal: signal.Signals = signal.SIGTERM
    uid: int = 0
    gid: int = 0
    #: What the list of processes need not show.
    environment: dict[str, str] = {}
    ready_seconds: float = 60.0


def launched(
    command: tuple[str, ...], stop_signal: signal.Signals, uid: int = 0, gid: int = 0
) -> tuple[str, ...]:
    """Return the command line that ends with us and runs as the given user (0: as we do)."""
    words = (str(int(stop_signal)), str(uid), str(gid))
    return (sys.executable, "-I", "-S", str(_LAUNCH), *words, *command)


class Servers:
    """The running servers of one data folder."""

    def __init__(
        self,
        run: RunFolder,
        on_failure: Callable[[StackError], None],
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._run = run
        self._on_failure, self._on_progress = on_failure, on_progress
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._records: dict[str, ProcessRecord] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def end_leftovers(self) -> bool:
        """End what a start that was killed has left running; return whether there was anything."""
        leftovers = [record for record in self._run.servers() if find_process(record)]
        await asyncio.gather(*(end_process(record) for record in leftovers))
        self._run.remember_servers(())
        return bool(leftovers)

    async def start(self, server: Server) -> None:
        """Return once the server answers; from then on it is started again when it dies.

        Raises:
            StackError: it ended or did not answer in time.
        """
        process = await self._spawn(server)
        end = time.monotonic() + server.ready_seconds
        while not await server.answers() or process.returncode is not None:
            if process.returncode is not None or time.monotonic() > end:
                _give_up(server, process.returncode)
            await asyncio.sleep(0.05)
        self._keepers.append(asyncio.create_task(self._keep_alive(server)))

    async def stop(self, order: tuple[str, ...]) -> None:
        """Stop what runs, one after the other, in the given order of names."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for name in order:
            if name in self._records:
                await end_process(self._records[name])
                await self._processes[name].wait()
        self._run.remember_servers(())

    async def _spawn(self, server: Server) -> asyncio.subprocess.Process:
        command = launched(server.command, server.stop_signal, server.uid, server.gid)
        descriptor = os.open(server.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                cwd="/",
                env={**os.environ, **server.environment},
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        self._processes[server.name] = process
        record = record_of(server.name, process.pid, server.stop_signal)
        if record is not None:
            self._records[server.name] = record
            self._run.remember_servers(tuple(self._records.values()))
        return process

    async def _keep_alive(self, server: Server) -> None:
        deaths: deque[float] = deque(maxlen=_DEATHS)
        while True:
            status = await self._processes[server.name].wait()
            deaths.append(time.monotonic())
            if len(deaths) == _DEATHS and deaths[-1] - deaths[0] < _DEATHS_SECONDS:
                self._on_failure(
                    StackError(f"{server.name} keeps ending ({last_lines(server.log)}): see {server.log}.")
                )
                return
            _log.warning("server ended, starting it again", server=server.name, status=status)
            self._on_progress(
                f"{server.name} ended with status {status}: starting it again (see {server.log})."
            )
            await asyncio.sleep(0.2 * len(deaths))
            await self._spawn(server)


def _give_up(server: Server, status: int | None) -> NoReturn:
    what = "does not answer" if status is None else f"ended with status {status}"
    raise StackError(f"{server.name} {what} ({last_lines(server.log)}): see {server.log}.")
