"""Embedding by a provider that wants to be paid: the vectors of posts are kept, so that no text is paid for twice."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from activities.metering import BROKEN_OFF, Meter
from contracts.asking import Asker
from contracts.embedding import Embedded, EmbedderIdentity, Vector
from contracts.identity import digest
from contracts.spending import Estimate, Share


class EmbeddingModel(Protocol):
    """One provider's model that turns texts into vectors. It knows neither money nor brake; ``embed`` is one HTTP
    attempt of somebody who has one of its places.
    """

    identity: EmbedderIdentity
    provider: str
    model: str

    def estimate(self, texts: Sequence[str]) -> Estimate: ...

    def place(self) -> AbstractAsyncContextManager[None]: ...

    async def embed(self, texts: Sequence[str]) -> Embedded: ...


class PaidVectors(Protocol):
    """Keeps of each post the vectors that were paid for, by embedder and by what was embedded (``text_hash``)."""

    async def find(self, post_id: UUID, embedder: EmbedderIdentity, text_hash: str) -> Vector | None: ...

    async def keep(
        self, post_id: UUID, embedder: EmbedderIdentity, text_hash: str, vector: Vector
    ) -> None: ...


class MeteredEmbedder:
    """An embedder over one model."""

    def __init__(self, model: EmbeddingModel, meter: Meter, paid: PaidVectors) -> None:
        self.identity, self._model, self._meter, self._paid = model.identity, model, meter, paid

    async def vector_of(self, text: str, askers: Sequence[Asker]) -> Vector:
        """Return the vector of ``text``; those who ask (one, or more) share what it takes.

        What is embedded for a post is kept with it: asked again for the same text, nobody is paid.

        Raises:
            BudgetExhaustedError: a tenant may spend no more today.
            BrakedError: nobody asks the provider now.
            RefusedError: it gave no vector of use, too often.
        """
        post_id, text_hash = askers[0].post_id, digest(text)
        if post_id is None:
            return await self._ask(text, askers)
        if kept := await self._paid.find(post_id, self.identity, text_hash):
            return kept
        async with self._meter.so_often(askers[0], self._model.provider):
            vector = await self._ask(text, askers)
        await self._paid.keep(post_id, self.identity, text_hash, vector)
        return vector

    async def _ask(self, text: str, askers: Sequence[Asker]) -> Vector:
        async with self._model.place():  # first, as tags do
            shares = await self._reserve(self._model.estimate([text]), askers)
            async with self._meter.request(shares) as bill:
                answer = await self._model.embed([text])
                bill.took(answer.usage, answer.model)
        return answer.vectors[0]

    async def _reserve(self, whole: Estimate, askers: Sequence[Asker]) -> list[Share]:
        """Return a share of the request for each who asks; where one may not, none keeps anything reserved."""
        part = Estimate(input_tokens=-(-whole.input_tokens // len(askers)), output_tokens=0)
        shares: list[Share] = []
        try:
            for asker in askers:
                shares.append(await self._meter.reserve(self._model, part, asker))  # noqa: PERF401  else none is known
        except BaseException:
            if shares:
                await self._meter.give_back(shares, BROKEN_OFF)
            raise
        return shares
