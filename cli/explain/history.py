"""What the engine's history says of a run: which activities were tried more than once, or failed, and why."""

import json
from collections.abc import Iterable
from typing import Any, Final

from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo

Facts = dict[str, Any]
_LOCAL: Final = "core_local_activity"


def retries(events: Iterable[HistoryEvent]) -> list[Facts]:
    """Return the activities that did not succeed at once: attempts, how they ended, and their last error."""
    tries: dict[int, Facts] = {}
    for event in events:
        _note(tries, event)
    return [row for row in tries.values() if row["attempts"] > 1 or row["ended"] != "done"]


def pending(activities: Iterable[PendingActivityInfo]) -> list[Facts]:
    """Return what is being tried now: which attempt, the last error, and when the next one is due."""
    return [
        {
            "activity": one.activity_type.name,
            "attempts": one.attempt,
            **_error(one.last_failure if one.HasField("last_failure") else None),
            "next_try": one.scheduled_time.ToJsonString() if one.HasField("scheduled_time") else None,
        }
        for one in activities
    ]


def _note(tries: dict[int, Facts], event: HistoryEvent) -> None:
    match event.WhichOneof("attributes"):
        case "activity_task_scheduled_event_attributes":
            name = event.activity_task_scheduled_event_attributes.activity_type.name
            tries[event.event_id] = {"activity": name, "attempts": 0, "ended": "under way", **_error(None)}
        case "activity_task_started_event_attributes":
            started = event.activity_task_started_event_attributes
            failure = started.last_failure if started.HasField("last_failure") else None
            tries[started.scheduled_event_id].update(attempts=started.attempt, **_error(failure))
        case "activity_task_completed_event_attributes":
            tries[event.activity_task_completed_event_attributes.scheduled_event_id]["ended"] = "done"
        case "activity_task_failed_event_attributes":
            failed = event.activity_task_failed_event_attributes
            tries[failed.scheduled_event_id].update(ended="failed", **_error(failed.failure))
        case "activity_task_timed_out_event_attributes":
            late = event.activity_task_timed_out_event_attributes
            tries[late.scheduled_event_id].update(ended="timed out", **_error(late.failure))
        case "activity_task_canceled_event_attributes":
            tries[event.activity_task_canceled_event_attributes.scheduled_event_id]["ended"] = "withdrawn"
        case "marker_recorded_event_attributes":
            _note_local(tries, event)


def _note_local(tries: dict[int, Facts], event: HistoryEvent) -> None:
    """A local activity leaves one event at its end, with its attempts; an earlier error is not in it."""
    marker = event.marker_recorded_event_attributes
    if marker.marker_name != _LOCAL or "data" not in marker.details:
        return
    data = json.loads(marker.details["data"].payloads[0].data)
    failed = marker.HasField("failure")
    tries[event.event_id] = {
        "activity": data.get("activity_type", "local activity"),
        "attempts": data.get("attempt", 1),
        "ended": "failed" if failed else "done",
        **_error(marker.failure if failed else None),
    }


def _error(failure: Failure | None) -> Facts:
    if failure is None:
        return {"error": None, "message": None}
    while not failure.HasField("application_failure_info") and failure.HasField("cause"):
        failure = failure.cause
    kind = failure.application_failure_info.type or (failure.WhichOneof("failure_info") or "error")
    return {"error": kind.removesuffix("_failure_info"), "message": failure.message}
