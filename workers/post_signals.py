"""How activities reach the workflows of posts, albums and channel pictures."""

from temporalio.client import Client

from contracts.album import AlbumRef
from contracts.campaign import Standing
from contracts.channel_photo import ChannelPhotoInput
from contracts.post import PostRef, Refresh
from workflows.campaigning import standing_of
from workflows.starting import refresh_album, refresh_post, start_channel_photo


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
