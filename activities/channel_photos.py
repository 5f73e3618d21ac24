"""The pictures that channels have as their own: finding them, and recording what was seen."""

from typing import Protocol

from temporalio import activity

from activities.leftovers import Leftovers
from contracts.channel_photo import ChannelPhotoMaterial, ChannelPhotoRef, ChannelPhotoState
from contracts.index import ChannelPhotoNode
from domain.connections import channel_photo_node
from domain.standards import Standards


class ChannelPhotos(Protocol):
    """Where channel pictures are kept."""

    async def material(self, ref: ChannelPhotoRef, standards: Standards) -> ChannelPhotoMaterial: ...

    async def recorded(self, ref: ChannelPhotoRef, sha256: str) -> None: ...


class Graph(Protocol):
    """The graph."""

    async def put_channel_photo(self, photo: ChannelPhotoNode) -> None: ...


class ChannelPhotoActivities:
    """Needs the archive and the graph; looking is somebody else's."""

    def __init__(
        self, photos: ChannelPhotos, graph: Graph, leftovers: Leftovers, standards: Standards
    ) -> None:
        self._photos, self._graph, self._leftovers = photos, graph, leftovers
        self._standards = standards

    @activity.defn
    async def find_channel_photo(self, ref: ChannelPhotoRef) -> ChannelPhotoState:
        """Return the picture's file as it is stored now, and what is done with it. Reads only.

        Raises:
            RejectedError: there is no such channel picture.
        """
        photo = await self._photos.material(ref, self._standards)
        version = self._standards.common.vision
        return ChannelPhotoState(ref=ref, media=photo.picture.media, vision_version=version)

    @activity.defn
    async def record_channel_photo(self, found: ChannelPhotoState) -> None:
        """Put the picture into the graph, if there are bytes of it, and say in the archive that it was looked at.

        What earlier runs left open is closed. Idempotent: keyed by the channel and the bytes.
        """
        photo = await self._photos.material(found.ref, self._standards)
        if photo.picture.media.object_key:
            await self._graph.put_channel_photo(channel_photo_node(photo))
        await self._photos.recorded(found.ref, found.media.sha256)
        await self._leftovers.end(found.ref.workflow_id)
