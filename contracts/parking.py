"""What is kept of a post or an album that cannot go on: who, why, since when, and what was decided."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.post import Decision, Frozen, PostInput, Problem


class Waiter(Frozen):
    """Who parks. ``what`` says in words what it is: post, album, channel picture."""

    what: str = "post"
    tenant_id: UUID
    post_id: UUID | None = None
    tg_channel_id: int
    trace_id: str


class Parked(Waiter):
    """A park: ``number`` counts those of one run, so that (workflow, run, number) is one park.

    ``unsaved`` is what a post was told and the archive has not got: a version, or the wish that it be deleted.
    """

    workflow_id: str
    run_id: str
    number: int
    problems: tuple[Problem, ...]
    since: AwareDatetime
    until: AwareDatetime
    unsaved: PostInput | None = None

    @property
    def key(self) -> str:
        """The idempotency key of its dead letter."""
        return f"{self.workflow_id}:{self.run_id}:parked:{self.number}"


class Settled(Frozen):
    """The end of a park: what was decided and by whom; without a decision something else let it go on."""

    parked: Parked
    decision: Decision | None = None
    woken_by: str = ""


class OpenLetter(Frozen):
    """A dead letter of a park: ``id`` in the outbox, ``entry_id`` None until it is on its stream."""

    id: int
    stream: str
    entry_id: str | None = None
    unsaved: PostInput | None = None


class LeftOpen(Frozen):
    """What runs that ended without a decision left open: their parks (ids of rows), and the letters of these."""

    parks: tuple[int, ...] = ()
    letters: tuple[OpenLetter, ...] = ()

    def without_unsaved(self) -> "LeftOpen":
        """Return this but for the letters that keep what nothing else has."""
        return self.model_copy(update={"letters": tuple(one for one in self.letters if not one.unsaved)})
