"""Reading the record of parks: who waits for somebody now, and how often something has waited."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query

Row = dict[str, Any]

#: Who waits, as the engine lists it: workflow, run, tenant, Telegram's id of the channel.
Place = tuple[str, str, UUID, int]

OF: Final = """
SELECT run_id, number, stage, reason, message, problems, since, until, ended_at, action, left_out, decided_by, note,
    woken_by
FROM parks WHERE workflow_id = $1 ORDER BY since, id
"""


class ParkRecords:
    """The parks of all workflows."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def waiting(self, places: Sequence[Place]) -> dict[str, Row]:
        """Return by workflow what is recorded of those that wait: see ``sql/waiting.sql`` for the names."""
        columns = [list(column) for column in zip(*places, strict=True)] or [[], [], [], []]
        with our_errors():
            rows = await self._pool.fetch(query("waiting"), *columns)
        return {row["workflow_id"]: dict(row) for row in rows}

    async def of(self, workflow_id: str) -> list[Row]:
        """Return every park of a workflow, oldest first."""
        with our_errors():
            return [dict(row) for row in await self._pool.fetch(OF, workflow_id)]
