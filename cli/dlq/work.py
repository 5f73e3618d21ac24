"""Listing and showing dead letters."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from adapters.redis_streams.letters import Letter, Letters, by_age
from adapters.redis_streams.log import connect
from cli.dlq.naming import letter_named, name_of, stream_named
from cli.dlq.screen import show_letters, show_one
from cli.hints import command
from cli.patience import answered
from cli.running import needed, reach
from cli.screen import Screen, show_json
from runtime.settings import Settings, load_settings


async def list_letters(stream: str | None, reason: str | None, limit: int, *, as_json: bool) -> None:
    """Show the dead letters that are wanted.

    Raises:
        CommandError: no service runs, or there is no such stream.
        UnavailableError: Redis does not answer.
    """
    settings, wanted = load_settings(), stream_named(stream)
    async with open_letters(settings) as letters:
        shown, total = await _newest(letters, wanted, reason, limit)
    if as_json:
        show_json({"total": total, "letters": [facts(letter) for letter in shown]})
    else:
        show_letters(shown, total, command(settings.data_dir), Screen(), datetime.now(UTC))


async def _newest(
    letters: Letters, stream: str | None, reason: str | None, limit: int
) -> tuple[list[Letter], int]:
    """The letters to show, and how many there are; for a reason all have to be read."""
    if reason is None:
        return await letters.newest(limit, stream)
    found = chosen(await letters.all(stream), reason)
    return found[-limit:], len(found)


async def show_letter(id: str, stream: str | None, *, as_json: bool) -> None:
    """Show one dead letter whole. Raises as ``list_letters``, and when there is none or several of that name."""
    settings = load_settings()
    async with open_letters(settings) as letters:
        letter = await letter_named(letters, id, stream_named(stream))
    told = {**facts(letter), **letter.fields, "original_entry": original(letter)}
    show_json(told) if as_json else show_one(letter, original(letter), command(settings.data_dir), Screen())


@asynccontextmanager
async def open_letters(settings: Settings) -> AsyncIterator[Letters]:
    """Open the dead-letter streams of the running service, or the configured ones."""
    redis = connect(needed(reach(settings).redis, settings))
    try:
        yield Letters(redis)
    finally:
        await answered("Redis", redis.aclose())


def chosen(letters: Sequence[Letter], reason: str | None) -> list[Letter]:
    """Return the letters with that code, all without one; oldest first."""
    return by_age(letter for letter in letters if reason in {None, letter.code})


def facts(letter: Letter) -> dict[str, Any]:
    """Return a letter in a line of JSON."""
    told = letter.fields
    return {
        "id": name_of(letter),
        "stream": letter.stream,
        "kind": letter.kind,
        "reason": letter.code,
        "sentence": told.get("error"),
        "failed_at": told.get("failed_at"),
        "workflow_id": told.get("workflow_id"),
        "tenant_id": told.get("tenant_id"),
    }


def original(letter: Letter) -> Any:
    """Return the entry that the letter keeps; as it is written where that is no JSON."""
    written = letter.fields.get("original_entry")
    try:
        return json.loads(written or "null")
    except ValueError:
        return written
