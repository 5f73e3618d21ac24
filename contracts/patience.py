"""How long something that is parked waits."""

from pydantic import AwareDatetime, BaseModel


class Patience(BaseModel, frozen=True):
    """How long it waits for a human, and how long it rests before it tries again by itself.

    ``until`` and ``since`` come from an earlier run of the workflow: the wait that began there goes on in this one.
    """

    park_seconds: float
    rest_seconds: float
    until: AwareDatetime | None = None
    since: AwareDatetime | None = None


class Patient(BaseModel, frozen=True):
    """What the input of every workflow that can be parked has of it: ``parked_…`` is what one run hands to the next."""

    park_seconds: float = 7 * 86400.0
    rest_seconds: float = 60.0
    parked_until: AwareDatetime | None = None
    parked_since: AwareDatetime | None = None

    @property
    def patience(self) -> Patience:
        """How long it waits when it is parked."""
        return Patience(
            park_seconds=self.park_seconds,
            rest_seconds=self.rest_seconds,
            until=self.parked_until,
            since=self.parked_since,
        )
