"""Deciding about one that waits, or about many."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from activities.leftovers import Leftovers
from adapters.postgres.parks import Parks
from cli.dlq.work import open_letters
from cli.errors import CommandError
from cli.resolve.batch import resolve_many
from cli.resolve.words import decided
from cli.screen import Screen
from cli.stuck.listing import which
from cli.tools import Tools, login_name, tenant_named, tools, workflow_meant
from contracts.errors import RejectedError
from contracts.post import Decision
from domain.decisions import RETRY
from starter.restarting import Restarts
from workflows.deciding import ClosedError, NobodyAnswersError, decide, tell

#: How long a worker may take to answer an update.
PATIENCE: Final = timedelta(seconds=10)


@dataclass(frozen=True)
class Wish:
    """What was asked for."""

    words: tuple[str, ...]
    reason: str | None = None
    tenant: str | None = None
    channel: str | None = None
    by: str | None = None
    note: str = ""
    yes: bool = False
    dry_run: bool = False

    @property
    def is_for_many(self) -> bool:
        """Whether options say which ones are meant."""
        return bool(self.reason or self.tenant or self.channel)


async def resolve_and_say(wish: Wish) -> int:
    """Decide and say what came of it; return the exit status: 1 when one could not be told.

    Raises:
        CommandError: it was asked wrongly, or what was decided is refused.
        UnavailableError: the engine or the archive does not answer.
    """
    subject, decision = decided(wish.words, wish.by or login_name(), wish.note)
    if subject and wish.is_for_many:
        raise CommandError("either one is named, or options say which ones: not both", 2)
    if not subject and not wish.is_for_many:
        raise CommandError(
            "whom? Name a post, or say which ones: --reason, --channel, --tenant (see `postloom stuck`)", 2
        )
    async with tools() as hand:
        if subject:
            Screen().line(await _one(hand, subject, decision, dry_run=wish.dry_run))
            return 0
        tenant_id = await tenant_named(hand.pool, wish.tenant)
        wanted = await which(hand.pool, wish.reason, tenant_id, wish.channel)
        return await resolve_many(hand, wanted, decision, yes=wish.yes, dry_run=wish.dry_run)


async def _one(hand: Tools, words: str, decision: Decision, *, dry_run: bool) -> str:
    workflow_id = await workflow_meant(hand.finder, words)
    if dry_run:
        return f"{workflow_id} would be told: {decision.action}"
    try:
        said = await decide(hand.client, workflow_id, decision, PATIENCE)
    except NobodyAnswersError:
        return await _stored(hand, workflow_id, words, decision)
    except ClosedError as error:
        return await _started_again(hand, workflow_id, words, decision, error)
    except RejectedError as error:
        raise CommandError(f"{words}: {error}") from error
    return f"{words}: {said}"


async def _stored(hand: Tools, workflow_id: str, words: str, decision: Decision) -> str:
    """Tell it by signal: an update that nobody has answered may be lost, a signal is kept."""
    try:
        await tell(hand.client, workflow_id, decision)
    except ClosedError as error:
        raise CommandError(f"{words}: it has ended meanwhile") from error
    return (
        f"{words}: {decision.action}: stored; no worker answers, so it takes effect when one does. "
        "`postloom status` shows whether the service runs"
    )


async def _started_again(
    hand: Tools, workflow_id: str, words: str, decision: Decision, closed: ClosedError
) -> str:
    """A retry of what was given up, or was parked for too long, starts it again."""
    if decision.action != RETRY:
        raise CommandError(f"{words}: nothing is stuck here: its workflow is not open") from closed
    try:
        async with open_letters(hand.settings) as letters:
            restarts = Restarts(hand.client, hand.finder, Leftovers(Parks(hand.pool), letters))
            await restarts.restart(workflow_id, decision.by)
    except RejectedError as error:
        raise CommandError(f"{words}: {error}") from error
    return f"{words}: its workflow had ended: started again"
