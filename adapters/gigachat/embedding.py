"""Embeddings by GigaChat; how many numbers a vector has, it says itself."""

import math
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from gigachat.models import Embeddings

from adapters.gigachat.account import PROVIDER, Account
from adapters.tokens import cut, tokens
from adapters.usage import counted_usage
from contracts.embedding import Embedded, EmbedderIdentity
from contracts.errors import RejectedError, UnusableAnswerError
from contracts.spending import Estimate

#: What GigaChat counts for a text beside its letters: where it begins and ends.
PER_TEXT: Final = 8
_VERSION: Final = "1"
_PROBE: Final = "размер"


class GigaChatEmbedder:
    """Turns texts into vectors of the identity's size, which are not of length 1; knows nothing of money and brakes."""

    provider = PROVIDER

    def __init__(self, account: Account, identity: EmbedderIdentity, most_tokens: int) -> None:
        self.identity, self._account, self._most = identity, account, most_tokens
        self.model = identity.model

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return what embedding ``texts`` takes at most."""
        read = sum(tokens(cut(text, self._most)) + PER_TEXT for text in texts)
        return Estimate(input_tokens=read, output_tokens=0)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return a place among those who ask at a time. Raises BusyError where none becomes free soon."""
        return self._account.place()

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Return one vector per text, of which as much is read as the model takes, by one request.

        Raises:
            RejectedError: a text is empty.
            UnusableAnswerError: the service gives vectors of another size now, or none at all.
            PipelineError: it cannot be asked now.
        """
        if not all(text.strip() for text in texts):
            raise RejectedError("An empty text cannot be embedded.")
        answer = await _asked(self._account, self.model, [cut(text, self._most) for text in texts])
        if wrong := next((vector for vector in answer.vectors if len(vector) != self.identity.size), None):
            said = f"GigaChat gave {len(wrong)} numbers instead of {self.identity.size}"
            raise UnusableAnswerError(said, answer.usage)
        return answer


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

    That word is nobody's: it is in no ledger.

    Raises:
        PipelineError: it cannot be asked now, or there is no such model.
    """
    async with account.place():
        [vector] = (await _asked(account, model, [_PROBE])).vectors
    return EmbedderIdentity(
        provider=PROVIDER, model=model, version=embedder_version(most_tokens), size=len(vector)
    )


async def _asked(account: Account, model: str, texts: Sequence[str]) -> Embedded:
    """Return what one request gives, in the order of the texts, whatever order it came in."""
    async with account.asking(account.timeout) as sdk:
        answer = await sdk.aembeddings(list(texts), model=model)
    by_index = {item.index: tuple(item.embedding) for item in answer.data}
    vectors = [by_index.get(index, ()) for index in range(len(texts))]
    usage = counted_usage(_counted(answer), 0, 0)
    if not all(vector and all(map(math.isfinite, vector)) for vector in vectors):
        raise UnusableAnswerError("GigaChat left a text without its vector", usage)
    return Embedded(vectors, usage, answer.model or model)


def _counted(answer: Embeddings) -> int:
    """GigaChat counts each text apart."""
    return sum(item.usage.prompt_tokens for item in answer.data)
