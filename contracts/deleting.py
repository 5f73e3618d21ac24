"""What travels while a post is deleted."""

from contracts.post import Deletion, Frozen, PostRef


class EntombRequest(Frozen):
    """Asks for the tombstone of a post."""

    ref: PostRef
    deletion: Deletion


class Removed(Frozen):
    """What a store let go of a post, and how long it took."""

    count: int = 0
    tags: int = 0
    milliseconds: int = 0


class EraseRequest(Frozen):
    """Asks for the rest of a post to go; ``vectors`` and ``graph`` are None where a store was left out."""

    ref: PostRef
    vectors: Removed | None = None
    graph: Removed | None = None


class Erased(Frozen):
    """A post that is gone; ``grouped_id`` names the album that has to do without it."""

    ref: PostRef
    grouped_id: int | None = None
