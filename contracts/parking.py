"""What is kept of a post or an album that cannot go on: who, why, since when, and what was decided."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from contracts.album import AlbumRef
from contracts.channel_photo import ChannelPhotoRef
from contracts.post import Decision, Frozen, PostInput, PostRef, Problem

#: What let a park go on when nobody did: its moment came, or another run of its workflow took it over.
BY_ITSELF: Final = "itself"
CONTINUED: Final = "next run"


class Waiter(Frozen):
    """Who parks. ``what`` says in words what it is: post, album, channel picture."""

    what: str = "post"
    tenant_id: UUID
    post_id: UUID | None = None
    tg_channel_id: int
    trace_id: str

    @classmethod
    def of(cls, what: str, ref: PostRef | AlbumRef | ChannelPhotoRef) -> "Waiter":
        """Return who parks when that does."""
        return cls(
            what=what,
            tenant_id=ref.tenant_id,
            post_id=ref.post_id if isinstance(ref, PostRef) else None,
            tg_channel_id=ref.tg_channel_id,
            trace_id=ref.trace_id,
        )


class Parked(Waiter):
    """A park: ``number`` counts those of one run, so that (workflow, run, number) is one park.

    It lasts, however often (``tries``) it was tried again by itself, until what is stuck is another thing or nothing is
    any more. ``until`` is the end of the wait for a human; where none is needed, when it goes on.
    ``unsaved`` is what a post was told and the archive has not got: a version, or the wish that it be deleted.
    """

    workflow_id: str
    run_id: str
    number: int
    problems: tuple[Problem, ...]
    since: AwareDatetime
    until: AwareDatetime
    unsaved: PostInput | None = None
    #: When it is tried again by itself; None where only a human can let it go on.
    goes_on_at: AwareDatetime | None = None
    tries: int = 0

    @property
    def is_deferred(self) -> bool:
        """Whether it needs no human: everything that is stuck goes on by itself."""
        return all(problem.goes_on_at for problem in self.problems)

    @property
    def own_reason(self) -> str:
        """What goes on by itself; empty where nothing does."""
        return next((problem.reason for problem in self.problems if problem.goes_on_at), "")

    @property
    def key(self) -> str:
        """The idempotency key of its dead letter."""
        return f"{keys_of(self.workflow_id, self.run_id)}{self.number}"


def keys_of(workflow_id: str, run_id: str) -> str:
    """Return what the keys of a run's dead letters begin with."""
    return f"{workflow_id}:{run_id}:parked:"


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
