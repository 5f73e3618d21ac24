"""Tagging by providers that want to be paid: the first whose brake is off."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from activities.metering import Meter
from contracts.asking import Asker, TagAnswer
from contracts.errors import BrakedError
from contracts.spending import Estimate


class TagModel(Protocol):
    """One provider's model that proposes tags. It knows neither money nor brake; one question is one HTTP attempt of
    somebody who has one of its places.

    ``version`` changes when it would answer otherwise: the digest of its prompt, and the adapter's own number.
    """

    provider: str
    model: str
    version: str

    def estimate(self, text: str) -> Estimate: ...

    def place(self) -> AbstractAsyncContextManager[None]: ...

    async def propose(self, text: str, tenant_id: UUID) -> TagAnswer: ...


class MeteredTagger:
    """A tagger over models in the order in which they are asked; it is called by the first of them."""

    def __init__(self, models: Sequence[TagModel], meter: Meter) -> None:
        self._models, self._meter = models, meter

    @property
    def provider(self) -> str:
        """Who is asked first."""
        return self._models[0].provider

    @property
    def model(self) -> str:
        """What is asked first."""
        return self._models[0].model

    @property
    def version(self) -> str:
        """What makes tags stale: the version of who is asked first."""
        return self._models[0].version

    async def tags_for(self, text: str, asker: Asker) -> TagAnswer:
        """Return what the first model that may be asked proposes; a refusal of its own is final.

        Raises:
            BrakedError: none may be asked now; the soonest that may, of those that need no human if there are any.
        """
        brakes = []
        for model in self._models:
            try:
                async with self._meter.so_often(asker, model.provider):
                    return await self._ask(model, text, asker)
            except BrakedError as error:
                brakes.append(error)
        raise min(brakes, key=lambda brake: (brake.goes_on_at is None, brake.retry_after))

    async def _ask(self, model: TagModel, text: str, asker: Asker) -> TagAnswer:
        async with model.place():  # first: who waits holds nothing of the budget, and hears of the brake
            share = await self._meter.reserve(model, model.estimate(text), asker)
            async with self._meter.request([share]) as bill:
                answer = await model.propose(text, asker.tenant_id)
                bill.took(answer.usage, answer.model)
        return answer
