"""How workflows are started and reached: ids, attributes, priority, and the words the Web UI shows."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDReusePolicy

from contracts.album import AlbumInput, AlbumRef
from contracts.changes import PostEdited
from contracts.channel_photo import ChannelPhotoInput
from contracts.events import PostParsed
from contracts.post import PostInput, PostRef, Refresh
from contracts.stages import Stage
from workflows import attributes
from workflows.album import AlbumWorkflow
from workflows.channel_photo import ChannelPhotoWorkflow
from workflows.post import PostWorkflow
from workflows.queues import POST_QUEUE
from workflows.telling import start_or_tell

LIVE: Final = 2
BACKFILL: Final = 4
#: A post older than this when it arrives is history that is filled in, not news.
NEWS: Final = timedelta(days=1)
#: Seconds within which items of an album that come late are taken for one arrival.
TOGETHER: Final = 5.0

_SUMMARY_BYTES: Final = 390


async def start_post(client: Client, post: PostInput) -> bool:
    """Start the post's workflow, or give its running one the version or the wish to delete it.

    Return whether a new run began. Safe to repeat: a run that finds nothing stale ends at once.

    Raises:
        RaceError: the workflow closed and opened again and again meanwhile.
    """
    return await start_or_tell(lambda: _start_post(client, post), _teller(client, post), post.ref.workflow_id)


def _teller(client: Client, post: PostInput) -> Callable[[], Awaitable[None]] | None:
    handle = client.get_workflow_handle_for(PostWorkflow.run, post.ref.workflow_id)
    event, deletion = post.event, post.deletion
    if deletion:
        return lambda: handle.signal(PostWorkflow.deleted, deletion)
    return (lambda: handle.signal(PostWorkflow.edited, event)) if event else None


async def start_album(client: Client, album: AlbumInput) -> bool:
    """Start the album's workflow, or tell its running one that it was announced again; whether a new run began.

    Raises:
        RaceError: the workflow closed and opened again and again meanwhile.
    """
    handle = client.get_workflow_handle_for(AlbumWorkflow.run, album.ref.workflow_id)
    event = album.event
    return await start_or_tell(
        lambda: _start_album(client, album),
        (lambda: handle.signal(AlbumWorkflow.grown, event)) if event else None,
        album.ref.workflow_id,
    )


async def start_channel_photo(client: Client, photo: ChannelPhotoInput) -> bool:
    """Start the workflow of a channel's picture, or have its running one look again; whether a new run began.

    Raises:
        RaceError: the workflow closed and opened again and again meanwhile.
    """
    handle = client.get_workflow_handle_for(ChannelPhotoWorkflow.run, photo.ref.workflow_id)
    return await start_or_tell(
        lambda: _start_channel_photo(client, photo),
        lambda: handle.signal(ChannelPhotoWorkflow.refresh),
        photo.ref.workflow_id,
    )


async def refresh_post(client: Client, ref: PostRef, why: Refresh) -> None:
    """Have the post look whether something became stale, also when its workflow has ended."""
    await client.start_workflow(
        PostWorkflow.run,
        PostInput(ref=ref),
        id=ref.workflow_id,
        task_queue=POST_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal="refresh",
        start_signal_args=[why],
        search_attributes=attributes.at_start(
            str(ref.tenant_id), ref.tg_channel_id, Stage.PERSIST, ref.grouped_id
        ),
        static_summary=f"channel {ref.tg_channel_id}, message {ref.message_id}: looked at again ({why.reason})",
        memo={"trace_id": ref.trace_id},
        priority=_priority(ref.tenant_id.hex, BACKFILL),
    )


async def refresh_album(client: Client, ref: AlbumRef, deadline_seconds: float = TOGETHER) -> None:
    """Have the album look again at what has arrived and was seen, also when its workflow has ended.

    It has waited for its items before: a run that begins now waits only for those that arrive together, unless it is
    told to wait longer.
    """
    await client.start_workflow(
        AlbumWorkflow.run,
        AlbumInput(ref=ref, deadline_seconds=deadline_seconds),
        id=ref.workflow_id,
        task_queue=POST_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal="refresh",
        search_attributes=attributes.at_start(
            str(ref.tenant_id), ref.tg_channel_id, "collect", ref.grouped_id
        ),
        static_summary=f"album in channel {ref.tg_channel_id}: looked at again",
        memo={"trace_id": ref.trace_id},
        priority=_priority(ref.tenant_id.hex, BACKFILL),
    )


async def _start_post(client: Client, post: PostInput) -> None:
    ref = post.ref
    posted_at = post.event.posted_at if isinstance(post.event, PostParsed) else None
    await client.start_workflow(
        PostWorkflow.run,
        post,
        id=ref.workflow_id,
        task_queue=POST_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        search_attributes=attributes.at_start(
            str(ref.tenant_id), ref.tg_channel_id, Stage.PERSIST, ref.grouped_id, posted_at
        ),
        static_summary=_summary(post),
        static_details=_details(post),
        memo={"trace_id": ref.trace_id},
        priority=_priority(ref.tenant_id.hex, _urgency(posted_at)),
    )


async def _start_album(client: Client, album: AlbumInput) -> None:
    ref, event = album.ref, album.event
    count = event.items_count if event else 0
    await client.start_workflow(
        AlbumWorkflow.run,
        album,
        id=ref.workflow_id,
        task_queue=POST_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        search_attributes=attributes.at_start(
            str(ref.tenant_id),
            ref.tg_channel_id,
            "collect",
            ref.grouped_id,
            event.posted_at if event else None,
        ),
        static_summary=f"album of {count} in channel {ref.tg_channel_id}",
        memo={"trace_id": ref.trace_id},
        priority=_priority(ref.tenant_id.hex, BACKFILL),
    )


async def _start_channel_photo(client: Client, photo: ChannelPhotoInput) -> None:
    ref, channel = photo.ref, photo.channel_title or f"channel {photo.ref.tg_channel_id}"
    await client.start_workflow(
        ChannelPhotoWorkflow.run,
        photo,
        id=ref.workflow_id,
        task_queue=POST_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        search_attributes=attributes.at_start(
            str(ref.tenant_id), ref.tg_channel_id, Stage.VISION, posted_at=photo.posted_at
        ),
        static_summary=_cut(f"{channel} #{ref.message_id}: the channel's own picture"),
        memo={"trace_id": ref.trace_id},
        priority=_priority(ref.tenant_id.hex, _urgency(photo.posted_at)),
    )


def _urgency(posted_at: datetime | None) -> int:
    age = datetime.now(UTC) - posted_at if posted_at else timedelta()
    return BACKFILL if age > NEWS else LIVE


def _priority(tenant: str, key: int) -> Priority:
    return Priority(priority_key=key, fairness_key=tenant)


def _summary(post: PostInput) -> str:
    """One line for people: the channel, the message, how it begins."""
    ref, event = post.ref, post.event
    title = event.channel_title if isinstance(event, PostParsed) else None
    what = ": deleted" if post.deletion else " (edited)" if isinstance(event, PostEdited) else ""
    head = " ".join((event.text if event else "").split())[:90]
    words = f": {head}" if head else "" if what else " (no text)"
    return _cut(f"{title or f'channel {ref.tg_channel_id}'} #{ref.message_id}{what}{words}")


def _details(post: PostInput) -> str:
    """Markdown for the post's page: where it stands, when, what it brought."""
    event = post.event
    if not isinstance(event, PostParsed):
        return ""
    rows = {
        "posted": event.posted_at.isoformat(" ", "minutes"),
        "link": event.telegram_post_url,
        "links": len(event.urls),
        "files": len(event.media_sha256_list),
        "album": event.grouped_id,
        "trace": event.trace_id,
    }
    return "\n".join(f"- **{name}**: {value}" for name, value in rows.items() if value)


def _cut(text: str) -> str:
    return text.encode("utf-8", "replace")[:_SUMMARY_BYTES].decode("utf-8", "ignore")
