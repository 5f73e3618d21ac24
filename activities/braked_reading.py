"""Reading pages by a crawler that is left in peace while it is away."""

from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID, uuid4

from activities.reading import Reader, WebPage
from contracts.errors import BusyError, LinkFailedError, RateLimitedError, RefusedError, UnavailableError
from contracts.spending import RequestEnded, Verdict
from contracts.stages import Stage


class Brake(Protocol):
    """Knows who is left in peace, and hears how it went."""

    async def ask(self, provider: str, caller: UUID) -> bool: ...

    async def hear(self, ended: RequestEnded, *, is_troubled: bool) -> None: ...


class BrakedReader:
    """A reader that asks a crawler, behind that one's brake."""

    def __init__(self, reader: Reader, provider: str, brake: Brake) -> None:
        self._reader, self._provider, self._brake = reader, provider, brake

    async def read(self, url: str, pay: Callable[[str], Awaitable[None]]) -> WebPage:
        """Return the page; whether the crawler may be asked is found out before ``pay`` is awaited.

        Raises:
            BrakedError: nobody asks the crawler now; nothing was paid.
            PipelineError: as the reader says.
        """
        asking = _Asking(self._provider, self._brake, pay)
        try:
            page = await self._reader.read(url, asking.pay)
        except (
            BaseException
        ) as error:  # a cancellation too: a probe that says nothing lets the next one through
            await asking.end(_verdict(error), str(error))
            raise
        await asking.end(Verdict.ANSWERED)
        return page


class _Asking:
    """One question to the crawler, from when it is paid for."""

    def __init__(self, provider: str, brake: Brake, pay: Callable[[str], Awaitable[None]]) -> None:
        self._provider, self._brake, self._pay = provider, brake, pay
        self._id, self._is_probe, self._is_paid = uuid4(), False, False

    async def pay(self, host: str) -> None:
        """Find out whether the crawler may be asked, then have the page of the host counted."""
        self._is_probe = await self._brake.ask(self._provider, self._id)
        await self._pay(host)
        self._is_paid = True

    async def end(self, verdict: Verdict, error: str = "") -> None:
        """Say what the question says of the crawler: nothing, where it was not asked."""
        ended = RequestEnded(
            id=None, provider=self._provider, stage=Stage.CRAWL, endings=(), error=error,
            verdict=verdict if self._is_paid else Verdict.NEITHER, probe=self._id if self._is_probe else None,
        )  # fmt: skip
        await self._brake.hear(ended, is_troubled=True)


def _verdict(error: BaseException) -> Verdict:
    """A crawler fails when it is away. What it does not manage without saying why may be the page's doing."""
    if isinstance(error, RefusedError | LinkFailedError):
        return Verdict.ANSWERED
    is_told = isinstance(error, RateLimitedError | BusyError)
    is_away = isinstance(error, UnavailableError) and error.goes_on_at is not None
    return Verdict.FAILED if is_away and not is_told else Verdict.NEITHER
