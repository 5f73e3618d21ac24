"""Entries become workflows, or dead letters with a true reason, or stay where they are."""

import json
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from contracts.encoding import encode
from contracts.identity import channel_id
from contracts.streams import ALBUMS_PARSED
from tests.build import CHANNEL, a_ref, a_tenant, an_album_event, an_album_ref
from tests.starter.doorstep import Doorstep
from tests.workflows.town import until

pytestmark = pytest.mark.services


async def started(step: Doorstep, count: int) -> None:
    """Wait until the engine lists that many workflows."""

    async def listed() -> bool:
        return len(await step.open_workflows()) == count

    await until(listed)


@pytest.mark.parametrize("shape", ["flat", "data", "payload"])
async def test_an_entry_of_any_shape_starts_its_post_and_is_acknowledged(step: Doorstep, shape: str) -> None:
    fields = step.fields()
    body = {**fields, "urls": json.loads(fields["urls"])}
    await step.write(fields if shape == "flat" else {shape: json.dumps(body)})

    await step.take()

    await started(step, 1)
    assert await step.open_workflows() == [a_ref(tenant=step.tenant).workflow_id]
    assert await step.pending() == 0


async def test_an_entry_that_comes_five_times_is_one_workflow(step: Doorstep) -> None:
    for _ in range(5):
        await step.write(step.fields())

    await step.take()

    await started(step, 1)
    assert await step.pending() == 0
    assert await step.buried() == []


async def test_what_the_engine_did_not_accept_stays_pending_and_is_taken_later(
    step: Doorstep, temporal_client: Client
) -> None:
    await step.write(step.fields())
    lost = await Client.connect(
        temporal_client.service_client.config.target_host,
        namespace="nobody-made-this-one",
        data_converter=pydantic_data_converter,
    )

    await step.take(step.starter("stream:posts:parsed", lost))
    assert (await step.pending(), await step.buried()) == (1, [])

    await step.take(step.starter("stream:posts:parsed"))
    assert await step.pending() == 0
    await started(step, 1)


POISON: dict[str, tuple[dict[str, Any], str, str]] = {
    "no json": ({"data": "{"}, "not_json", "data: not JSON"),
    "json, but no object": ({"data": "[1]"}, "not_json", "data: a JSON object is needed"),
    "nothing": ({"x": "y"}, "non_retryable_validation", "channel_id: missing"),
    "no tenant": ({"tenant_id": None}, "non_retryable_validation", "tenant_id: missing"),
    "no uuid": ({"post_id": "7"}, "non_retryable_validation", "post_id: "),
    "no date": ({"posted_at": "yesterday"}, "non_retryable_validation", "posted_at: "),
    "no number": ({"telegram_message_id": "seven"}, "non_retryable_validation", "telegram_message_id: "),
    "urls": ({"urls": "https://"}, "non_retryable_validation", "urls: "),
    "newer": ({"schema_version": "v9"}, "unknown_schema", "schema_version: 'v9'"),
    "stranger": ({"tenant_id": str(a_tenant())}, "unknown_tenant", "tenant_id: no such tenant"),
    "channel 0": ({"tg_channel_id": "0"}, "unknown_channel", "tg_channel_id: 0"),
}


@pytest.mark.parametrize("name", POISON)
async def test_poison_is_buried_with_its_reason_and_the_original_entry(step: Doorstep, name: str) -> None:
    values, code, reason = POISON[name]
    whole = not {"data", "x"} & set(values)
    mixed = {**step.fields(), **values} if whole else values
    entry = {field: str(value) for field, value in mixed.items() if value is not None}
    entry_id = await step.write(entry)

    await step.take()

    (letter,) = await step.buried()
    assert letter["error_code"] == code
    assert reason in letter["error"]
    assert (letter["original"], letter["original_message_id"]) == (entry, entry_id)
    assert await step.pending() == 0


