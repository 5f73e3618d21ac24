"""What Prometheus sees of this process: stages by outcome, their seconds, failed attempts."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY: Final = CollectorRegistry()

STAGES: Final = Counter(
    "postloom_stage", "Stages that ended", ["stage", "outcome", "reason"], registry=REGISTRY
)
FAILED: Final = Counter(
    "postloom_activity_failed_attempts", "Attempts that failed", ["activity", "error"], registry=REGISTRY
)
SECONDS: Final = Histogram(
    "postloom_activity_seconds",
    "Seconds an attempt took",
    ["activity"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
DEAD_LETTERS: Final = Counter(
    "postloom_dead_letters", "Entries that could not be read", ["stream", "code"], registry=REGISTRY
)
STARTED: Final = Counter(
    "postloom_workflows_started", "Workflows that were started or signalled", ["kind"], registry=REGISTRY
)
PARKS: Final = Counter(
    "postloom_parks", "Posts, albums and channel pictures that parked", ["what", "reason"], registry=REGISTRY
)
RESTORED: Final = Counter(
    "postloom_events_restored",
    "Events that Redis had lost and that were appended again",
    ["stream"],
    registry=REGISTRY,
)
