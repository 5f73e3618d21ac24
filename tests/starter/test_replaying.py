"""Dead letters once more: accepted by Temporal, or staying with their new reason."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from temporalio.client import WorkflowExecutionStatus

from adapters.postgres.finding import Finder
from adapters.postgres.parked import ParkRecords
from adapters.postgres.pool import open_pool
from adapters.postgres.posts import PostArchive
from adapters.redis_streams.letters import Letter, Letters
from contracts.dead_letters import PARKED
from contracts.encoding import encode
from contracts.streams import POSTS_PARSED, POSTS_TAGGED, dead_letters
from starter.door import Door
from starter.replaying import Replays
from starter.restarting import Restarts
from tests.adapters.saved import save
from tests.build import CHANNEL, a_post, a_ref, a_tenant, an_event
from tests.starter.doorstep import Doorstep
from workflows.starting import start_post

pytestmark = pytest.mark.services


@dataclass
class Desk:
    """A doorstep with dead letters that can be replayed."""

    doorstep: Doorstep
    replays: Replays
    pool: asyncpg.Pool

    async def buried(self, fields: dict[str, str]) -> Letter:
        await self.doorstep.write(fields)
        await self.doorstep.take()
        return (await Letters(self.doorstep.redis).all(POSTS_PARSED))[-1]

    async def status(self, workflow_id: str) -> WorkflowExecutionStatus | None:
        return (await self.doorstep.client.get_workflow_handle(workflow_id).describe()).status

    async def history(self, workflow_id: str) -> list[str]:
        handle = self.doorstep.client.get_workflow_handle(workflow_id)
        return [str(event.WhichOneof("attributes")) async for event in handle.fetch_history_events()]


@pytest.fixture
async def desk(step: Doorstep, postgres_dsn: str) -> AsyncIterator[Desk]:
    pool = await open_pool(postgres_dsn, size=2)
    restarts = Restarts(step.client, Finder(pool), ParkRecords(pool))
    yield Desk(step, Replays(step.client, Door(step.directory, 600), restarts, "anna"), pool)
    await pool.close()


def a_parked_letter(workflow_id: str) -> Letter:
    fields = {"kind": PARKED, "workflow_id": workflow_id, "error_code": "tags:RejectedError"}
    return Letter(dead_letters(POSTS_TAGGED), "1-0", fields)


def entry_of(tenant: UUID, message: int = 7) -> dict[str, str]:
    return encode(an_event(a_ref(message, tenant=tenant)))


async def test_an_entry_whose_tenant_came_later_is_accepted(desk: Desk) -> None:
    tenant = a_tenant()
    letter = await desk.buried(entry_of(tenant))
    refused = await desk.replays.replay(letter)
    await desk.doorstep.directory.add_tenant(tenant, str(tenant))

    accepted = await desk.replays.replay(letter)

    assert (refused.accepted, refused.code) == (False, "unknown_tenant")
    assert accepted.accepted
    workflow_id = a_ref(7, tenant=tenant).workflow_id
    assert await desk.status(workflow_id) is WorkflowExecutionStatus.RUNNING
    await desk.doorstep.client.get_workflow_handle(workflow_id).terminate()


async def test_what_is_still_broken_stays_with_its_reason(desk: Desk) -> None:
    letter = await desk.buried({"data": "{half"})

    replayed = await desk.replays.replay(letter)

    assert (replayed.accepted, replayed.code) == (False, "not_json")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"original_stream": "stream:lunch", "original_entry": "{}"}, "not_served"),
        ({"original_stream": POSTS_PARSED}, "no_original"),
        ({"original_stream": POSTS_PARSED, "original_entry": "[1]"}, "no_original"),
        ({"original_stream": POSTS_PARSED, "original_entry": "{}"}, "non_retryable_validation"),
    ],
)
async def test_letters_of_others_are_refused_in_words(desk: Desk, fields: Any, code: str) -> None:
    replayed = await desk.replays.replay(Letter(dead_letters(POSTS_PARSED), "1-0", fields))

    assert (replayed.accepted, replayed.code) == (False, code)
    assert replayed.said


async def test_what_is_parked_is_told_to_retry(desk: Desk) -> None:
    post = a_post(a_ref(tenant=desk.doorstep.tenant))
    await start_post(desk.doorstep.client, post)

    replayed = await desk.replays.replay(a_parked_letter(post.ref.workflow_id))

    assert (replayed.accepted, replayed.said) == (True, "told to retry")
    assert "workflow_execution_signaled_event_attributes" in await desk.history(post.ref.workflow_id)


async def ended(desk: Desk, post: Any) -> str:
    """A workflow that is not open any more though it was not done."""
    await start_post(desk.doorstep.client, post)
    await desk.doorstep.client.get_workflow_handle(post.ref.workflow_id).terminate()
    return str(post.ref.workflow_id)


async def test_what_the_archive_has_is_started_again_with_a_refresh(desk: Desk) -> None:
    ref = a_ref(tenant=desk.doorstep.tenant)
    await desk.doorstep.directory.add_channel(ref.tenant_id, ref.channel_id, CHANNEL, None, None)
    await save(PostArchive(desk.pool, "c1"), ref)
    workflow_id = await ended(desk, a_post(ref))

    replayed = await desk.replays.replay(a_parked_letter(workflow_id))

    assert (replayed.accepted, replayed.said) == (True, "its workflow had ended: started again")
    assert await desk.status(workflow_id) is WorkflowExecutionStatus.RUNNING
    assert "workflow_execution_signaled_event_attributes" in await desk.history(workflow_id)


async def test_what_never_got_into_the_archive_begins_as_it_began(desk: Desk) -> None:
    post = a_post(a_ref(tenant=desk.doorstep.tenant), text="only here")
    workflow_id = await ended(desk, post)

    replayed = await desk.replays.replay(a_parked_letter(workflow_id))

    assert replayed.accepted
    handle = desk.doorstep.client.get_workflow_handle(workflow_id)
    first = await anext(handle.fetch_history_events())
    given = json.loads(first.workflow_execution_started_event_attributes.input.payloads[0].data)
    assert given["event"]["text"] == "only here"


async def test_what_nobody_knows_is_said_so(desk: Desk) -> None:
    stranger = await desk.replays.replay(a_parked_letter(a_ref(99, tenant=desk.doorstep.tenant).workflow_id))
    nonsense = await desk.replays.replay(a_parked_letter("lunch"))

    assert (stranger.accepted, nonsense.accepted) == (False, False)
    assert "knows anything of it" in stranger.said
    assert "is no workflow of a post" in nonsense.said
