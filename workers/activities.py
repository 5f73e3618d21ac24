"""Which activities there are, with what they need."""

from collections.abc import Sequence
from datetime import timedelta

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
from activities.saving import SavingActivities
from activities.seeing import VisionActivities
from activities.tagging import TagActivities
from adapters.postgres.albums import AlbumArchive
from adapters.postgres.brakes import Brakes
from adapters.postgres.campaigns import CampaignPosts
from adapters.postgres.channel_photos import ChannelPhotoArchive
from adapters.postgres.deleting import Tombstones
from adapters.postgres.outbox import Outbox
from adapters.postgres.page_budget import PageBudget
from adapters.postgres.pages import PageMemory
from adapters.postgres.parks import Parks
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from adapters.postgres.vision import VisionMemory
from adapters.redis_streams.letters import Letters
from runtime import metrics
from workers.campaigns import PostWorkflows
from workers.parts import Activity, Parts
from workers.post_signals import PostSignals
from workers.reading import behind_its_brake
from workers.reconciling import reconciling
from workflows.queues import CRAWL_QUEUE, POST_QUEUE, TAGS_QUEUE, VISION_QUEUE


def activities_by_queue(parts: Parts) -> dict[str, Sequence[Activity]]:
    """Return every activity of the system under the queue that it is served on."""
    posts = PostArchive(parts.stores.pool, parts.providers.versions.crawl)
    records = StageStore(parts.stores.pool)
    tagging = TagActivities(parts.providers.tagger, posts, records, parts.standards, metrics.count_flag)
    seeing, crawling = _seeing(parts, records), _crawling(parts, posts, records)
    ours: list[Activity] = [seeing.settle_vision, crawling.plan_crawl, crawling.skip_page]
    return {
        POST_QUEUE: [
            *ours, *_of_posts(parts, posts, records), *_of_ends(parts, posts, records), *_of_others(parts),
            *reconciling(parts),
        ],
        TAGS_QUEUE: [tagging.tag_post],
        VISION_QUEUE: [seeing.analyze_media],
        CRAWL_QUEUE: [crawling.fetch_page],
    }  # fmt: skip


def _seeing(parts: Parts, records: StageStore) -> VisionActivities:
    providers, stores = parts.providers, parts.stores
    memory = VisionMemory(stores.pool)
    return VisionActivities(providers.vision, memory, stores.objects, parts.standards, records, providers.ocr)


def _crawling(parts: Parts, posts: PostArchive, records: StageStore) -> CrawlActivities:
    pool, policies, providers = parts.stores.pool, parts.policies, parts.providers
    brakes = Brakes(pool, policies.spending.brake)
    reader = behind_its_brake(providers.reader, providers.reader_name, brakes)
    pages = PageMemory(pool, timedelta(days=policies.crawl.ttl_days))
    reading = Reading(reader, PageBudget(pool), policies.crawl)
    return CrawlActivities(reading, pages, parts.stores.objects, posts, records)


def _of_posts(parts: Parts, posts: PostArchive, records: StageStore) -> list[Activity]:
    """Return what saves a post, puts together what is known of it, and has it found."""
    providers, stores, versions = parts.providers, parts.stores, parts.providers.versions
    saving = SavingActivities(posts, parts.standards)
    enriching = EnrichActivities(posts, records, versions.crawl, providers.reader_name, metrics.count_flag)
    indexing = IndexActivities(
        providers.embedders, stores.vectors, stores.graph, posts, records, versions.vision
    )
    return [
        saving.persist, saving.mark_failed, enriching.enrich_post, indexing.index_vectors, indexing.link_graph
    ]  # fmt: skip


def _of_ends(parts: Parts, posts: PostArchive, records: StageStore) -> list[Activity]:
    """Return what tells of posts, parks them and deletes them."""
    stores, parks = parts.stores, Parks(parts.stores.pool)
    leftovers = Leftovers(parks, Letters(stores.redis))
    bridge = BridgeActivities(
        Outbox(stores.pool), stores.events, posts, records, PostSignals(parts.client), leftovers
    )
    deleting = DeletingActivities(Tombstones(stores.pool), stores.vectors, stores.graph, stores.objects)
    parking = ParkingActivities(parks, stores.events)
    return [
        bridge.announce, bridge.announce_indexed, bridge.announce_skipped, bridge.announce_assembled,
        bridge.announce_deleted, deleting.entomb_post, deleting.remove_vector, deleting.remove_node,
        deleting.erase_post, parking.record_park, parking.settle_park,
    ]  # fmt: skip


def _of_others(parts: Parts) -> list[Activity]:
    """Return what albums, channel pictures and campaigns need."""
    stores, standards = parts.stores, parts.standards
    leftovers = Leftovers(Parks(stores.pool), Letters(stores.redis))
    albums = AlbumActivities(AlbumArchive(stores.pool), stores.graph, stores.objects, leftovers, standards)
    photos = ChannelPhotoActivities(ChannelPhotoArchive(stores.pool), stores.graph, leftovers, standards)
    workflows = PostWorkflows(parts.client, parts.campaign_room)
    campaigns = CampaignActivities(CampaignPosts(stores.pool), workflows, standards)
    return [
        albums.collect_album, albums.assemble_album, albums.dissolve_album, photos.find_channel_photo,
        photos.record_channel_photo, campaigns.estimate_campaign, campaigns.advance_campaign,
    ]  # fmt: skip
