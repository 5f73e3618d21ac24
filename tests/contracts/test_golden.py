"""What leaves is pinned, field by field: a file that has to change is a change of the contract."""

import json
from pathlib import Path

import pytest

from contracts.encoding import decode, encode
from contracts.streams import STREAMS
from tests.contracts.samples import EVENTS

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> dict[str, str]:
    fields: dict[str, str] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return fields


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_leaves_as_its_golden_file_says(name: str) -> None:
    assert encode(EVENTS[name]) == golden(name)


@pytest.mark.parametrize("name", EVENTS)
def test_a_golden_entry_reads_back_as_the_event(name: str) -> None:
    event = EVENTS[name]

    assert type(event).model_validate(decode(golden(name))) == event


def test_every_stream_and_every_file_has_its_example() -> None:
    assert {event.stream for event in EVENTS.values()} == set(STREAMS)
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_no_field_of_an_entry_says_none(name: str) -> None:
    fields = encode(EVENTS[name])

    assert "None" not in fields.values()
    assert "null" not in fields.values()
    assert all(isinstance(value, str) for value in fields.values())
