"""Search attributes: what lists in the Web UI and the CLI are made of."""

from datetime import datetime
from typing import Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

TENANT: Final = SearchAttributeKey.for_keyword("TgTenant")
CHANNEL: Final = SearchAttributeKey.for_keyword("TgChannel")
STATE: Final = SearchAttributeKey.for_keyword("TgState")
STAGE: Final = SearchAttributeKey.for_keyword("TgStage")
STUCK_REASON: Final = SearchAttributeKey.for_keyword("TgStuckReason")
ALBUM: Final = SearchAttributeKey.for_keyword("TgAlbum")
POSTED_AT: Final = SearchAttributeKey.for_datetime("TgPostedAt")

ACTIVE: Final = "active"
#: Parked: until somebody has looked, or until a moment that is known.
NEEDS_HUMAN: Final = "needs_human"
DEFERRED: Final = "deferred"
PARKED: Final = (NEEDS_HUMAN, DEFERRED)
#: Of an album: its items have not all come. It is at work, not parked.
WAITING: Final = "waiting"
PAUSED: Final = "paused"
DONE: Final = "done"
STOPPED: Final = "stopped"


def at_start(
    tenant: str, channel: int, stage: str, album: int | None = None, posted_at: datetime | None = None
) -> TypedSearchAttributes:
    """Return what a workflow starts with; state is ``active``."""
    pairs: list[SearchAttributePair[str] | SearchAttributePair[datetime]] = [
        SearchAttributePair(TENANT, tenant),
        SearchAttributePair(CHANNEL, str(channel)),
        SearchAttributePair(STATE, ACTIVE),
        SearchAttributePair(STAGE, stage),
    ]
    if album is not None:
        pairs.append(SearchAttributePair(ALBUM, str(album)))
    if posted_at is not None:
        pairs.append(SearchAttributePair(POSTED_AT, posted_at))
    return TypedSearchAttributes(pairs)
