"""The three servers of a house: started, killed and started again, each by itself."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Final

from runtime.embedded.account import choose_account
from runtime.embedded.ports import choose_ports, our_turn
from runtime.embedded.postgres import Postgres
from runtime.embedded.redis import redis_server, redis_url
from runtime.embedded.servers import Server, launched
from runtime.embedded.temporal import Temporal
from runtime.embedded.temporal_binary import TemporalBinary, temporal_binary

NAMES: Final = ("postgres", "redis", "temporal")
PATIENCE: Final = 60.0


class Servers:
    """Real servers over the files of one data folder. They end when this process ends."""

    def __init__(self, folder: Path, ports: dict[str, int], binary: TemporalBinary) -> None:
        self._folder, self._ports, self._binary = folder, ports, binary
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self.dsn = ""
        self.temporal = f"127.0.0.1:{ports['temporal']}"
        self.redis = redis_url(ports["redis"])

    @classmethod
    async def started(cls, folder: Path) -> "Servers":
        """Return all three, answering."""
        binary = await temporal_binary(None, print)
        async with our_turn():
            servers = cls(folder, choose_ports({}), binary)
            await asyncio.gather(*(servers.start(name) for name in NAMES))
        return servers

    async def start(self, name: str) -> None:
        """Start a server and return once it answers; one that dies meanwhile is started again."""
        server = await self._server(name)
        end = time.monotonic() + PATIENCE
        while True:
            process = self._running.get(name)
            if process is None or process.returncode is not None:
                await self._spawn(server)
            if await server.answers():
                return
            if time.monotonic() > end:
                raise TimeoutError(f"{name} does not answer: see {server.log}")
            await asyncio.sleep(0.1)

    async def end(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal that ends the server, and wait for its end."""
        process = self._running[name]
        if process.returncode is None:
            process.send_signal(number)
        await process.wait()

    async def stop(self) -> None:
        """End them all; the database is asked to, and leaves nothing running."""
        await self.end("temporal")
        await self.end("redis", signal.SIGTERM)
        await self.end("postgres", signal.SIGINT)

    async def _server(self, name: str) -> Server:
        if name == "redis":
            return redis_server(self._folder, self._ports["redis"])
        if name == "temporal":
            return Temporal(self._folder, self._ports, "default").server(self._binary, ui=False)
        postgres = Postgres(self._folder, self._ports["postgres"], await choose_account())
        server = await postgres.server()
        self.dsn = postgres.dsn
        return server

    async def _spawn(self, server: Server) -> None:
        command = launched(server.command, server.stop_signal, server.uid, server.gid)
        descriptor = os.open(server.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._running[server.name] = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=descriptor, stderr=descriptor, cwd="/",
                start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(descriptor)
