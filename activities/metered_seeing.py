"""Looking at pictures by a provider that wants to be paid."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol
from uuid import UUID

from activities.gathering import Gathering, Result, Shown
from activities.metering import BROKEN_OFF, Meter
from contracts.asking import Asker
from contracts.errors import PipelineError
from contracts.sight import RawPicture, Sight
from contracts.spending import Estimate
from contracts.vision import PictureFacts
from domain.spending import Portion


class SightModel(Protocol):
    """One provider's model that looks at pictures, up to ``most`` of them in one request, which is one HTTP attempt.

    It knows neither money nor brake. ``version`` changes when it would answer otherwise: the digest of its prompt,
    and the adapter's own number.
    """

    provider: str
    model: str
    version: str
    most: int

    def estimate(self, body: bytes) -> Estimate: ...

    def place(self) -> AbstractAsyncContextManager[None]: ...

    async def see(self, pictures: Sequence[RawPicture]) -> Sight: ...


class MeteredVision:
    """Vision over one model. Each picture has a share of its own; what waits of a tenant goes in one request."""

    def __init__(self, model: SightModel, meter: Meter) -> None:
        self._model, self._meter = model, meter
        self._gatherings: dict[UUID, Gathering] = {}

    @property
    def provider(self) -> str:
        """Who is asked."""
        return self._model.provider

    @property
    def model(self) -> str:
        """What is asked."""
        return self._model.model

    @property
    def version(self) -> str:
        """What makes looks stale."""
        return self._model.version

    async def look(self, body: bytes, mime: str, asker: Asker) -> PictureFacts:
        """Return what is seen, with the tokens and the cost of this picture's share.

        What came to nothing before, and what tries whether the provider answers again, is asked alone.

        Raises:
            BudgetExhaustedError: the tenant may spend no more today.
            BrakedError: nobody asks the provider now.
        """
        is_alone = await self._meter.has_failed(asker, self.provider)
        share = await self._meter.reserve(self._model, self._model.estimate(body), asker)
        sha256 = asker.sha256 or hashlib.sha256(body).hexdigest()
        shown = Shown(share, RawPicture(sha256, body, mime))
        async with self._meter.so_often(asker, self.provider):
            if is_alone or share.is_probe:
                return _facts((await self.see([shown]))[0])
            return await self._gathering(asker.tenant_id).look(shown)

    async def see(self, shown: Sequence[Shown]) -> Sequence[Result]:
        """Send a request, if it still may be; return for each picture what was seen, or its own error."""
        async with self._place(shown), self._meter.request([one.share for one in shown]) as bill:
            sight = await self._model.see([one.picture for one in shown])
            errors = {n: said for n, said in enumerate(sight.results) if isinstance(said, PipelineError)}
            portions = bill.took(sight.usage, sight.model, unasked=sight.unasked, errors=errors)
        return [_billed(result, portion) for result, portion in zip(sight.results, portions, strict=True)]

    @asynccontextmanager
    async def _place(self, shown: Sequence[Shown]) -> AsyncIterator[None]:
        """Hold a place at the provider. Whoever gets none, or finds the brake on by then, keeps nothing reserved."""
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._model.place())
                if not any(one.share.is_probe for one in shown):
                    await self._meter.check(self._model.provider)
            except BaseException:
                await self._meter.give_back([one.share for one in shown], BROKEN_OFF)
                raise
            yield

    async def leave(self, shown: Shown) -> None:
        """Release the share of a picture that nobody waits for any more."""
        await self._meter.give_back([shown.share], BROKEN_OFF)

    def _gathering(self, tenant_id: UUID) -> Gathering:
        return self._gatherings.setdefault(tenant_id, Gathering(self, self._model.most))


def _billed(result: Result, portion: Portion) -> Result:
    if isinstance(result, PipelineError):
        return result
    usage, cost = portion
    return result.model_copy(update={"tokens_used": usage.total_tokens, "cost_microunits": cost})


def _facts(result: Result) -> PictureFacts:
    if isinstance(result, PipelineError):
        raise result
    return result
