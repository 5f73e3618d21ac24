"""What has to happen before some activities are called: somebody decides, deletes, compares, or tags anew."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from temporalio.exceptions import WorkflowAlreadyStartedError

from contracts.campaign import CampaignInput, Selection
from contracts.identity import channel_id
from contracts.post import Decision
from contracts.reconciling import ReconcileOrder
from contracts.streams import POSTS_DELETED
from tests.chaos.batch import FAILED, Batch
from tests.chaos.house import House, until
from workflows.attributes import NEEDS_HUMAN
from workflows.campaigning import start_campaign
from workflows.comparing import start_reconcile

BROKEN_LINK: Final = "broken link"
SILENT: Final = "silent"
POISON: Final = "poison"
CHANNEL_PHOTO: Final = "channel photo"
VICTIMS: Final = "victims"
RECONCILE: Final = "reconcile"
RECONCILE_ALL: Final = "reconcile all"
CAMPAIGN: Final = "campaign"
#: What is done to everything of a tenant: each has one of its own.
OF_A_TENANT: Final = frozenset({RECONCILE, CAMPAIGN})

_FAILED: Final = """
SELECT true FROM posts p JOIN channels c ON c.id = p.channel_id
WHERE c.tg_channel_id = $1 AND p.enrichment_status = 'failed'
"""
_THERE: Final = """
SELECT count(*) FROM posts p JOIN channels c ON c.id = p.channel_id
WHERE p.tenant_id = $1 AND c.tg_channel_id = $2 AND p.telegram_message_id = ANY ($3) AND p.is_processed
"""


@dataclass(frozen=True)
class Life:
    """What a process lives through until it dies: posts of a tenant, and what one death needs beside them."""

    house: House
    tenant: UUID
    batch: Batch
    need: str


async def nudge(life: Life) -> None:
    """Do what the death needs, as soon as it can be done."""
    if life.need == POISON:
        await give_up(life)
    elif life.need == VICTIMS:
        await _delete(life)
    elif life.need in (RECONCILE, RECONCILE_ALL):
        await _compare(life)
    elif life.need == CAMPAIGN:
        await _tag_anew(life)


async def give_up(life: Life) -> None:
    """Wait until a post of the batch is parked, and give it up; where one is to be given up."""
    if FAILED not in life.batch.posts.values():
        return
    client, channel = life.house.client, life.batch.channel
    which = f"TgState='{NEEDS_HUMAN}' AND TgChannel='{channel}' AND ExecutionStatus='Running'"

    async def is_given_up() -> bool:
        if await life.house.pool.fetchval(_FAILED, channel):
            return True
        parked = [run.id async for run in client.list_workflows(which)]
        for id in parked:
            handle = client.get_workflow_handle(id)
            await handle.signal("resolve", Decision(action="give-up", by="chaos"))
        return bool(parked)

    await until("a post to be parked", is_given_up)


async def _delete(life: Life) -> None:
    await _are_done(life, life.batch.victims)
    wishes = [_deletion(life.tenant, life.batch.channel, message) for message in life.batch.victims]
    await life.house.write(*wishes, stream=POSTS_DELETED)


def _deletion(tenant: UUID, channel: int, message: int) -> dict[str, str]:
    """The wish that a post be gone, as a producer writes it."""
    return {
        "tenant_id": str(tenant), "channel_id": str(channel_id(tenant, channel)), "tg_channel_id": str(channel),
        "telegram_message_id": str(message), "is_deleted": "True", "deleted_at": "2026-04-01T12:00:00+00:00",
    }  # fmt: skip


async def _compare(life: Life) -> None:
    """Lose the pages of the tenant, where it is one of its own, and have what is lost found and made again."""
    await _are_done(life, list(life.batch.posts))
    alone = life.need == RECONCILE
    for page in (life.house.folder / "objects" / "crawl" / str(life.tenant)).rglob("*.html") if alone else ():
        page.unlink()
    order = ReconcileOrder(tenant_id=life.tenant if alone else None, apply=alone)
    try:
        await start_reconcile(life.house.client, order)
    except WorkflowAlreadyStartedError:
        await life.house.client.get_workflow_handle(order.workflow_id).terminate("the next one begins")
        await start_reconcile(life.house.client, order)


async def _tag_anew(life: Life) -> None:
    await _are_done(life, list(life.batch.posts))
    campaign = CampaignInput(
        campaign_id=f"chaos-{life.batch.chat}", selection=Selection(tenant_id=life.tenant)
    )
    with suppress(WorkflowAlreadyStartedError):
        await start_campaign(life.house.client, campaign)


async def _are_done(life: Life, messages: list[int]) -> None:
    async def are_done() -> bool:
        done = await life.house.pool.fetchval(_THERE, life.tenant, life.batch.channel, messages)
        return bool(done == len(messages))

    await until("the posts to be done", are_done)
