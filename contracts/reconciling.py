"""What travels when the archive is compared with its stores, and repaired."""

from enum import StrEnum
from uuid import UUID

from contracts.identity import reconcile_workflow_id
from contracts.post import Frozen


class Check(StrEnum):
    """What is compared, in this order: what may change a post's content comes before what is made of it."""

    MEDIA = "media"
    VISION = "vision"
    PAGES = "pages"
    INDEX = "index"
    ALBUMS = "albums"
    CHANNEL_PHOTOS = "channel_photos"
    STRAYS = "strays"
    EVENTS = "events"


class Kind(StrEnum):
    """A kind of difference: the store, and what is lost there or belongs to nobody (``stray``)."""

    MEDIA = "objects:lost_media"
    VISION = "objects:lost_looks"
    PAGES = "objects:lost_pages"
    SUMMARIES = "objects:lost_summaries"
    POINTS = "vectors:lost_posts"
    STRAY_POINTS = "vectors:stray_posts"
    NODES = "graph:lost_posts"
    ALBUM_NODES = "graph:lost_albums"
    CHANNEL_PHOTOS = "graph:lost_channel_pictures"
    STRAY_NODES = "graph:stray_posts"
    EVENTS = "streams:lost_events"

    @property
    def store(self) -> str:
        """The store that differs from the archive."""
        return self.value.partition(":")[0]

    @property
    def what(self) -> str:
        """What differs, in words."""
        return self.value.partition(":")[2].replace("_", " ")


class Difference(Frozen):
    """What differs: how many, a few of them by name, and how many were repaired."""

    kind: Kind
    count: int
    repaired: int = 0
    examples: tuple[str, ...] = ()


class ComparePart(Frozen):
    """Asks for one part of a check, after a cursor and up to another; with ``apply`` the repair is begun."""

    check: Check
    tenant_id: UUID | None = None
    after: str = ""
    until: str = ""
    apply: bool = False


class Compared(Frozen):
    """What a part showed. ``opened`` posts or albums were asked to look again, all up to the cursor ``upto``.

    ``after`` is where the next part begins; None where there is none.
    """

    looked: int
    differences: tuple[Difference, ...] = ()
    opened: int = 0
    upto: str = ""
    after: str | None = None


class Walk(Frozen):
    """How far a comparison is; ``check`` None at its end."""

    tenant_id: UUID | None = None
    check: Check | None = None
    after: str = ""
    looked: int = 0
    total: int = 0
    differences: tuple[Difference, ...] = ()


class ReconcileOrder(Frozen):
    """What a ReconcileWorkflow starts with; ``tenant_id`` None compares everybody's.

    ``walk`` is what an earlier run left to the next one, which comes after so many parts.
    """

    tenant_id: UUID | None = None
    apply: bool = False
    walk: Walk | None = None
    parts_per_run: int = 500

    @property
    def workflow_id(self) -> str:
        """The id of the workflow: one at a time compares the same."""
        return reconcile_workflow_id(self.tenant_id)


class ReconcileProgress(Frozen):
    """Where a comparison stands."""

    apply: bool
    walk: Walk


class ReconcileResult(Frozen):
    """How a comparison ended: ``same``, ``differs``, or with ``apply`` ``repaired`` when nothing is left over."""

    state: str
    apply: bool
    looked: int
    differences: tuple[Difference, ...] = ()
