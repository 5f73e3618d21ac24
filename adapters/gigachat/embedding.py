"""Embeddings by GigaChat; how many numbers a vector has, it says itself."""

import math
from collections.abc import Sequence
from typing import Final

from adapters.gigachat.account import PROVIDER, Account
from adapters.tokens import cut
from contracts.embedding import EmbedderIdentity
from contracts.errors import RejectedError, UnusableAnswerError

#: Texts of one request.
BATCH: Final = 32
_VERSION: Final = "1"
_PROBE: Final = "размер"


class GigaChatEmbedder:
    """Turns texts into vectors of the identity's size, which are not of length 1."""

    def __init__(self, account: Account, identity: EmbedderIdentity, most_tokens: int) -> None:
        self.identity, self._account, self._most = identity, account, most_tokens

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return one vector per text, of which as much is read as the model takes.

        Raises:
            RejectedError: a text is empty.
            UnusableAnswerError: the service gives vectors of another size now, or none at all.
            PipelineError: it cannot be asked now.
        """
        if not all(text.strip() for text in texts):
            raise RejectedError("An empty text cannot be embedded.")
        vectors: list[tuple[float, ...]] = []
        for start in range(0, len(texts), BATCH):
            batch = [cut(text, self._most) for text in texts[start : start + BATCH]]
            vectors += await _vectors(self._account, self.identity.model, batch)
        if wrong := next((vector for vector in vectors if len(vector) != self.identity.size), None):
            raise UnusableAnswerError(f"GigaChat gave {len(wrong)} numbers instead of {self.identity.size}")
        return vectors


class GigaChatEmbedders:
    """Every embedder of an account that reads as much of a text."""

    def __init__(self, account: Account, most_tokens: int) -> None:
        self._account, self._most = account, most_tokens

    def of(self, identity: EmbedderIdentity) -> GigaChatEmbedder | None:
        """Return the embedder with that identity, None when it is not GigaChat's or reads more or less of a text."""
        if (identity.provider, identity.version) != (PROVIDER, embedder_version(self._most)):
            return None
        return GigaChatEmbedder(self._account, identity, self._most)


def embedder_version(most_tokens: int) -> str:
    """Return what changes when other vectors come of the same model."""
    return f"{_VERSION}-{most_tokens}"


async def learn_identity(account: Account, model: str, most_tokens: int) -> EmbedderIdentity:
    """Return who the embedder of ``model`` is; one word is embedded to see how many numbers it gives.

    Raises:
        PipelineError: it cannot be asked now, or there is no such model.
    """
    (vector,) = await _vectors(account, model, [_PROBE])
    return EmbedderIdentity(
        provider=PROVIDER, model=model, version=embedder_version(most_tokens), size=len(vector)
    )


async def _vectors(account: Account, model: str, texts: Sequence[str]) -> list[tuple[float, ...]]:
    """Return the vectors of one request, in the order of the texts, whatever order they came in."""
    async with account.place(), account.asking(account.timeout) as sdk:
        answer = await sdk.aembeddings(list(texts), model=model)
    by_index = {item.index: tuple(item.embedding) for item in answer.data}
    vectors = [by_index.get(index, ()) for index in range(len(texts))]
    if not all(vector and all(map(math.isfinite, vector)) for vector in vectors):
        raise UnusableAnswerError("GigaChat left a text without its vector")
    return vectors
