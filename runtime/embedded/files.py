"""The small files under ``<data>/run`` and ``<data>/logs``: lock, ledger of servers, chosen ports, logs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from runtime.embedded.errors import AlreadyRunningError
from runtime.processes import ProcessRecord

_LOG_BYTES = 10_000_000
_RECORDS = TypeAdapter(tuple[ProcessRecord, ...])
_PORTS = TypeAdapter(dict[str, int])


class RunFolder:
    """``<data>/run``: what a later start must know about this one."""

    def __init__(self, data_dir: Path) -> None:
        self._data = data_dir
        self._run = data_dir / "run"
        self._run.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises:
            AlreadyRunningError: another process holds it.
        """
        with (self._run / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise self._already_running() from error
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

    def _already_running(self) -> AlreadyRunningError:
        pid = (self._run / "lock").read_text().strip() or "unknown"
        return AlreadyRunningError(
            f"postloom is already running in {self._data} (process {pid}): use that one, stop it with "
            f"Ctrl-C or `kill {pid}`, or choose another data folder.",
        )

    def servers(self) -> tuple[ProcessRecord, ...]:
        """Return the servers an earlier start has left in the ledger."""
        path = self._run / "servers.json"
        return _RECORDS.validate_json(path.read_bytes()) if path.exists() else ()

    def remember_servers(self, records: tuple[ProcessRecord, ...]) -> None:
        """Write the ledger anew; without servers and without a folder there is nothing to write."""
        if records or self._run.exists():
            write_whole(self._run / "servers.json", _RECORDS.dump_json(records))

    def ports(self) -> dict[str, int]:
        """Return the ports of the last start by server name."""
        path = self._run / "addresses.json"
        return _PORTS.validate_json(path.read_bytes()) if path.exists() else {}

    def remember_ports(self, ports: dict[str, int]) -> None:
        """Keep the ports for the next start."""
        write_whole(self._run / "addresses.json", _PORTS.dump_json(ports))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there wholly or not at all, readable by us alone; its folder may have gone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(content)
    unfinished.replace(path)


def log_file(data_dir: Path, name: str) -> Path:
    """Return ``<data>/logs/<name>.log``; one that has grown large is set aside first."""
    path = data_dir / "logs" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path


def last_lines(path: Path, count: int = 3) -> str:
    """Return the end of a log on one line, for an error message."""
    lines = path.read_text(errors="replace").split("\n") if path.exists() else []
    return " / ".join([line.strip() for line in lines if line.strip()][-count:]) or "no output"
