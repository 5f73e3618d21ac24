"""Every timeout and retry of the system; a workflow picks a name."""

from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

from workflows.queues import CRAWL_QUEUE, POST_QUEUE, TAGS_QUEUE, VISION_QUEUE


def named(policy: ActivityConfig, summary: str) -> ActivityConfig:
    """Return ``policy`` with the words that the Web UI shows beside the activity."""
    return {**policy, "summary": summary}


#: A short write to our own database, within the workflow task. An outage of some minutes is waited out, then parked.
RECORD: Final = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=20),
    schedule_to_close_timeout=timedelta(minutes=10),
    local_retry_threshold=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=300), maximum_interval=timedelta(seconds=20)
    ),
)

#: A note beside the work (who parked, who decided): nothing waits for it longer than this; then it is left out.
NOTE: Final = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(seconds=30),
    local_retry_threshold=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=300), maximum_interval=timedelta(seconds=5)
    ),
)

#: The record of a park: tried for as long as the park lasts, which withdraws it.
KEEP: Final = ActivityConfig(
    task_queue=POST_QUEUE,
    start_to_close_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(minutes=1)
    ),
)

#: A write to the vector index, the graph or the objects. Half an hour of outage is waited out, then parked.
STORE: Final = ActivityConfig(
    task_queue=POST_QUEUE,
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(minutes=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
    ),
)

#: An append to a stream: kept up for a day, because what was committed must be told.
ANNOUNCE: Final = ActivityConfig(
    task_queue=POST_QUEUE,
    start_to_close_timeout=timedelta(seconds=30),
    schedule_to_close_timeout=timedelta(days=1),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(minutes=1)
    ),
)

#: A step of a campaign: some posts are read, told and looked at. A worker that dies is noticed within seconds; an
#: outage of ours is waited out for a day, then the campaign pauses itself and says why.
CAMPAIGN: Final = ActivityConfig(
    task_queue=POST_QUEUE,
    start_to_close_timeout=timedelta(minutes=2),
    schedule_to_close_timeout=timedelta(days=1),
    heartbeat_timeout=timedelta(seconds=15),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
)

#: Counting the posts of a campaign, all of them read once. Otherwise as a step.
ESTIMATE: Final = ActivityConfig(**{**CAMPAIGN, "start_to_close_timeout": timedelta(minutes=15)})

#: A page of a comparison: read from the archive and a store, a few dozen posts asked to look again. An outage of half
#: an hour is waited out; then the comparison fails, visibly, and is started again by whoever wants it.
COMPARE: Final = ActivityConfig(
    task_queue=POST_QUEUE,
    start_to_close_timeout=timedelta(minutes=10),
    heartbeat_timeout=timedelta(minutes=2),
    schedule_to_close_timeout=timedelta(minutes=40),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
    ),
)

#: The wait for a few dozen posts that look again: longer than any of them takes to be done or parked.
REPAIRS: Final = ActivityConfig(
    task_queue=POST_QUEUE,
    start_to_close_timeout=timedelta(hours=3),
    heartbeat_timeout=timedelta(minutes=1),
    schedule_to_close_timeout=timedelta(hours=6),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
    ),
)

#: A call to the tagger: rate-limited by its queue, parked after half an hour of failing.
TAGS: Final = ActivityConfig(
    task_queue=TAGS_QUEUE,
    start_to_close_timeout=timedelta(minutes=1),
    schedule_to_close_timeout=timedelta(minutes=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
)

#: A look at one picture: half an hour of failing; the post goes on without it, and parks with the reason at its end. A
#: picture may wait for a whole request of others before its own. A worker that dies is noticed within seconds.
VISION: Final = ActivityConfig(
    task_queue=VISION_QUEUE,
    start_to_close_timeout=timedelta(seconds=200),
    schedule_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
)

#: A page of someone else's site. How often a site is tried the activity knows; a crawler or store of ours that fails is
#: waited out for half an hour, then the post goes on without the page, and parks with the reason at its end.
CRAWL: Final = ActivityConfig(
    task_queue=CRAWL_QUEUE,
    start_to_close_timeout=timedelta(seconds=75),
    schedule_to_close_timeout=timedelta(minutes=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=3.0, maximum_interval=timedelta(minutes=1)
    ),
)
