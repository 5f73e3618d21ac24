"""What lies on a dead-letter stream: an entry that cannot be read, or a stage that cannot be done."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contracts import streams
from contracts.outgoing import Outgoing
from contracts.parking import Parked
from contracts.post import ANNOUNCE, Step
from contracts.stages import Stage

UNREADABLE: Final = "unreadable"
PARKED: Final = "parked"
#: The field of a parked letter that keeps what the archive has not got, as JSON: see ``Parked.unsaved``.
UNSAVED: Final = "unsaved"

#: Where a stage's letters lie: beside the stream that the stage would have written.
STREAM_OF: Final[dict[Step, str]] = {
    ANNOUNCE: streams.POSTS_PARSED,
    Stage.PERSIST: streams.POSTS_PARSED,
    Stage.VISION: streams.POSTS_VISION,
    Stage.TAGS: streams.POSTS_TAGGED,
    Stage.CRAWL: streams.POSTS_CRAWL,
    Stage.ENRICH: streams.POSTS_ENRICHED,
    Stage.VECTORS: streams.POSTS_INDEXED,
    Stage.GRAPH: streams.POSTS_INDEXED,
}

_SNIPPET: Final = 1024
_SENTENCE: Final = 500


def unreadable(
    origin: tuple[str, str], entry: Mapping[str, str], why: tuple[str, str], written: datetime, now: datetime
) -> dict[str, str]:
    """Return the letter of an entry that was refused: ``origin`` (stream and entry id), ``why`` (sentence and code)."""
    letter = {
        **_letter(origin, why, written, dict(entry)),
        "failed_at": now.isoformat(),
        "last_seen_at": now.isoformat(),
    }
    whose = {"tenant_id": entry["tenant_id"]} if "tenant_id" in entry else {}
    return {**letter, "kind": UNREADABLE, **whose}


def parked(park: Parked) -> Outgoing:
    """Return the letter of a post or album that waits for somebody, ready for the outbox."""
    problem = park.problems[0]
    stream = streams.ALBUMS_PARSED if park.what == "album" else STREAM_OF[problem.stage]
    about = {
        "workflow_id": park.workflow_id,
        "tenant_id": str(park.tenant_id),
        **({"post_id": str(park.post_id)} if park.post_id else {}),
    }
    letter = _letter((stream, park.workflow_id), (problem.message, problem.reason), park.since, about)
    more = {
        "stage": problem.stage,
        "retry_count": str(problem.attempts),
        "trace_id": park.trace_id,
        **({UNSAVED: park.unsaved.model_dump_json()} if park.unsaved else {}),
    }
    return Outgoing(
        stream=streams.dead_letters(stream),
        idempotency_key=park.key,
        fields={**letter, **more, **about, "kind": PARKED, "idempotency_key": park.key},
        trace_id=park.trace_id,
        event_type="dlq.message",
    )


def _letter(
    origin: tuple[str, str], why: tuple[str, str], since: datetime, original: Mapping[str, str]
) -> dict[str, str]:
    (stream, id), (sentence, code) = origin, why
    whole = json.dumps(original, ensure_ascii=False)
    return {
        "event_type": "dlq.message",
        "schema_version": "1.0",
        "base_event_type": stream.removeprefix("stream:").replace(":", "."),
        "original_stream": stream,
        "original_message_id": id,
        "error": sentence[:_SENTENCE],
        "error_code": code,
        "error_details": sentence[:_SENTENCE],
        "retry_count": "0",
        "failed_at": since.isoformat(),
        "first_seen_at": since.isoformat(),
        "last_seen_at": since.isoformat(),
        "payload_snippet": json.dumps({"head": whole[:_SNIPPET]}, ensure_ascii=False),
        "original_entry": whole,
    }
