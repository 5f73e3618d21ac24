"""Edits and deletions reach their post, in whatever words and whatever order they come."""

import json
from typing import Any
from uuid import uuid4

import pytest

from contracts.encoding import encode
from contracts.identity import channel_id
from contracts.streams import POSTS_DELETED, POSTS_EDITED
from tests.build import CHANNEL, MOMENT, a_ref, an_edit
from tests.contracts.samples import EVENTS
from tests.starter.doorstep import Doorstep
from tests.starter.test_starter import started
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services


def oldest(step: Doorstep, **values: Any) -> dict[str, str]:
    """What the oldest producers write: no tenant, the channel's id, the message."""
    ref = a_ref(tenant=step.tenant)
    known = {"post_id": uuid4(), "channel_id": ref.channel_id, "telegram_message_id": ref.message_id}
    return {name: str(value) for name, value in {**known, **values}.items() if value is not None}


async def a_known_channel(step: Doorstep) -> None:
    own = channel_id(step.tenant, CHANNEL)
    await step.directory.add_channel(step.tenant, own, CHANNEL, "Город", None)


async def histories(step: Doorstep) -> str:
    (id,) = await step.open_workflows()
    return str((await step.client.get_workflow_handle_for(PostWorkflow.run, id).fetch_history()).to_json())


@pytest.mark.parametrize(
    ("stream", "values"),
    [
        (POSTS_EDITED, {"content": "Новый текст", "edited_at": MOMENT.isoformat(), "is_edited": "True"}),
        (POSTS_DELETED, {"is_deleted": "True", "deleted_at": MOMENT.isoformat()}),
    ],
    ids=["edit", "deletion"],
)
async def test_the_oldest_words_reach_the_post_of_their_channel(
    step: Doorstep, stream: str, values: dict[str, str]
) -> None:
    await a_known_channel(step)
    await step.write(oldest(step, **values), stream)

    await step.take(step.starter(stream))

    await started(step, 1)
    assert await step.open_workflows() == [a_ref(tenant=step.tenant).workflow_id]
    assert (await step.pending(stream), await step.buried(stream)) == (0, [])


async def test_an_edit_in_our_own_words_makes_its_channel_and_waits_for_no_post(step: Doorstep) -> None:
    edit = an_edit(a_ref(tenant=step.tenant))
    await step.write({"data": edit.model_dump_json()}, POSTS_EDITED)

    await step.take(step.starter(POSTS_EDITED))

    await started(step, 1)
    assert await step.directory.owners(edit.channel_id or uuid4()) == [step.tenant]


async def test_changes_of_a_running_post_are_signals(step: Doorstep) -> None:
    await step.write(step.fields())
    await step.take()
    await step.write(encode(an_edit(a_ref(tenant=step.tenant))), POSTS_EDITED)
    await step.write(oldest(step, is_deleted="True"), POSTS_DELETED)

    await step.take(step.starter(POSTS_EDITED))
    await step.take(step.starter(POSTS_DELETED))

    await started(step, 1)
    history = json.loads(await histories(step))
    names = [
        e["workflowExecutionSignaledEventAttributes"]["signalName"]
        for e in history["events"]
        if "workflowExecutionSignaledEventAttributes" in e
    ]
    assert names == ["edited", "deleted"]


async def test_what_we_told_of_a_deletion_is_no_wish(step: Doorstep) -> None:
    await step.write(encode(EVENTS["posts_deleted"]), POSTS_DELETED)

    await step.take(step.starter(POSTS_DELETED))

    assert await step.pending(POSTS_DELETED) == 0
    assert (await step.open_workflows(), await step.buried(POSTS_DELETED)) == ([], [])


async def test_a_change_of_something_unknown_is_left_for_later(step: Doorstep) -> None:
    await step.write(oldest(step, is_deleted="True"), POSTS_DELETED)

    await step.take(step.starter(POSTS_DELETED))

    assert (await step.pending(POSTS_DELETED), await step.buried(POSTS_DELETED)) == (1, [])


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"telegram_message_id": None, "post_id": None}, "non_retryable_validation"),
        ({"is_deleted": "False"}, "non_retryable_validation"),
        ({"tenant_id": str(uuid4())}, "unknown_tenant"),
        ({"schema_version": "v9"}, "unknown_schema"),
    ],
    ids=["names nothing", "denies itself", "stranger", "newer"],
)
async def test_a_deletion_that_cannot_be_read_is_a_dead_letter(
    step: Doorstep, values: dict[str, Any], code: str
) -> None:
    await a_known_channel(step)
    await step.write(oldest(step, **{"is_deleted": "True", **values}), POSTS_DELETED)

    await step.take(step.starter(POSTS_DELETED))

    (letter,) = await step.buried(POSTS_DELETED)
    assert letter["error_code"] == code


async def test_a_channel_of_two_tenants_needs_a_tenants_name(step: Doorstep) -> None:
    other, own = uuid4(), channel_id(step.tenant, CHANNEL)
    await a_known_channel(step)
    await step.directory.add_tenant(other, str(other))
    await step.directory.add_channel(other, channel_id(other, CHANNEL), CHANNEL, None, None)
    await step.directory.add_channel(other, own, CHANNEL, None, None)
    await step.write(oldest(step, is_deleted="True"), POSTS_DELETED)

    await step.take(step.starter(POSTS_DELETED))

    (letter,) = await step.buried(POSTS_DELETED)
    assert letter["error_code"] == "ambiguous_tenant"
