"""An event on its way out: where to, under which key, in the fields that its stream wants."""

from pydantic import BaseModel, ConfigDict

from contracts.encoding import encode
from contracts.events import Event


class Outgoing(BaseModel):
    """What the outbox keeps of an event; the bytes are the same however often it is sent."""

    model_config = ConfigDict(frozen=True)

    stream: str
    idempotency_key: str
    fields: dict[str, str]
    trace_id: str = ""
    event_type: str = ""


def outgoing(event: Event) -> Outgoing:
    """Return ``event`` ready for the outbox; its type is the stream's name in dotted form."""
    return Outgoing(
        stream=event.stream,
        idempotency_key=event.idempotency_key,
        fields=encode(event),
        trace_id=event.trace_id,
        event_type=getattr(event, "event_type", event.stream.removeprefix("stream:").replace(":", ".")),
    )
