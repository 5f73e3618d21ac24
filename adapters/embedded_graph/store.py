"""The file of the embedded graph: one process, one connection, one thread, one transaction at a time."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import ladybug

from adapters.embedded_graph.tables import tables
from contracts.errors import RejectedError, UnavailableError

R = TypeVar("R")
Rows = list[list[Any]]
Run = Callable[..., Rows]

_FILE: Final = "graph.db"
_BUFFER_BYTES: Final = 256 * 1024 * 1024


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words.

    Raises:
        RejectedError: a text that cannot be stored.
        UnavailableError: the store failed; ladybug has one error for everything.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        raise RejectedError(f"embedded graph: {error}") from error
    except (RuntimeError, OSError) as error:
        raise UnavailableError(f"embedded graph: {error}") from error


class Store:
    """Runs work in transactions. What was acknowledged survives the death of the process."""

    def __init__(self, folder: Path) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="graph")
        self._folder = folder
        try:
            self._thread.submit(self._open).result()
        except UnavailableError:
            self._thread.shutdown()
            raise

    async def transaction(self, work: Callable[[Run], R]) -> R:
        """Return what ``work`` gave; all of its statements took effect, or none did."""
        with our_errors():
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    async def close(self) -> None:
        """Let go of the file; after the work that waits."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._database = ladybug.Database(
                self._folder / _FILE, buffer_pool_size=_BUFFER_BYTES, max_num_threads=1
            )
            self._connection = ladybug.Connection(self._database, num_threads=1)
        except (RuntimeError, OSError) as error:
            raise UnavailableError(
                f"the embedded graph in {self._folder} cannot be opened; "
                f"only one process at a time can hold it: {error}"
            ) from error
        with our_errors():
            for statement in tables():
                self._run(statement)

    def _close(self) -> None:
        self._connection.close()
        self._database.close()

    def _transact(self, work: Callable[[Run], R]) -> R:
        self._run("BEGIN TRANSACTION")
        try:
            result = work(self._run)
            self._run("COMMIT")
        except BaseException:
            with suppress(RuntimeError):  # some errors have ended the transaction themselves
                self._run("ROLLBACK")
            raise
        return result

    def _run(self, statement: str, **values: Any) -> Rows:
        result = self._connection.execute(statement, values)
        if not isinstance(result, ladybug.QueryResult):
            raise TypeError("one statement at a time")
        with result:
            return [list(row) for row in result]
