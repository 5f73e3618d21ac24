"""What came of a demo, in figures: the content of summary.json."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from adapters.postgres.reporting import Reports
from adapters.redis_streams.watch import describe
from cli.demo.wait import Ending
from cli.whole import Whole
from cli.workflow_counts import parked as parked_workflows
from contracts.streams import STREAMS, dead_letters
from ingest.options import ImportReport
from workers.questions import Question

Facts = dict[str, Any]
#: How many posts that are stuck or unfinished are named.
NAMED: Final = 20


@dataclass(frozen=True)
class Story:
    """What happened in a demo: the import, how the wait for its posts ended, and how long both took."""

    tenant_id: UUID
    tenant: str
    report: ImportReport
    ending: Ending
    runs_before: int
    starting_seconds: float
    seconds: float


async def summary(whole: Whole, story: Story, questions: Sequence[str]) -> Facts:
    """Return the figures; ``lost`` has a sentence for each thing that is not as it must be."""
    reports = Reports(whole.service.stores.pool)
    channel = await reports.channel(story.tenant_id, story.report.tg_channel_id)
    waiting = await parked_workflows(whole.service.client, str(story.tenant_id))
    parked = [f"{id} ({reason})" for id, reason in waiting.items()]
    asked = questions or [row["tag"] for row in channel["tags"][:3]]
    facts = {
        **_counts(channel, parked),
        "streams": await _streams(whole),
        "new_posts": story.report.posts_new,
        "stages_run": await reports.runs(story.tenant_id) - story.runs_before,
        "seconds": round(story.seconds, 1),
        "starting_seconds": round(story.starting_seconds, 1),
        "import": story.report.model_dump(mode="json"),
        "index": await _index(whole, reports, story.tenant_id),
        "searches": [await _search(whole, story.tenant, text) for text in asked],
        "web_ui": whole.service.addresses.temporal_ui,
        "data_dir": str(whole.service.settings.data_dir.absolute()),
    }
    return {**facts, "lost": _lost(facts, channel, story.ending)}


def _counts(channel: Facts, parked: list[str]) -> Facts:
    outcomes = channel["outcomes"]
    posts = {
        "total": channel["total"],
        "indexed": outcomes.get("indexed", 0),
        "skipped": outcomes.get("skipped", 0),
        "parked": len([id for id in parked if id.startswith("post:")]),
        "unfinished": len(channel["unfinished"]),
        "outcomes": outcomes,
        "skip_reasons": channel["skip_reasons"],
    }
    return {
        "posts": posts,
        "albums": {
            "total": channel["albums"],
            "complete": channel["complete"],
            "partial": channel["partial"],
        },
        "pictures_analysed": channel["pictures_analysed"],
        "pictures_looked_at": channel["looks"],
        "pictures_skipped": channel["pictures_skipped"],
        "channel_pictures": channel["channel_pictures"],
        "skipped_stages": channel["skipped_stages"],
        "tags": channel["tags"],
        "parked": parked,
    }


async def _streams(whole: Whole) -> dict[str, int]:
    redis = whole.service.stores.redis
    lengths = {stream: (await describe(redis, stream)).length for stream in STREAMS}
    buried = {dead_letters(s): (await describe(redis, dead_letters(s))).length for s in STREAMS}
    return {**lengths, **{stream: length for stream, length in buried.items() if length}}


async def _index(whole: Whole, reports: Reports, tenant_id: UUID) -> Facts:
    """Return whether what is said to be indexed is there: compared id by id."""
    stores = whole.service.stores
    said = await reports.indexed(tenant_id)
    vectors, graph = await stores.vectors.searched_ids(tenant_id), await stores.graph.post_ids(tenant_id)
    return {
        "indexed": len(said),
        "in_vectors": len(said & vectors),
        "in_graph": len(said & graph),
        "vectors": len(vectors),
        "graph": await stores.graph.counts(tenant_id),
    }


async def _search(whole: Whole, tenant: str, text: str) -> Facts:
    answer = await whole.searching.search(Question(text=text, tenant=tenant, limit=3))
    return answer.model_dump(mode="json")


def _lost(facts: Facts, channel: Facts, ending: Ending) -> list[str]:
    posts, albums, index = facts["posts"], facts["albums"], facts["index"]
    unfinished = ", ".join(map(str, channel["unfinished"][:NAMED]))
    not_assembled = albums["total"] - albums["complete"] - albums["partial"]
    unrecorded = channel["channel_pictures_unrecorded"]
    missing = {name: index["indexed"] - index[f"in_{name}"] for name in ("vectors", "graph")}
    told = {
        f"{posts['unfinished']} posts did not reach their end: messages {unfinished}": posts["unfinished"],
        f"{len(facts['parked'])} are parked: {'; '.join(facts['parked'][:NAMED])}": len(facts["parked"]),
        f"{not_assembled} albums were not put together": not_assembled,
        f"{unrecorded} pictures of the channel's own were not looked at": unrecorded,
        f"{ending.look.unsent} events were not sent": ending.look.unsent,
        f"{ending.look.unread} entries of the streams were not taken up": ending.look.unread,
        f"{missing['vectors']} indexed posts are not in the vector index": missing["vectors"],
        f"{missing['graph']} indexed posts are not in the graph": missing["graph"],
        "nothing moved for 5 minutes, so the demo stopped waiting": int(ending.timed_out),
    }
    return [sentence for sentence, count in told.items() if count]
