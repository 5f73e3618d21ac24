"""What Prometheus sees of this process: stages by outcome, their seconds, failed attempts, calls and their cost."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from contracts.spending import CallsEnded, ShareState

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
REQUESTS: Final = Counter(
    "postloom_provider_requests", "Requests that ended", ["provider", "stage", "outcome"], registry=REGISTRY
)
CALLS: Final = Counter(
    "postloom_provider_calls",
    "Posts and pictures that were in requests that ended",
    ["provider", "stage", "outcome"],
    registry=REGISTRY,
)
TOKENS: Final = Counter(
    "postloom_provider_tokens",
    "Tokens that providers counted",
    ["provider", "stage", "kind"],
    registry=REGISTRY,
)
COST: Final = Counter(
    "postloom_provider_cost_microunits",
    "Millionths of the currency's unit that answers cost",
    ["provider", "stage"],
    registry=REGISTRY,
)
LOST: Final = Counter(
    "postloom_provider_calls_lost",
    "Calls of which nobody knows what they cost; they count with their estimate",
    ["provider", "stage"],
    registry=REGISTRY,
)
BRAKE: Final = Gauge(
    "postloom_provider_brake", "1 while nobody asks the provider", ["provider"], registry=REGISTRY
)
FLAGGED: Final = Counter(
    "postloom_injections_flagged",
    "Posts in which a text gives orders to a model",
    ["where"],
    registry=REGISTRY,
)


def count_flag(where: str) -> None:
    """Count a post with orders to a model in its ``text``, its ``pictures`` or a ``page`` that it links to."""
    FLAGGED.labels(where).inc()


def count_call(ended: CallsEnded) -> None:
    """Count a request to a provider that ended, and its calls."""
    who = ended.provider, ended.stage
    REQUESTS.labels(*who, ended.outcome).inc()
    CALLS.labels(*who, ended.outcome).inc(ended.calls)
    TOKENS.labels(*who, "input").inc(ended.input_tokens)
    TOKENS.labels(*who, "output").inc(ended.output_tokens)
    COST.labels(*who).inc(ended.cost_microunits)
    if ended.outcome is ShareState.LOST:
        LOST.labels(*who).inc(ended.calls)
