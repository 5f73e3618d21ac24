"""Embeddings without a model: words and parts of words, hashed into a vector."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sklearn.feature_extraction import FeatureHasher
from sklearn.preprocessing import normalize

from adapters.local_words import Words
from contracts.asking import Asker
from contracts.embedding import EmbedderIdentity, Vector
from contracts.errors import RejectedError

_WORD: Final = re.compile(r"[^\W_]{2,}|[^\W\d_]")
#: What a text without words is made of: digits, what links say, emoji and other signs.
_SIGN: Final = re.compile(r"\w+|[^\w\s\ufe0e\ufe0f\u200d]")
_LINK: Final = re.compile(r"https?://\S+")
_GRAM: Final = 3
#: Scripts from here on put no spaces between words; two of their letters say as much as three of ours.
_IDEOGRAPHS: Final = "\u2e80"
_GRAMS_WEIGHT: Final = 0.7
#: Every word has this many places in the vector: two words that meet in one of them stay apart in the others.
_PLACES: Final = 4
_MAX_LENGTH: Final = 40_000


class HashingEmbedder:
    """Lemmas, so that the forms of a word meet, and character n-grams, so that misspellings do."""

    def __init__(self, size: int = 512, words: Words | None = None) -> None:
        self.identity = hashing(size)
        self._words = words or Words()
        self._hasher = FeatureHasher(n_features=size, input_type="pair")

    async def vector_of(self, text: str, askers: Sequence[Asker]) -> Vector:  # noqa: ARG002  it costs nobody anything
        """Return the vector of one text. Raises as ``embed``."""
        [vector] = await self.embed([text])
        return vector

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return one vector of the identity's size and of length 1 per text, the same on every machine.

        Raises:
            RejectedError: a text is empty.
        """
        return await asyncio.to_thread(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> list[Vector]:
        if not texts:
            return []
        features = [self._features(text) for text in texts]
        if not all(features):
            raise RejectedError("An empty text cannot be embedded.")
        rows = normalize(self._hasher.transform(list(f.items()) for f in features)).toarray()
        return [tuple(map(float, row)) for row in rows]

    def _features(self, text: str) -> dict[str, float]:
        """The weights of the text's words; stop words and signs count only where there is nothing else."""
        text = text[:_MAX_LENGTH].lower()
        forms = _WORD.findall(_LINK.sub(" ", text)) or _SIGN.findall(text) or text.split()
        said = Counter(form for form in forms if not self._words.is_empty(form)) or Counter(forms)
        weights: dict[str, float] = {}
        for form, count in said.items():
            often = float(count) ** 0.5
            lemma = self._words.word(form).lemma.replace("ё", "е")
            places, grams = list(_places(lemma)), list(_grams(lemma))
            for names, weight in ((places, often), (grams, often * _GRAMS_WEIGHT)):
                for name in names:
                    weights[name] = weights.get(name, 0.0) + weight / len(names) ** 0.5
        return weights


class HashingEmbedders:
    """The wanted embedder, and those of other sizes that may have filled a collection before it."""

    def __init__(self, size: int) -> None:
        self._words = Words()
        self.wanted = HashingEmbedder(size, self._words)

    def of(self, identity: EmbedderIdentity) -> HashingEmbedder | None:
        """Return the embedder with that identity, None when this version of us has none."""
        return HashingEmbedder(identity.size, self._words) if identity == hashing(identity.size) else None


def hashing(size: int) -> EmbedderIdentity:
    """Return who the embedder of that size is; another version whenever it gives other floats."""
    return EmbedderIdentity(provider="local", model=f"hashing-{size}", version="1", size=size)


def _places(lemma: str) -> Iterator[str]:
    """Yield the word's own names; a run of ideographs is no word, it has none."""
    if not _is_run(lemma):
        yield from (f"w{place}:{lemma}" for place in range(_PLACES))


def _grams(lemma: str) -> Iterator[str]:
    if _is_run(lemma):
        for begin in range(
            max(1, len(lemma) - 1)
        ):  # each in two places, for the same reason as a word in four
            yield from (f"{name}:{lemma[begin : begin + 2]}" for name in "gh")
        return
    bounded = f"<{lemma}>"
    for begin in range(max(1, len(bounded) - _GRAM + 1)):
        yield f"g:{bounded[begin : begin + _GRAM]}"


def _is_run(lemma: str) -> bool:
    return lemma.isalpha() and max(lemma) >= _IDEOGRAPHS
