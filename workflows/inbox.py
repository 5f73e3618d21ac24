"""What signals brought and the loop has not looked at yet. A repeated signal counts once."""

from dataclasses import dataclass, field
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from contracts.changes import Version
    from contracts.post import Deletion, Refresh, Retag

#: Before this a word that one kind of request had used was used up for the other.
_WORD_FOR_EACH: Final = "a-word-for-each-kind"

#: More requests than a post gets within the time in which one of them may come twice.
_REMEMBERED: Final = 500


@dataclass
class Inbox:
    """Filled by signal handlers, emptied by the loop."""

    events: list[Version] = field(default_factory=list)
    refreshes: list[Refresh] = field(default_factory=list)
    retags: list[Retag] = field(default_factory=list)
    deletion: Deletion | None = None
    #: The requests that came last, by kind and word: one word may be used for each kind.
    seen: list[tuple[str, str]] = field(default_factory=list)

    def is_empty(self) -> bool:
        """Whether there is no reason to look at the post again."""
        return not (self.events or self.refreshes or self.retags or self.deletion)

    def reason_to_go_on(self) -> str:
        """Return what came, in a word, for the record of a park; empty when nothing did."""
        came = {
            "deletion": self.deletion,
            "edit": self.events,
            "retag": self.retags,
            "refresh": self.refreshes,
        }
        return next((name for name, found in came.items() if found), "")

    def take_retags(self) -> tuple[Retag, ...]:
        """Return the requests to tag again, in the order in which they came, and forget them."""
        retags, self.retags = tuple(self.retags), []
        return retags

    def take_deletion(self) -> Deletion | None:
        """Return the wish that the post be deleted, and forget it."""
        deletion, self.deletion = self.deletion, None
        return deletion

    def add_refresh(self, refresh: Refresh) -> None:
        """Look at the post again, once for each ``event_id``."""
        if self._is_new("refresh", refresh.event_id):
            self.refreshes.append(refresh)

    def add_retag(self, retag: Retag) -> None:
        """Tag again, once for each ``event_id``."""
        if self._is_new("retag", retag.event_id):
            self.retags.append(retag)

    def knows(self, retag: Retag) -> bool:
        """Whether somebody has asked with that word before."""
        return ("retag", retag.event_id) in self.seen

    def _is_new(self, kind: str, word: str) -> bool:
        other = "refresh" if kind == "retag" else "retag"
        if (kind, word) in self.seen or ((other, word) in self.seen and not workflow.patched(_WORD_FOR_EACH)):
            return False
        self.seen = [*self.seen, (kind, word)][-_REMEMBERED:]
        return True
