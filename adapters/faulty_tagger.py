"""A tagger for trying out what happens when a provider fails: it refuses some posts, always the same ones."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from contracts.asking import Asker, TagAnswer
from contracts.errors import BudgetExhaustedError, PipelineError
from contracts.identity import digest


class Tagger(Protocol):
    """The tagger beneath."""

    provider: str
    model: str
    version: str

    async def tags_for(self, text: str, asker: Asker) -> TagAnswer: ...


class FaultyTagger:
    """Refuses one text in ``one_in`` with ``error``, until the file ``until`` exists; all others reach the real tagger.

    It says of itself what the real one says, so that nothing becomes stale when the one replaces the other.
    """

    def __init__(
        self, tagger: Tagger, one_in: int, error: Callable[[str], PipelineError], until: Path | None = None
    ) -> None:
        self.provider, self.model, self.version = tagger.provider, tagger.model, tagger.version
        self._tagger, self._one_in, self._error, self._until = tagger, one_in, error, until

    async def tags_for(self, text: str, asker: Asker) -> TagAnswer:
        """Return what the real tagger proposes.

        Raises:
            PipelineError: the one that was asked for, for the texts that are refused.
        """
        if is_refused(text, self._one_in) and not self._is_mended():
            raise self._error(
                f"the faulty provider refuses this text, as it was told to: one in {self._one_in}"
            )
        return await self._tagger.tags_for(text, asker)

    def _is_mended(self) -> bool:
        return self._until is not None and self._until.exists()


def spent(sentence: str) -> BudgetExhaustedError:
    """Return the error of a budget that begins anew at midnight UTC."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return BudgetExhaustedError(sentence, tomorrow.replace(hour=0, minute=0, second=0, microsecond=0))


def is_refused(text: str, one_in: int) -> bool:
    """Return whether the text is one of those that are refused; it follows from the text alone."""
    return int(digest(text)[:8], 16) % one_in == 0
