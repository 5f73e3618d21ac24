"""The stages of a post, and what is remembered of each."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Stage(StrEnum):
    """What is done to a post, in this order."""

    PERSIST = "persist"
    VISION = "vision"
    TAGS = "tags"
    CRAWL = "crawl"
    ENRICH = "enrich"
    VECTORS = "vectors"
    GRAPH = "graph"


class Outcome(StrEnum):
    """How a stage ended. A failure is an exception, never an outcome that is passed on."""

    DONE = "done"
    SKIPPED = "skipped"


class StageRecord(BaseModel):
    """What is stored of a stage that ended: the fingerprint of its inputs and the hash of its result.

    ``runs`` counts how often it ended; it tells a version that comes back from the same version told once more.
    """

    model_config = ConfigDict(frozen=True)

    stage: Stage
    fingerprint: str
    outcome: Outcome
    reason: str | None = None
    output: str = ""
    runs: int = 0


def version_of(fingerprint: str, runs: int) -> str:
    """Return what is different in the event key of each version of a stage's result, also of one that comes back."""
    return fingerprint[:12] + (f".{runs}" if runs else "")


class StageTiming(BaseModel):
    """When an attempt was asked for and ran; for ``explain``. Seconds follow by subtraction."""

    model_config = ConfigDict(frozen=True)

    scheduled_at: AwareDatetime
    started_at: AwareDatetime
    attempts: int = 1
