"""What is recorded of what an operator names: a post, a tombstone, an edit that came first, an album, a picture."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from adapters.postgres.explaining import Records
from adapters.postgres.finding import Finder, Known
from adapters.postgres.parked import ParkRecords
from cli.subjects import Album, ChannelPicture, PostById, PostByMessage, Subject

Facts = dict[str, Any]


async def found(pool: asyncpg.Pool, subject: Subject) -> list[Facts]:
    """Return what is recorded, one for each tenant that has it; each with its parks and its workflow's id.

    What the archive does not have is returned too, as ``unknown``: the engine may know of it.
    """
    records, parks = Records(pool), ParkRecords(pool)
    facts = await _recorded(records, Finder(pool), subject)
    for one in facts:
        one["parks"] = await parks.of(one["workflow"]["id"])
    return facts


async def _recorded(records: Records, finder: Finder, subject: Subject) -> list[Facts]:
    match subject:
        case Album(tenant_id, tg_channel_id, grouped_id):
            album = await records.album(tenant_id, tg_channel_id, grouped_id)
            return [_named(album or {"unknown": {"kind": "album"}}, subject.workflow_id)]
        case ChannelPicture(tenant_id, tg_channel_id, message_id):
            picture = await records.channel_picture(tenant_id, tg_channel_id, message_id)
            facts = {"channel_picture": picture} if picture else {"unknown": {"kind": "channel picture"}}
            return [_named(facts, subject.workflow_id)]
        case PostById(post_id):
            return await _posts(records, await finder.by_id(post_id))
        case PostByMessage(channel, message_id, tenant_id):
            return await _posts(records, await finder.by_message(channel, message_id, tenant_id))


async def _posts(records: Records, known: Sequence[Known]) -> list[Facts]:
    return [_named(await _post(records, one), one.ref.workflow_id) for one in known]


async def _post(records: Records, known: Known) -> Facts:
    """What was deleted since it was found is told by its tombstone."""
    ref = known.ref
    stone = await records.tombstone(ref.channel_id, ref.message_id)
    if known.kind == "archived" and (post := await records.post(ref.post_id)):
        return {**post, "deletion": stone} if stone else post
    if stone:
        return {"deleted": stone, "events": await records.events(str(stone["post_id"]))}
    if edit := await records.early_edit(ref.channel_id, ref.message_id):
        return {"early_edit": edit}
    return {"unknown": {"kind": "post"}}


def _named(facts: Facts, workflow_id: str) -> Facts:
    return {**facts, "workflow": {"id": workflow_id}}
