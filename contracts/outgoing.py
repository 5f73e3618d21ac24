"""An entry on its way to a stream."""

from contracts.post import Frozen


class Outgoing(Frozen):
    """One entry as it will stand in ``stream``; appended once per ``idempotency_key``."""

    stream: str
    idempotency_key: str
    fields: dict[str, str]
