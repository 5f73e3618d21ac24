"""What travels in an album's workflow."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.events import AlbumParsed
from contracts.identity import album_workflow_id, trace_id
from contracts.patience import Patient
from contracts.post import Frozen, MediaRef, PostRef
from contracts.vision import PictureFacts


class AlbumRef(Frozen):
    """Who an album is. ``grouped_id`` is Telegram's, or negative and derived when it was inferred."""

    tenant_id: UUID
    channel_id: UUID
    tg_channel_id: int
    grouped_id: int
    trace_id: str

    @classmethod
    def of(cls, post: PostRef, grouped_id: int) -> "AlbumRef":
        """Return the album that a post belongs to."""
        return cls(
            tenant_id=post.tenant_id,
            channel_id=post.channel_id,
            tg_channel_id=post.tg_channel_id,
            grouped_id=grouped_id,
            trace_id=trace_id(f"{post.tenant_id}:{post.channel_id}:{grouped_id}"),
        )

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that owns this album."""
        return album_workflow_id(self.tenant_id, self.tg_channel_id, self.grouped_id)


class AlbumInput(Patient, Frozen):
    """What an AlbumWorkflow starts with. ``deadline_seconds`` bounds the wait for items and their pictures.

    What one run hands to the next while the album is parked: ``events`` that are not saved yet, and what
    Patient has.
    """

    ref: AlbumRef
    event: AlbumParsed | None = None
    events: tuple[AlbumParsed, ...] = ()
    deadline_seconds: float = 600.0
    look_again_seconds: float = 5.0


class AlbumItem(Frozen):
    """One item: its post, its file, and what was already seen of it (``seen`` None: not yet looked at)."""

    post: PostRef
    position: int
    media: MediaRef | None = None
    seen: str | None = None
    skipped: str | None = None


class AlbumState(Frozen):
    """What the database knows of an album. ``expected`` counts the items that were announced and not deleted."""

    ref: AlbumRef
    album_id: int
    expected: int
    items: tuple[AlbumItem, ...] = ()
    caption_post: PostRef | None = None
    vision_version: str
    assembled: str | None = None
    unsent: int = 0
    #: How many announced items were deleted; and whether nothing is known of the album (any more).
    deleted: int = 0
    absent: bool = False


class AssembleRequest(Frozen):
    """Asks for the album to be put together from what is known now; ``missing`` are message ids or post ids."""

    ref: AlbumRef
    fingerprint: str
    missing: tuple[str, ...] = ()


class AlbumItemMaterial(Frozen):
    """One item as it is put together: its post's text and what was seen in its file."""

    post: PostRef
    position: int
    text: str
    posted_at: AwareDatetime
    mime: str | None = None
    sha256: str | None = None
    facts: PictureFacts | None = None


class AlbumMaterial(Frozen):
    """An album with everything known of its items, in order. ``announced_id`` is the producer's own album id."""

    ref: AlbumRef
    album_id: int
    announced_id: int
    expected: int
    user_id: str = ""
    inferred: bool = False
    items: tuple[AlbumItemMaterial, ...] = ()
    assembled: str | None = None


class Assembled(Frozen):
    """What was put together: the album's announcement follows, then its caption's post looks at the summary."""

    ref: AlbumRef
    fingerprint: str
    caption_post: PostRef | None = None


class AlbumResult(Frozen):
    """How an album ended: ``complete``, ``partial`` with what is missing, or ``deleted`` with its last item."""

    state: str
    items: int
    missing: tuple[str, ...] = ()
