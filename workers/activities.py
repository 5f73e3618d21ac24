"""Which activities there are, with what they need."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client

from activities.announcing import BridgeActivities
from activities.assembling import AlbumActivities
from activities.campaigning import CampaignActivities
from activities.channel_photos import ChannelPhotoActivities
from activities.crawling import CrawlActivities
from activities.deleting import DeletingActivities
from activities.enriching import EnrichActivities
from activities.indexing import IndexActivities
from activities.leftovers import Leftovers
from activities.parking import ParkingActivities
from activities.reading import Reading
from activities.reconciling import ReconcileActivities
from activities.reconciling_albums import ReconcileAlbumActivities
from activities.reconciling_objects import ReconcileObjectActivities
from activities.reconciling_photos import ReconcilePhotoActivities
from activities.restoring import RestoreActivities, Restorer
from activities.saving import SavingActivities
from activities.seeing import VisionActivities
from activities.tagging import TagActivities
from adapters.postgres.albums import AlbumArchive
from adapters.postgres.brakes import Brakes
from adapters.postgres.campaigns import CampaignPosts
from adapters.postgres.channel_photos import ChannelPhotoArchive
from adapters.postgres.comparing import Comparison
from adapters.postgres.comparing_objects import ObjectComparison
from adapters.postgres.deleting import Tombstones
from adapters.postgres.outbox import Outbox
from adapters.postgres.outbox_sent import SentOutbox
from adapters.postgres.page_budget import PageBudget
from adapters.postgres.pages import PageMemory
from adapters.postgres.parks import Parks
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from adapters.postgres.vision import VisionMemory
from adapters.redis_streams.letters import Letters
from adapters.redis_streams.log import EventLog
from contracts.album import AlbumRef
from contracts.campaign import Standing
from contracts.channel_photo import ChannelPhotoInput
from contracts.post import PostRef, Refresh
from domain.policy import Policies
from domain.standards import Standards
from runtime import metrics
from workers.campaigns import PostWorkflows
from workers.providers import Providers
from workers.reading import behind_its_brake
from workers.stores import Stores
from workflows.campaigning import standing_of
from workflows.queues import CRAWL_QUEUE, POST_QUEUE, TAGS_QUEUE, VISION_QUEUE
from workflows.starting import refresh_album, refresh_post, start_channel_photo

Activity = Callable[..., Any]


class PostSignals:
    """Reaches the workflows of posts through the engine."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def refresh(self, ref: PostRef, why: Refresh) -> None:
        """Have the post look whether something became stale."""
        await refresh_post(self._client, ref, why)

    async def refresh_album(self, ref: AlbumRef) -> None:
        """Have the album look again at what has arrived and was seen."""
        await refresh_album(self._client, ref)

    async def put_together_again(self, ref: AlbumRef) -> None:
        """Have the album put together from what is there; items that it was without are not waited for again."""
        await refresh_album(self._client, ref, deadline_seconds=0.0)

    async def record_again(self, photo: ChannelPhotoInput) -> None:
        """Have the channel picture looked at and recorded once more."""
        await start_channel_photo(self._client, photo)

    async def is_at_work(self, workflow_id: str) -> bool:
        """Whether the workflow is open and not parked, or has not seen yet what it was told."""
        return await standing_of(self._client, workflow_id) is Standing.UNDER_WAY


@dataclass(frozen=True)
class Parts:
    """What activities are made of. ``campaign_room`` is how many posts may be open before campaigns step back."""

    client: Client
    stores: Stores
    providers: Providers
    policies: Policies
    campaign_room: int = 30

    @property
    def standards(self) -> Standards:
        """What posts are measured by."""
        return Standards(self.providers.versions, self.policies, self.providers.ocr_version)


def activities_by_queue(parts: Parts) -> dict[str, Sequence[Activity]]:
    """Return every activity of the system under the queue that it is served on."""
    pool, objects = parts.stores.pool, parts.stores.objects
    providers, versions, standards = parts.providers, parts.providers.versions, parts.standards
    posts, records = PostArchive(pool, versions.crawl), StageStore(pool)
    saving = SavingActivities(posts, standards)
    seeing = VisionActivities(
        providers.vision, VisionMemory(pool), objects, standards, records, providers.ocr
    )
    tagging = TagActivities(providers.tagger, posts, records, standards, metrics.count_flag)
    pages = PageMemory(pool, timedelta(days=parts.policies.crawl.ttl_days))
    reader = behind_its_brake(providers.reader, Brakes(pool, parts.policies.spending.brake))
    reading = Reading(reader, PageBudget(pool), parts.policies.crawl)
    crawling = CrawlActivities(reading, pages, objects, posts, records)
    enriching = EnrichActivities(posts, records, versions.crawl, providers.reader_name, metrics.count_flag)
    indexing = IndexActivities(
        providers.embedders, parts.stores.vectors, parts.stores.graph, posts, records, versions.vision
    )
    parks = Parks(pool)
    leftovers = Leftovers(parks, Letters(parts.stores.redis))
    bridge = BridgeActivities(
        Outbox(pool), parts.stores.events, posts, records, PostSignals(parts.client), leftovers
    )
    albums = AlbumActivities(AlbumArchive(pool), parts.stores.graph, objects, leftovers, standards)
    campaigns = CampaignActivities(
        CampaignPosts(pool), PostWorkflows(parts.client, parts.campaign_room), standards
    )
    deleting = DeletingActivities(Tombstones(pool), parts.stores.vectors, parts.stores.graph, objects)
    photos = ChannelPhotoActivities(ChannelPhotoArchive(pool), parts.stores.graph, leftovers, standards)
    parking = ParkingActivities(parks, parts.stores.events)
    ours: list[Activity] = [
        saving.persist, saving.mark_failed, seeing.settle_vision, crawling.plan_crawl, crawling.skip_page,
        enriching.enrich_post, indexing.index_vectors, indexing.link_graph, bridge.announce, bridge.announce_indexed,
        bridge.announce_skipped, bridge.announce_assembled, bridge.announce_deleted, albums.collect_album,
        albums.assemble_album, albums.dissolve_album, deleting.entomb_post, deleting.remove_vector,
        deleting.remove_node, deleting.erase_post, parking.record_park, parking.settle_park,
        photos.find_channel_photo, photos.record_channel_photo,
        campaigns.estimate_campaign, campaigns.advance_campaign,
    ]  # fmt: skip
    return {
        POST_QUEUE: [*ours, *_reconciling(parts)],
        TAGS_QUEUE: [tagging.tag_post],
        VISION_QUEUE: [seeing.analyze_media],
        CRAWL_QUEUE: [crawling.fetch_page],
    }


def _reconciling(parts: Parts) -> Sequence[Activity]:
    """Return what compares the archive with the stores and repairs them."""
    stores, workflows = parts.stores, PostSignals(parts.client)
    archive = Comparison(stores.pool)
    index = ReconcileActivities(archive, stores.vectors, stores.graph, workflows)
    albums = ReconcileAlbumActivities(archive, stores.graph, stores.objects, workflows)
    photos = ReconcilePhotoActivities(archive, stores.graph, workflows)
    objects = ReconcileObjectActivities(ObjectComparison(stores.pool), stores.objects, archive, workflows)
    events = RestoreActivities(Restorer(SentOutbox(stores.pool), EventLog(stores.redis)))
    return [
        index.find_tenant, index.measure_archive, index.compare_index, index.compare_strays, index.await_repairs,
        albums.compare_albums, photos.compare_channel_photos, objects.compare_media, objects.compare_vision,
        objects.compare_pages, objects.settle_pages, events.compare_events,
    ]  # fmt: skip
