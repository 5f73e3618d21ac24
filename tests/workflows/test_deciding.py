"""Decisions from outside: answered by update, stored as a signal, refused in words."""

from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from contracts.errors import RejectedError
from contracts.post import Decision
from tests.build import a_post, a_ref, a_tenant
from tests.workflows.test_post_deciding import a_parked_post
from tests.workflows.town import Town, within
from workflows.deciding import ClosedError, NobodyAnswersError, decide, tell
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

PATIENCE = timedelta(seconds=10)


async def test_a_decision_by_update_is_answered(town: Town) -> None:
    handle = await a_parked_post(town)
    town.world.vectors.weather.always = None

    assert await decide(town.client, handle.id, Decision(action="retry"), PATIENCE) == "retry: taken"
    assert (await within(town.wait(handle))).state == "indexed"


async def test_a_refusal_is_a_sentence(town: Town) -> None:
    handle = await a_parked_post(town)

    with pytest.raises(RejectedError, match="tags is not stuck; stuck: vectors"):
        await decide(town.client, handle.id, Decision(action="skip", stage="tags"), PATIENCE)


async def test_a_decision_by_signal_is_taken_too(town: Town) -> None:
    handle = await a_parked_post(town)
    town.world.vectors.weather.always = None

    await tell(town.client, handle.id, Decision(action="retry"))

    assert (await within(town.wait(handle))).state == "indexed"


async def test_what_is_not_open_is_said_to_be_closed(town: Town) -> None:
    ended = town.ref()
    await town.run(a_post(ended))

    for workflow_id in (ended.workflow_id, "post:never:1:1"):
        with pytest.raises(ClosedError):
            await decide(town.client, workflow_id, Decision(action="retry"), PATIENCE)
        with pytest.raises(ClosedError):
            await tell(town.client, workflow_id, Decision(action="retry"))


async def test_where_no_worker_answers_the_signal_is_kept(temporal_client: Client) -> None:
    ref = a_ref(tenant=a_tenant())
    handle = await temporal_client.start_workflow(
        PostWorkflow.run, a_post(ref), id=ref.workflow_id, task_queue=f"nobody-{ref.tenant_id}"
    )
    try:
        with pytest.raises(NobodyAnswersError):
            await decide(temporal_client, handle.id, Decision(action="retry"), timedelta(seconds=1))
        await tell(temporal_client, handle.id, Decision(action="retry"))

        signals = [
            event
            async for event in handle.fetch_history_events()
            if event.WhichOneof("attributes") == "workflow_execution_signaled_event_attributes"
        ]
        assert len(signals) == 1
    finally:
        await handle.terminate()


async def test_an_answer_that_the_engine_threw_away_may_be_signalled(
    temporal_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when an activity ends in the moment in which the workflow answers and completes."""
    thrown = RPCError("unexpected workflow task failure", RPCStatusCode.FAILED_PRECONDITION, b"")
    monkeypatch.setattr(WorkflowHandle, "execute_update", AsyncMock(side_effect=thrown))

    with pytest.raises(NobodyAnswersError):
        await decide(temporal_client, "post:1", Decision(action="retry"), timedelta(seconds=5))
