"""Dead letters once more: accepted by Temporal, or staying with their new reason."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.leftovers import Leftovers
from adapters.postgres.deleting import Tombstones
from adapters.postgres.finding import Finder
from adapters.postgres.parks import Parks
from adapters.postgres.pool import open_pool
from adapters.postgres.posts import PostArchive
from adapters.redis_streams.letters import Letter, Letters
from contracts.dead_letters import PARKED, parked
from contracts.encoding import encode
from contracts.post import Deletion, PostInput, PostRef, Retag
from contracts.stages import Stage
from contracts.streams import POSTS_PARSED, POSTS_TAGGED, dead_letters
from starter.door import Door
from starter.replaying import Replays
from starter.restarting import Restarts
from tests.adapters.saved import save
from tests.adapters.test_postgres_deleting import deleted
from tests.adapters.test_postgres_parks import a_park
from tests.build import CHANNEL, MOMENT, a_post, a_ref, a_tenant, an_edit, an_event
from tests.starter.doorstep import Doorstep
from workflows.queues import POST_QUEUE
from workflows.starting import start_post

pytestmark = pytest.mark.services


@workflow.defn(name="PostWorkflow")
class NothingToDo:
    """A post of which nothing is stale."""

    @workflow.run
    async def run(self, post: PostInput) -> None:
        """End at once."""


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

    async def end_well(self, ref: PostRef) -> None:
        """Have a run of the post end as if everything was done."""
        await start_post(self.doorstep.client, PostInput(ref=ref))
        async with Worker(
            self.doorstep.client,
            task_queue=POST_QUEUE,
            workflows=[NothingToDo],
            workflow_runner=UnsandboxedWorkflowRunner(),  # this module imports drivers
        ):
            await self.doorstep.client.get_workflow_handle(ref.workflow_id).result()

    async def history(self, workflow_id: str) -> list[str]:
        handle = self.doorstep.client.get_workflow_handle(workflow_id)
        return [str(event.WhichOneof("attributes")) async for event in handle.fetch_history_events()]


@pytest.fixture
async def desk(step: Doorstep, postgres_dsn: str) -> AsyncIterator[Desk]:
    pool = await open_pool(postgres_dsn, size=2)
    leftovers = Leftovers(Parks(pool), Letters(step.redis))
    restarts = Restarts(step.client, Finder(pool), leftovers)
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


async def archived(desk: Desk) -> PostRef:
    """A post that the archive has."""
    ref = a_ref(tenant=desk.doorstep.tenant)
    await desk.doorstep.directory.add_channel(ref.tenant_id, ref.channel_id, CHANNEL, None, None)
    await save(PostArchive(desk.pool, "c1"), ref)
    return ref


async def given(desk: Desk, workflow_id: str) -> list[dict[str, Any]]:
    """What the latest run was told: its input, then its signals."""
    told = []
    async for event in desk.doorstep.client.get_workflow_handle(workflow_id).fetch_history_events():
        start, signal = (
            event.workflow_execution_started_event_attributes,
            event.workflow_execution_signaled_event_attributes,
        )
        told += [json.loads(payload.data) for payload in (*start.input.payloads, *signal.input.payloads)]
    return told


async def test_what_left_nothing_unsaved_is_looked_at_again(desk: Desk) -> None:
    ref = await archived(desk)
    workflow_id = await ended(desk, PostInput(ref=ref))

    replayed = await desk.replays.replay(a_parked_letter(workflow_id))

    assert (replayed.accepted, replayed.said) == (True, "its workflow had ended: started again")
    assert await desk.status(workflow_id) is WorkflowExecutionStatus.RUNNING
    assert (await given(desk, workflow_id))[-1]["reason"] == "started again"


async def test_what_never_got_into_the_archive_begins_as_it_began(desk: Desk) -> None:
    post = a_post(a_ref(tenant=desk.doorstep.tenant), text="only here")
    workflow_id = await ended(desk, post)

    replayed = await desk.replays.replay(a_parked_letter(workflow_id))

    assert replayed.accepted
    (first,) = await given(desk, workflow_id)
    assert first["event"]["text"] == "only here"


async def test_an_edit_that_was_not_saved_is_not_lost(desk: Desk) -> None:
    ref = await archived(desk)
    workflow_id = await ended(desk, PostInput(ref=ref, event=an_edit(ref, text="newer")))

    await desk.replays.replay(a_parked_letter(workflow_id))

    assert (await given(desk, workflow_id))[0]["event"]["text"] == "newer"


async def test_what_signals_brought_is_not_lost_either(desk: Desk) -> None:
    ref = await archived(desk)
    await start_post(desk.doorstep.client, PostInput(ref=ref))
    handle = desk.doorstep.client.get_workflow_handle(ref.workflow_id)
    for text in ("newer", "newest"):
        await start_post(desk.doorstep.client, PostInput(ref=ref, event=an_edit(ref, text=text)))
    await handle.signal("retag", Retag(event_id="r1"))
    await handle.terminate()

    await desk.replays.replay(a_parked_letter(ref.workflow_id))

    first, second = await given(desk, ref.workflow_id)
    assert (first["event"]["text"], second["text"]) == ("newer", "newest")
    assert [retag["event_id"] for retag in first["retags"]] == ["r1"]


async def test_a_deletion_before_its_tombstone_stays_a_deletion(desk: Desk) -> None:
    ref = await archived(desk)
    workflow_id = await ended(desk, PostInput(ref=ref, deletion=Deletion(reason="admin")))

    await desk.replays.replay(a_parked_letter(workflow_id))

    assert (await given(desk, workflow_id))[0]["deletion"]["reason"] == "admin"


async def test_a_deletion_that_nobody_was_told_of_goes_on(desk: Desk) -> None:
    ref = await archived(desk)
    tombstones = Tombstones(desk.pool)
    await tombstones.entomb(ref, Deletion(reason="ttl"), MOMENT)
    await tombstones.forget(ref)
    await tombstones.erased(ref, {}, [deleted(ref)])

    await desk.replays.replay(a_parked_letter(ref.workflow_id))

    assert (await given(desk, ref.workflow_id))[0]["deletion"]["reason"] == "ttl"


@pytest.mark.parametrize("wish", [{"event": {}}, {"deletion": Deletion()}], ids=["edit", "deletion"])
async def test_what_only_the_letter_keeps_is_in_it_after_the_history_is_gone(
    desk: Desk, wish: dict[str, Any]
) -> None:
    ref = await archived(desk)
    if "event" in wish:
        wish = {"event": an_edit(ref, text="newer")}
    unsaved = PostInput.model_validate({"ref": ref, **wish})
    letter = parked(a_park(ref, unsaved=unsaved))

    replayed = await desk.replays.replay(Letter(letter.stream, "1-0", letter.fields))

    assert replayed.accepted
    (first,) = await given(desk, ref.workflow_id)
    assert PostInput.model_validate(first) == unsaved


async def test_what_the_letter_keeps_counts_though_a_later_run_ended_well(desk: Desk) -> None:
    ref = await archived(desk)
    await desk.end_well(ref)
    letter = parked(a_park(ref, unsaved=PostInput(ref=ref, event=an_edit(ref, text="newer"))))

    await desk.replays.replay(Letter(letter.stream, "1-0", letter.fields))

    assert (await given(desk, ref.workflow_id))[0]["event"]["text"] == "newer"


async def test_what_nobody_knows_is_said_so(desk: Desk) -> None:
    stranger = await desk.replays.replay(a_parked_letter(a_ref(99, tenant=desk.doorstep.tenant).workflow_id))
    nonsense = await desk.replays.replay(a_parked_letter("lunch"))

    assert (stranger.accepted, nonsense.accepted) == (False, False)
    assert "knows anything of it" in stranger.said
    assert "is no workflow of a post" in nonsense.said


async def test_versions_that_wait_for_one_another_are_told_in_their_order(desk: Desk) -> None:
    ref = await archived(desk)
    versions = tuple(an_edit(ref, text=text) for text in ("newer", "newest"))
    unsaved = PostInput(ref=ref, versions=versions, skipped=(Stage.TAGS,), parked_until=MOMENT)
    letter = parked(a_park(ref, unsaved=unsaved))

    await desk.replays.replay(Letter(letter.stream, "1-0", letter.fields))

    first, second = await given(desk, ref.workflow_id)
    assert (first["event"]["text"], second["text"]) == ("newer", "newest")
    assert (first["versions"], first["skipped"], first["parked_until"]) == ([], [], None)
