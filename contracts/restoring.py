"""What travels when lost events are restored."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from contracts.post import Frozen

#: How far back the outbox is looked through. Keys are remembered for 45 days: a day less, and an event whose key
#: is gone was lost, never merely forgotten.
LOOK_BACK: Final = timedelta(days=44)


class SentEvent(Frozen):
    """An event that was sent: its place in the outbox, and what makes it this event."""

    id: int
    stream: str
    idempotency_key: str


class RestorePart(Frozen):
    """Asks for a part of what was sent, after an id; without ``apply`` it is only looked at."""

    since: datetime
    after: int = 0
    tenant_id: UUID | None = None
    apply: bool = True


class Restored(Frozen):
    """What a part had: how many events, which are ``lost`` by stream, some named; ``after`` None: no more parts."""

    looked: int
    lost: Mapping[str, int] = {}
    restored: int = 0
    examples: tuple[str, ...] = ()
    after: int | None = None
