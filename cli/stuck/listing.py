"""What waits, for a human or till later: the engine's list, with what the record of parks says of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from temporalio.client import Client, WorkflowExecution
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from adapters.postgres.finding import Finder
from adapters.postgres.parked import ParkRecords
from cli.errors import CommandError
from cli.subjects import PostByMessage, subject_of
from contracts.errors import UnavailableError
from contracts.identity import WorkflowName, workflow_name
from workflows import attributes

_REASON: Final = re.compile(r"[\w-]+:[\w.]+")
KINDS: Final = {"post": "post", "album": "album", "channel-photo": "channel picture"}


@dataclass(frozen=True)
class Which:
    """Which of those that wait; nothing given means all of them."""

    reason: str | None = None
    tenant_id: UUID | None = None
    channels: tuple[int, ...] | None = None

    @classmethod
    def of(
        cls, reason: str | None, tenant_id: UUID | None = None, channels: tuple[int, ...] | None = None
    ) -> "Which":
        """Return the choice.

        Raises:
            CommandError: the reason is none.
        """
        if reason and not _REASON.fullmatch(reason):
            raise CommandError(f"{reason!r} is no reason: one looks like tags:RateLimitedError", 2)
        return cls(reason, tenant_id, channels)

    def query(self) -> str:
        """Return the engine's query. Runs that were terminated keep their attributes, hence ``Running``.

        The engine knows one reason of each; all of them are on record.
        """
        states = ", ".join(f"'{state}'" for state in attributes.PARKED)
        parts = [f"TgState IN ({states})", "ExecutionStatus='Running'"]
        if self.tenant_id:
            parts.append(f"TgTenant='{self.tenant_id}'")
        if self.channels:
            parts.append("(" + " OR ".join(f"TgChannel='{channel}'" for channel in self.channels) + ")")
        return " AND ".join(parts)


@dataclass(frozen=True)
class Stuck:
    """One that waits: what it is, why, since when, and ``name``, what commands may call it.

    ``problems`` are all stages that are stuck. ``until`` is the end of the wait for a human, ``goes_on_at`` when it is
    tried again by itself. Where nothing was recorded these, ``message`` and ``since`` are None.
    """

    name: str
    kind: str
    workflow_id: str
    reason: str
    tenant: str
    channel: str
    tg_channel_id: int
    number: int
    link: str | None = None
    message: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    goes_on_at: datetime | None = None
    needs_human: bool = True
    tries: int = 0
    problems: tuple[dict[str, Any], ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason for which it waits; what the engine shows comes first."""
        recorded = (f"{problem['stage']}:{problem['error']}" for problem in self.problems)
        return tuple(dict.fromkeys((self.reason, *recorded)))

    @property
    def can_be_told(self) -> bool:
        """Whether it takes decisions: posts, albums and channel pictures do."""
        return self.kind in KINDS.values()


async def which(pool: asyncpg.Pool, reason: str | None, tenant_id: UUID | None, channel: str | None) -> Which:
    """Return the choice.

    Raises:
        CommandError: the reason is none, or there is no such channel.
    """
    channels = tuple(await Finder(pool).channels(channel, tenant_id)) if channel else None
    if channel and not channels:
        raise CommandError(f"there is no channel {channel}", 2)
    return Which.of(reason, tenant_id, channels)


async def stuck(client: Client, pool: asyncpg.Pool, wanted: Which) -> list[Stuck]:
    """Return all that wait: first what needs a human, the longest wait first, what was not recorded last.

    Raises:
        UnavailableError: the engine or the archive does not answer.
    """
    runs = await _listed(client, wanted)
    named = {run.id: name for run in runs if (name := workflow_name(run.id))}
    places = [
        (r.id, r.run_id, named[r.id].tenant_id, named[r.id].tg_channel_id) for r in runs if r.id in named
    ]
    recorded = await ParkRecords(pool).waiting(places)
    found = [
        _stuck(run, named[run.id], recorded.get(run.id, {})) if run.id in named else _other(run)
        for run in runs
    ]
    found = [one for one in found if wanted.reason is None or wanted.reason in one.reasons]
    return sorted(found, key=_place)


def _place(one: Stuck) -> tuple[bool, datetime, str]:
    return not one.needs_human, one.since or datetime.max.replace(tzinfo=UTC), one.workflow_id


async def _listed(client: Client, wanted: Which) -> Sequence[WorkflowExecution]:
    try:
        return [run async for run in client.list_workflows(wanted.query())]
    except RPCError as error:
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error


def _stuck(run: WorkflowExecution, name: WorkflowName, row: dict[str, Any]) -> Stuck:
    problems = tuple(row.get("problems") or ())
    needs_human = _attribute(run, attributes.STATE) != attributes.DEFERRED
    return Stuck(
        name=_called(name, row, run.id),
        kind=KINDS[name.kind],
        workflow_id=run.id,
        reason=_attribute(run, attributes.STUCK_REASON) or "unknown",
        tenant=row.get("tenant") or str(name.tenant_id),
        channel=row.get("channel") or f"channel {name.tg_channel_id}",
        tg_channel_id=name.tg_channel_id,
        number=name.number,
        link=row.get("link"),
        message=row.get("message"),
        since=row.get("since"),
        until=row.get("until") if needs_human else None,
        goes_on_at=_own_moment(problems) if needs_human else row.get("until"),
        needs_human=needs_human,
        tries=int(problems[0].get("attempts", 0)) if problems else 0,
        problems=problems,
    )


def _own_moment(problems: Sequence[dict[str, Any]]) -> datetime | None:
    """Return when a part of what is stuck is tried again, None when a human is needed for all of it."""
    moments = (problem.get("goes_on_at") for problem in problems)
    return min((datetime.fromisoformat(moment) for moment in moments if moment), default=None)


def _other(run: WorkflowExecution) -> Stuck:
    """What waits and is neither post nor album nor channel picture: named, so that nobody overlooks it."""
    return Stuck(
        name=run.id,
        kind=run.workflow_type,
        workflow_id=run.id,
        reason=_attribute(run, attributes.STUCK_REASON) or "unknown",
        tenant=_attribute(run, attributes.TENANT) or "",
        channel="",
        tg_channel_id=0,
        number=0,
    )


def _attribute(run: WorkflowExecution, key: SearchAttributeKey[str]) -> str | None:
    return run.typed_search_attributes.get(key)


def _called(name: WorkflowName, row: dict[str, Any], workflow_id: str) -> str:
    """Return the link where it leads to just this post of this tenant; else the workflow's id, which always does."""
    try:
        subject = subject_of(row.get("link") or "")
    except CommandError:
        return workflow_id
    names = {str(name.tg_channel_id), (row.get("username") or "").lower()}
    leads = isinstance(subject, PostByMessage) and subject.channel.lower() in names
    return str(row["link"]) if leads and row["followers"] == 1 else workflow_id
