"""What a call to a provider may take is reserved before it, and what it took is written down after it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol
from uuid import uuid4

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from activities.bill import Bill
from activities.surely import surely
from contracts.asking import Asker
from contracts.errors import (
    BrakedError,
    BudgetExhaustedError,
    PipelineError,
    RefusedError,
    UnavailableError,
    UnusableAnswerError,
)
from contracts.spending import CallsEnded, Estimate, Past, RequestEnded, Share, Wish
from domain.calls import failed, given_back, told
from domain.spending import SpendingPolicy

log = structlog.get_logger(__name__)

#: Why a share is released whose asker went away before anything was sent.
BROKEN_OFF: Final = "broken off before anything was sent"


#: So often a provider is asked about the same thing whose answers are of no use; each of them is paid for.
TRIES: Final = 3
#: Seconds for which the end of a call is tried to be written down: an archive that blinks costs no bill.
PATIENCE: Final = 3.0


class Till(Protocol):
    """Keeps what was spent, and knows what may be."""

    async def reserve(self, wish: Wish) -> Share: ...

    async def check(self, provider: str) -> None: ...

    async def end(self, ended: RequestEnded) -> None: ...

    async def past(self, asker: Asker, provider: str) -> Past: ...


class Asked(Protocol):
    """Whoever is asked, by name."""

    provider: str
    model: str


class Meter:
    """Around every request to a provider that wants to be paid.

    Whatever becomes of a request, its shares end: settled with what the provider counted, released where it cannot
    have billed, lost where nobody knows. What cannot be written down is lost by itself when its time is over.
    """

    def __init__(
        self,
        till: Till,
        policy: SpendingPolicy,
        tell: Callable[[CallsEnded], None],
        patience: float = PATIENCE,
    ) -> None:
        self._till, self._policy, self._tell, self._patience = till, policy, tell, patience

    async def reserve(self, asked: Asked, estimate: Estimate, asker: Asker) -> Share:
        """Return a share of a request that may be sent now.

        Raises:
            BudgetExhaustedError: the tenant may spend no more today.
            BrakedError: nobody asks the provider now.
            UnavailableError: the archive did not answer.
        """
        price = self._policy.price(asked.provider, asked.model)
        wish = Wish(
            id=uuid4(), asker=asker, provider=asked.provider, model=asked.model, estimate=estimate,
            cost_microunits=price.most(estimate) if price else None,
        )  # fmt: skip
        try:
            return await self._till.reserve(wish)
        except (BudgetExhaustedError, BrakedError):
            raise
        except BaseException:  # it may have been written, as the probe too, and nobody is going to ask
            await self.give_back([Share(wish=wish, is_probe=True)], BROKEN_OFF)
            raise

    async def check(self, provider: str) -> None:
        """Do nothing where the provider may still be asked, some time after a share was reserved.

        Raises:
            BrakedError: nobody asks it now.
        """
        await self._till.check(provider)

    async def has_failed(self, asker: Asker, provider: str) -> bool:
        """Return whether the provider was asked about this before, since it is wanted, and nothing came of it.

        Who waited for a place, for the brake, or because the provider said so, was not asked.
        """
        return asker.attempt > 1 and (await self._till.past(asker, provider)).failed > 0

    @asynccontextmanager
    async def so_often(self, asker: Asker, provider: str) -> AsyncIterator[None]:
        """Let an answer of no use pass as long as asking again is worth its price; then it is a refusal.

        Raises:
            RefusedError: ``unusable_answer``, when so many were paid for.
        """
        try:
            yield
        except UnusableAnswerError as error:
            useless = (await self._till.past(asker, provider)).useless
            if useless < TRIES:
                raise
            said = f"{useless} answers, none of use: {error}"
            raise RefusedError(said, "unusable_answer", error.usage) from error

    async def give_back(self, shares: Sequence[Share], why: str) -> None:
        """Release shares whose request is not sent."""
        await self._end(given_back(shares, why))

    @asynccontextmanager
    async def request(self, shares: Sequence[Share]) -> AsyncIterator[Bill]:
        """Send one request for these shares within; its bill must be told what it took.

        A failure or a cancellation is passed on once the shares have ended.
        """
        id, bill = uuid4(), Bill(self._policy, shares)
        try:
            yield bill
        except BaseException as error:
            if isinstance(error, PipelineError) and error.usage is not None:
                bill.took(error.usage)
            await self._end(failed(id, shares, bill.portions, error))
            raise
        await self._end(*bill.ends(id))

    async def _end(self, *ends: RequestEnded) -> None:
        await surely(self._write(ends))

    async def _write(self, ends: Sequence[RequestEnded]) -> None:
        for ended in ends:
            await self._write_one(ended)

    async def _write_one(self, ended: RequestEnded) -> None:
        tries = AsyncRetrying(
            retry=retry_if_exception_type(UnavailableError), stop=stop_after_delay(self._patience),
            wait=wait_random_exponential(multiplier=0.2, max=1.0), reraise=True,
        )  # fmt: skip
        try:
            await tries(self._till.end, ended)
        except PipelineError as error:
            log.warning("end of a call not written down", provider=ended.provider, reason=str(error))
        if ended.id:
            self._tell(told(ended))
