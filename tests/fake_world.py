"""All activities of the system over fakes, as workers serve them."""

from collections.abc import Sequence

from activities.announcing import BridgeActivities
from activities.assembling import AlbumActivities
from activities.campaigning import CampaignActivities, Workflows
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
from contracts.post import MediaRef, PostRef
from domain.policy import CrawlPolicy, Policies
from domain.standards import Standards
from tests.build import VERSIONS
from tests.fake_archive import FakeAlbums, FakeArchive, FakeLooks, FakePages, FakeParks
from tests.fake_campaigns import FakeCampaignPosts, FakePostWorkflows
from tests.fake_channel_photos import FakeChannelPhotos
from tests.fake_comparing import FakeComparison, FakeObjectComparison, FakeSentOutbox
from tests.fake_page_budget import FakePageBudget
from tests.fakes import (
    FakeEmbedder,
    FakeEmbedders,
    FakeEyes,
    FakeGraph,
    FakeLog,
    FakeObjects,
    FakeSignals,
    FakeTagger,
    FakeVectors,
    FakeWeb,
)
from workers.parts import Activity
from workers.post_signals import PostSignals
from workflows.queues import CRAWL_QUEUE, POST_QUEUE, TAGS_QUEUE, VISION_QUEUE

POLICIES = Policies(crawl=CrawlPolicy(min_text_length=50))


class World:
    """Stores and providers that behave, and the activities over them."""

    def __init__(
        self,
        signals: PostSignals | None = None,
        workflows: Workflows | None = None,
        policies: Policies = POLICIES,
        *,
        ocr: bool = False,
    ) -> None:
        self.standards = Standards(VERSIONS, policies, "ocr1" if ocr else "")
        self.reader = FakeEyes("ocr") if ocr else None
        self.looks, self.pages, self.objects = FakeLooks(), FakePages(), FakeObjects()
        self.archive = FakeArchive(self.looks, self.pages)
        self.albums = FakeAlbums(self.archive)
        self.channel_photos = FakeChannelPhotos(self.looks)
        self.tagger, self.eyes, self.web, self.embedder = FakeTagger(), FakeEyes(), FakeWeb(), FakeEmbedder()
        self.embedders, self.vectors = FakeEmbedders(self.embedder), FakeVectors(self.embedder.identity)
        self.graph, self.log = FakeGraph(), FakeLog()
        self.signals: PostSignals | FakeSignals = signals or FakeSignals()
        self.flagged: list[str] = []
        posts, objects = self.archive, self.objects
        self.saving = SavingActivities(posts, self.standards)
        self.seeing = VisionActivities(self.eyes, self.looks, objects, self.standards, posts, self.reader)
        self.tagging = TagActivities(self.tagger, posts, posts, self.standards, self.flagged.append)
        self.budget = FakePageBudget()
        reading = Reading(self.web, self.budget, policies.crawl)
        self.crawling = CrawlActivities(reading, self.pages, objects, posts, posts)
        self.enriching = EnrichActivities(posts, posts, VERSIONS.crawl, "web", self.flagged.append)
        self.indexing = IndexActivities(
            self.embedders, self.vectors, self.graph, posts, posts, VERSIONS.vision
        )
        self.parks = FakeParks(posts)
        self.leftovers = Leftovers(self.parks, self.log)
        self.bridge = BridgeActivities(posts, self.log, posts, self.parks, self.signals, self.leftovers)
        self.deleting = DeletingActivities(posts, self.vectors, self.graph, objects)
        self.parking = ParkingActivities(self.parks, self.log)
        self.assembling = AlbumActivities(self.albums, self.graph, objects, self.leftovers, self.standards)
        self.portraying = ChannelPhotoActivities(
            self.channel_photos, self.graph, self.leftovers, self.standards
        )
        self.many = FakeCampaignPosts(posts)
        self.crowd = FakePostWorkflows()
        self.campaigning = CampaignActivities(self.many, workflows or self.crowd, self.standards)
        self.comparison, self.object_comparison = (
            FakeComparison(posts, self.channel_photos),
            FakeObjectComparison(posts),
        )
        self.sent = FakeSentOutbox(posts, self.parks)

    def activities(self) -> dict[str, Sequence[Activity]]:
        """Every activity under its queue."""
        ours: list[Activity] = [
            self.saving.persist, self.saving.mark_failed, self.seeing.settle_vision, self.crawling.plan_crawl,
            self.crawling.skip_page, self.enriching.enrich_post, self.indexing.index_vectors, self.indexing.link_graph,
            self.bridge.announce, self.bridge.announce_indexed, self.bridge.announce_skipped,
            self.bridge.announce_assembled, self.bridge.announce_deleted, self.assembling.collect_album,
            self.assembling.assemble_album, self.assembling.dissolve_album, self.deleting.entomb_post,
            self.deleting.remove_vector, self.deleting.remove_node, self.deleting.erase_post,
            self.parking.record_park, self.parking.settle_park,
            self.portraying.find_channel_photo, self.portraying.record_channel_photo,
            self.campaigning.estimate_campaign, self.campaigning.advance_campaign,
        ]  # fmt: skip
        return {
            POST_QUEUE: [*ours, *self._reconciling()],
            TAGS_QUEUE: [self.tagging.tag_post],
            VISION_QUEUE: [self.seeing.analyze_media],
            CRAWL_QUEUE: [self.crawling.fetch_page],
        }

    def _reconciling(self) -> list[Activity]:
        archive, workflows = self.comparison, self.signals
        index = ReconcileActivities(archive, self.vectors, self.graph, workflows)
        albums = ReconcileAlbumActivities(archive, self.graph, self.objects, workflows)
        photos = ReconcilePhotoActivities(archive, self.graph, workflows)
        objects = ReconcileObjectActivities(self.object_comparison, self.objects, archive, workflows)
        events = RestoreActivities(Restorer(self.sent, self.log))
        return [
            index.find_tenant, index.measure_archive, index.compare_index, index.compare_strays, index.await_repairs,
            albums.compare_albums, photos.compare_channel_photos, objects.compare_media, objects.compare_vision,
            objects.compare_pages, objects.settle_pages, events.compare_events,
        ]  # fmt: skip

    def use(self, policies: Policies) -> None:
        """Another policy over the same stores, as after a restart."""
        self.standards = Standards(VERSIONS, policies, self.standards.ocr)
        measuring = (
            self.saving, self.seeing, self.tagging, self.assembling, self.portraying, self.campaigning,
        )  # fmt: skip
        for each in measuring:
            each._standards = self.standards

    def attach(self, ref: PostRef, *files: MediaRef, words: str = "") -> None:
        """Give a post its pictures, with words that stand in each of them."""
        self.archive.files[ref.post_id] = files
        for file in files:
            if words:
                self.eyes.words[(file.object_key or "").encode()] = words
