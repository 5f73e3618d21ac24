"""The activities that compare the archive with the stores and repair them."""

from collections.abc import Sequence

from activities.reconciling import ReconcileActivities
from activities.reconciling_albums import ReconcileAlbumActivities
from activities.reconciling_objects import ReconcileObjectActivities
from activities.reconciling_photos import ReconcilePhotoActivities
from activities.restoring import RestoreActivities, Restorer
from adapters.postgres.comparing import Comparison
from adapters.postgres.comparing_objects import ObjectComparison
from adapters.postgres.outbox_sent import SentOutbox
from adapters.redis_streams.log import EventLog
from workers.parts import Activity, Parts
from workers.post_signals import PostSignals


def reconciling(parts: Parts) -> Sequence[Activity]:
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
