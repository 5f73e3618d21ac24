"""A service process: the production assembly over a data folder, with fate around its parts."""

import asyncio
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

from cli.whole import whole_service
from runtime.settings import Settings
from tests.chaos.fate import around
from tests.chaos.orders import Orders


def main(settings: dict[str, Any]) -> None:
    """Serve until SIGTERM; leave at once, with status 1 when a part ended by itself."""
    _end_with_parent()
    data_dir = Path(settings["data_dir"])
    _write_to(data_dir / "logs" / "process.log")
    status = 1
    try:
        status = asyncio.run(_serve(Settings(_env_file=None, **settings)))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


async def _serve(settings: Settings) -> int:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    async with whole_service(settings, print, around=around(Orders(settings.data_dir))) as whole:
        whole.service.failure.add_done_callback(lambda _: asked.set())
        await asked.wait()
        if whole.service.failure.done():
            print(f"ended: {whole.service.failure.result()}")
            return 1
    return 0


def _end_with_parent() -> None:
    """A run that is killed leaves no service behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _write_to(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