async def test_poison_does_not_hold_up_its_neighbours(step: Doorstep) -> None:
    for fields in (step.fields(1), {"data": "{"}, step.fields(2)):
        await step.write(fields)

    await step.take()

    await started(step, 2)
    assert len(await step.buried()) == 1


async def test_bytes_that_are_no_text_are_buried_or_read_but_stop_nobody(step: Doorstep) -> None:
    entry: Any = {b"data": b"\xff\xfe{"}
    await step.redis.xadd("stream:posts:parsed", entry)
    await step.write(step.fields())

    await step.take()

    await started(step, 1)
    assert len(await step.buried()) == 1


async def test_a_channel_that_is_known_may_be_left_out(step: Doorstep) -> None:
    await step.write(step.fields(1))
    await step.take()

    await step.write({**step.fields(2), "tg_channel_id": "0"})
    await step.take()

    await started(step, 2)
    assert a_ref(2, tenant=step.tenant).workflow_id in await step.open_workflows()


async def test_a_channel_id_of_another_tenant_is_foreign(step: Doorstep) -> None:
    other = a_tenant()
    await step.directory.add_tenant(other, str(other))
    theirs = channel_id(other, CHANNEL)
    await step.directory.add_channel(other, theirs, CHANNEL, None, None)

    await step.write({**step.fields(), "channel_id": str(theirs)})
    await step.take()

    assert [letter["error_code"] for letter in await step.buried()] == ["foreign_channel"]


async def test_an_album_before_its_channel_is_left_for_later(step: Doorstep) -> None:
    ref = an_album_ref(tenant=step.tenant)
    await step.write(encode(an_album_event(ref, (a_ref(1, tenant=step.tenant),))), ALBUMS_PARSED)

    await step.take(step.albums)
    assert (await step.pending(ALBUMS_PARSED), await step.open_workflows()) == (1, [])

    await step.write(step.fields(1))
    await step.take()
    await step.take(step.albums)

    await started(step, 2)
    assert ref.workflow_id in await step.open_workflows()
    assert await step.pending(ALBUMS_PARSED) == 0


async def test_an_album_that_waits_does_not_hold_up_later_ones(step: Doorstep) -> None:
    await step.write(step.fields(1))
    await step.take()
    stranger = an_album_event(an_album_ref(tenant=step.tenant), channel_id=a_tenant())
    await step.write(encode(stranger), ALBUMS_PARSED)
    await step.take(step.albums)

    ref = an_album_ref(556, tenant=step.tenant)
    await step.write(encode(an_album_event(ref)), ALBUMS_PARSED)
    for _ in range(4):
        await step.albums.step()

    assert await step.pending(ALBUMS_PARSED) == 1
    await started(step, 2)


@pytest.mark.parametrize("size", [600_000, 3_000_000])
async def test_what_is_too_large_for_the_engine_is_buried(step: Doorstep, size: int) -> None:
    await step.write(step.fields(1, text="я" * size))
    await step.write(step.fields(2))

    await step.take()

    await started(step, 1)
    assert [letter["error_code"] for letter in await step.buried()] == ["too_large"]


async def test_a_post_as_long_as_the_door_lets_in_is_taken_by_the_engine(step: Doorstep) -> None:
    await step.write(step.fields(1, text='"я' * 300_000))

    await step.take()

    await started(step, 1)
    assert await step.buried() == []


async def test_a_store_that_was_emptied_gets_its_group_back(step: Doorstep) -> None:
    await step.write(step.fields(1))
    await step.take()
    await step.redis.flushdb()

    await step.write(step.fields(2))
    await step.take()

    await started(step, 2)


async def test_what_another_starter_left_unacknowledged_is_read_again(step: Doorstep) -> None:
    await step.write(step.fields())
    await step.take(step.starter("stream:posts:parsed"))
    await step.write(step.fields(2))
    await step.redis.xreadgroup("postloom-starter", "starter-1", {"stream:posts:parsed": ">"})
    assert await step.pending() == 1

    await step.take(step.starter("stream:posts:parsed"))

    assert await step.pending() == 0
    await started(step, 2)
