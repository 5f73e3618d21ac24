"""What Prometheus reads: this process's own counters, and figures from the stores."""

from collections.abc import Iterable
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from adapters.postgres.reporting import Reports
from adapters.redis_streams.watch import StreamInfo, describe
from cli.fills import fills_by_tenant
from cli.service import Service
from cli.workflow_counts import open_workflows
from contracts.streams import STREAMS, dead_letters
from runtime.metrics import REGISTRY

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class _Gathered(Collector):
    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._families


async def figures(service: Service) -> bytes:
    """Return all figures as Prometheus reads them.

    Raises:
        UnavailableError: a store did not answer.
    """
    gathered = CollectorRegistry(auto_describe=False)
    reports = Reports(service.stores.pool)
    streams = [await describe(service.stores.redis, stream) for stream in STREAMS]
    buried = {stream: await describe(service.stores.redis, dead_letters(stream)) for stream in STREAMS}
    families = [
        *await _posts(reports),
        *await _stages(reports),
        *_streams(streams),
        _gauge(
            "postloom_dead_letter_entries",
            "Dead letters",
            ("stream",),
            [((s,), i.length) for s, i in buried.items()],
        ),
        _workflows(await open_workflows(service.client)),
        _fills(await fills_by_tenant(service)),
    ]
    gathered.register(_Gathered(families))
    return generate_latest(REGISTRY) + generate_latest(gathered)


Samples = Iterable[tuple[tuple[str, ...], float]]


def _gauge(name: str, words: str, labels: tuple[str, ...], samples: Samples) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


async def _posts(reports: Reports) -> list[GaugeMetricFamily]:
    posts = [((row["tenant"], row["state"]), row["posts"]) for row in await reports.posts()]
    unsent = [((row["lane"],), row["unsent"]) for row in await reports.outbox()]
    return [
        _gauge("postloom_posts", "Posts by state", ("tenant", "state"), posts),
        _gauge("postloom_outbox_unsent", "Events that no stream has yet", ("lane",), unsent),
    ]


async def _stages(reports: Reports) -> list[GaugeMetricFamily]:
    rows = await reports.stages()
    labels = ("tenant", "stage", "outcome", "reason")
    keys = [(row["tenant"], row["stage"], row["outcome"], row["reason"] or "") for row in rows]
    named = {
        "posts": "Posts by the last outcome of a stage",
        "runs": "How often a stage ran",
        "seconds": "Seconds that the last runs of a stage took",
        "waited": "Seconds that the last runs of a stage waited for a worker",
    }
    return [
        _gauge(
            f"postloom_stage_{name}",
            words,
            labels,
            zip(keys, (float(row[name]) for row in rows), strict=True),
        )
        for name, words in named.items()
    ]


def _streams(streams: Iterable[StreamInfo]) -> list[GaugeMetricFamily]:
    streams = list(streams)
    groups = [(info.stream, group) for info in streams for group in info.groups]
    labels = ("stream", "group")
    return [
        _gauge(
            "postloom_stream_entries",
            "Entries in a stream",
            ("stream",),
            [((i.stream,), i.length) for i in streams],
        ),
        _gauge(
            "postloom_stream_lag",
            "Entries not delivered",
            labels,
            [((s, g.name), g.lag or 0) for s, g in groups],
        ),
        _gauge(
            "postloom_stream_pending",
            "Entries not acknowledged",
            labels,
            [((s, g.name), g.pending) for s, g in groups],
        ),
    ]


def _fills(fills: list[dict[str, Any]]) -> GaugeMetricFamily:
    missing = [((fill["tenant"],), float(fill["posts"] - fill["filled"])) for fill in fills]
    words = "Indexed posts that a collection lacks which is being filled"
    return _gauge("postloom_vectors_filling", words, ("tenant",), missing)


def _workflows(counts: dict[str, dict[str, int]]) -> GaugeMetricFamily:
    samples = [((kind, state), n) for kind, states in counts.items() for state, n in states.items()]
    return _gauge("postloom_workflows_open", "Open workflows by state", ("workflow", "state"), samples)
