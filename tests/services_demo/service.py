"""``postloom`` as a user has it: a process of its own, asked by commands, killed without a word."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

#: Seconds that a start may take on a machine that has other things to do.
_PATIENCE = 240.0


class CommandFailedError(Exception):
    """A command of ours said no; the sentence is its own."""


class ServiceProcess:
    """``postloom up`` over a data folder, with an environment of its own."""

    def __init__(self, data_dir: Path, environment: dict[str, str]) -> None:
        self._env = {**os.environ, **environment, "POSTLOOM_DATA_DIR": str(data_dir)}
        self._log = data_dir.parent / "up.log"
        self._process: Process | None = None
        self.kills = 0

    async def start(self) -> None:
        """Start it, and return once it answers.

        Raises:
            CommandFailedError: it ended, or does not answer.
        """
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_postloom("up"), env=self._env, stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        async with asyncio.timeout(_PATIENCE):
            while not await self._answers():
                if self._process.returncode is not None:
                    raise CommandFailedError(f"the service ended: see {self._log}")
                await asyncio.sleep(0.5)

    async def kill(self) -> None:
        """End it and its servers at once, as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self.kills += 1

    async def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
            await self._process.wait()

    async def ask(self, *words: str) -> Any:
        """Run a command and return what it writes as JSON. Raises as ``tell``."""
        return json.loads(await self.tell(*words, "--json"))

    async def tell(self, *words: str) -> str:
        """Run a command and return what it writes.

        Raises:
            CommandFailedError: it ended with another status than 0.
        """
        status, said, error = await self._run(*words)
        if status:
            raise CommandFailedError(error.strip() or f"postloom {words[0]} ended with {status}")
        return said

    async def _answers(self) -> bool:
        return (await self._run("status", "--json"))[0] == 0

    async def _run(self, *words: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            *_postloom(*words), env=self._env, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
        )
        said, error = await process.communicate()
        return process.returncode or 0, said.decode(), error.decode()


def _postloom(*words: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).with_name("postloom")), *words)
