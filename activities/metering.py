"""What a call to a provider may take is reserved before it, and what it took is written down after it."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Protocol
from uuid import uuid4

import structlog

from activities.surely import surely
from contracts.asking import Asker, Usage
from contracts.errors import (
    BrakedError,
    BudgetExhaustedError,
    PipelineError,
    RefusedError,
    UnusableAnswerError,
)
from contracts.spending import CallsEnded, Estimate, RequestEnded, Share, Wish
from domain.calls import answered, failed, given_back, told
from domain.spending import Portion, SpendingPolicy, portions

log = structlog.get_logger(__name__)

#: Why a share is released whose asker went away before anything was sent.
BROKEN_OFF: Final = "broken off before anything was sent"


#: So often a provider is asked about the same thing whose answers are of no use; each of them is paid for.
TRIES: Final = 3


@contextmanager
def so_often(attempt: int) -> Iterator[None]:
    """Let an answer of no use pass as long as asking again is worth its price; then it is a refusal.

    Raises:
        RefusedError: ``unusable_answer``, from the third attempt on.
    """
    try:
        yield
    except UnusableAnswerError as error:
        if attempt < TRIES:
            raise
        said = f"no answer of use in {attempt} attempts: {error}"
        raise RefusedError(said, "unusable_answer", error.usage) from error


class Till(Protocol):
    """Keeps what was spent, and knows what may be."""

    async def reserve(self, wish: Wish) -> Share: ...

    async def check(self, provider: str) -> None: ...

    async def end(self, ended: RequestEnded) -> None: ...


class Asked(Protocol):
    """Whoever is asked, by name."""

    provider: str
    model: str


class Bill:
    """What a request takes; whoever asks says it when the answer is there."""

    def __init__(self, policy: SpendingPolicy, shares: Sequence[Share]) -> None:
        self._policy, self._shares = policy, shares
        self.model_answered = ""
        self.portions: tuple[Portion, ...] = ()

    def took(self, usage: Usage, model: str = "") -> tuple[Portion, ...]:
        """Take what the provider counted; return each share's portion of it.

        The price is that of the ``model`` which answered; where there is none, of the one that was asked.
        """
        wish, prices = self._shares[0].wish, self._policy
        price = (prices.price(wish.provider, model) if model else None) or prices.price(
            wish.provider, wish.model
        )
        self.model_answered = model
        self.portions = portions(price, usage, [share.wish.estimate for share in self._shares])
        return self.portions


class Meter:
    """Around every request to a provider that wants to be paid.

    Whatever becomes of a request, its shares end: settled with what the provider counted, released where it cannot
    have billed, lost where nobody knows. What cannot be written down is lost by itself when its time is over.
    """

    def __init__(self, till: Till, policy: SpendingPolicy, tell: Callable[[CallsEnded], None]) -> None:
        self._till, self._policy, self._tell = till, policy, tell

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
        except BaseException:  # it may have been written, and nobody is going to ask
            await self.give_back([Share(wish=wish)], BROKEN_OFF)
            raise

    async def check(self, provider: str) -> None:
        """Do nothing where the provider may still be asked, some time after a share was reserved.

        Raises:
            BrakedError: nobody asks it now.
        """
        await self._till.check(provider)

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
        await self._end(answered(id, shares, bill.portions, bill.model_answered))

    async def _end(self, ended: RequestEnded) -> None:
        await surely(self._write(ended))

    async def _write(self, ended: RequestEnded) -> None:
        try:
            await self._till.end(ended)
        except PipelineError as error:
            log.warning("end of a call not written down", provider=ended.provider, reason=str(error))
        if ended.id:
            self._tell(told(ended))
