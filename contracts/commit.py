"""What a stage leaves behind, all of it or nothing: its result, its record and the events that tell of it."""

from typing import Any

from contracts.outgoing import Outgoing
from contracts.post import Frozen, PostRef
from contracts.stages import StageRecord, StageTiming


class Finding(Frozen):
    """One row of post_enrichment; ``data`` is merged key by key into what other stages wrote under the kind."""

    kind: str
    provider: str
    data: dict[str, Any]
    params_hash: str | None = None


class StageCommit(Frozen):
    """Written in one transaction. ``result`` is for people and later events, never for deciding what is stale."""

    ref: PostRef
    record: StageRecord
    timing: StageTiming
    result: dict[str, Any] = {}
    finding: Finding | None = None
    events: tuple[Outgoing, ...] = ()
    status: str | None = None
