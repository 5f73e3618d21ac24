"""Processes that outlive the one that started them: how to recognise and how to end them."""

import asyncio
import contextlib
import time

import psutil
from pydantic import BaseModel

#: The clock may have been set since; a reused process id is much further away than this.
_SAME_SECONDS = 2.0


class ProcessRecord(BaseModel, frozen=True):
    """Enough to find a process again and to be sure that it is the same one."""

    name: str
    pid: int
    created: float
    stop_signal: int


def record_of(name: str, pid: int, stop_signal: int) -> ProcessRecord | None:
    """Return the record of a running process, or None when it has ended already."""
    try:
        created = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
    return ProcessRecord(name=name, pid=pid, created=created, stop_signal=stop_signal)


def find_process(record: ProcessRecord) -> psutil.Process | None:
    """Return the recorded process, or None when it has ended (a zombie has ended)."""
    try:
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.created) < _SAME_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


async def end_process(record: ProcessRecord, patience: float = 15.0) -> None:
    """End the recorded process: asked first, killed after ``patience`` seconds."""
    _send(record, record.stop_signal)
    if not await _gone(record, patience):
        _send(record, 9)
        await _gone(record, patience)


def _send(record: ProcessRecord, number: int) -> None:
    process = find_process(record)
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


async def _gone(record: ProcessRecord, patience: float) -> bool:
    end = time.monotonic() + patience
    while find_process(record) is not None:
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.05)
    return True
