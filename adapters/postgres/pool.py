"""Connections to PostgreSQL."""

import json

import asyncpg

from adapters.postgres.errors import our_errors


async def open_pool(dsn: str, size: int = 16) -> asyncpg.Pool:
    """Return a pool whose connections read and write jsonb as Python values.

    Raises:
        UnavailableError: the database does not answer.
    """
    with our_errors():
        return await asyncpg.create_pool(
            dsn, min_size=1, max_size=size, init=_teach_json, reset=_leave_as_it_is, command_timeout=30
        )


async def _leave_as_it_is(_: object) -> None:
    """No session state is ever set, so a connection needs no round trip before the next one takes it."""


async def _teach_json(connection: asyncpg.Connection) -> None:
    def encode(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, default=str)

    await connection.set_type_codec("jsonb", encoder=encode, decoder=json.loads, schema="pg_catalog")
