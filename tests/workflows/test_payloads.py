"""Payloads of earlier versions are read by today's models: every one that a recorded history holds."""

import inspect
import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter
from temporalio import activity, workflow

from tests.fake_world import World
from tests.workflows.test_replay import HISTORIES
from workflows.registry import WORKFLOWS

#: The attributes of events that hold payloads, and the names that say whose they are.
_STARTED = "workflowExecutionStartedEventAttributes"
_SIGNALED = "workflowExecutionSignaledEventAttributes"
_SCHEDULED = "activityTaskScheduledEventAttributes"


def _activities() -> dict[str, Any]:
    found = (a for activities in World().activities().values() for a in activities)
    return {activity._Definition.must_from_callable(a).name or "": a for a in found}


def _hint(function: Any) -> Any:
    """The type of the one argument; None when there is none."""
    hints = get_type_hints(function)
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return hints[names[0]] if names else None


def _hints() -> dict[str, Any]:
    hints = {f"activity {name}": _hint(function) for name, function in _activities().items()}
    for each in WORKFLOWS:
        definition = workflow._Definition.must_from_class(each)
        hints[f"workflow {definition.name}"] = _hint(definition.run_fn)
        for name, signal in definition.signals.items():
            hints[f"signal {definition.name} {name}"] = _hint(signal.fn)
    return hints


def _payloads(path: Path) -> Iterator[tuple[str, str]]:
    """Whose each payload of a history is, and its JSON."""
    events = json.loads(path.read_text(encoding="utf-8"))["history"]["events"]
    kind = events[0][_STARTED]["workflowType"]["name"]
    for event in events:
        for whose, attributes in _inputs(kind, event):
            for payload in attributes.get("input", {}).get("payloads", ()):
                yield whose, b64decode(payload.get("data", "bnVsbA==")).decode()  # nothing is null


def _inputs(kind: str, event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if started := event.get(_STARTED):
        yield f"workflow {kind}", started
    if signaled := event.get(_SIGNALED):
        yield f"signal {kind} {signaled['signalName']}", signaled
    if scheduled := event.get(_SCHEDULED):
        yield f"activity {scheduled['activityType']['name']}", scheduled


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_every_recorded_payload_is_still_read(path: Path) -> None:
    hints = _hints()

    for whose, text in _payloads(path):
        TypeAdapter(hints[whose]).validate_json(text)


def test_payloads_of_every_kind_were_read() -> None:
    kinds = {whose.split()[0] for path in HISTORIES for whose, _ in _payloads(path)}

    assert kinds == {"workflow", "signal", "activity"}
