"""Models and a till in memory; both are protocols of ours."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from adapters.places import Places
from contracts.asking import Asker, TagAnswer, Usage
from contracts.embedding import Embedded, EmbedderIdentity, Vector
from contracts.errors import BrakedError, BudgetExhaustedError, PipelineError, RefusedError
from contracts.sight import RawPicture, Sight
from contracts.spending import CallsEnded, Estimate, Past, RequestEnded, Share, Wish
from contracts.vision import PictureFacts
from domain.calls import FAILED, USELESS
from tests.build import an_embedder, some_facts


def a_brake(seconds: int = 30) -> BrakedError:
    wait = timedelta(seconds=seconds)
    return BrakedError("left in peace", wait, datetime.now(UTC) + wait)


@dataclass
class FakeTill:
    """Knows which shares are reserved and how each ended. ``braked`` providers are asked by nobody."""

    reserved: dict[UUID, Wish] = field(default_factory=dict)
    ended: list[RequestEnded] = field(default_factory=list)
    told: list[CallsEnded] = field(default_factory=list)
    braked: dict[str, BrakedError] = field(default_factory=dict)
    spent: BudgetExhaustedError | None = None
    probes: int = 0
    broken: PipelineError | None = None
    #: What the next ends raise, one each.
    blinks: list[PipelineError] = field(default_factory=list)
    wishes: dict[UUID, Wish] = field(default_factory=dict)
    #: Answers of the archive wait for it.
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def reserve(self, wish: Wish) -> Share:
        if self.spent:
            raise self.spent
        await self.check(wish.provider)
        self.reserved[wish.id] = self.wishes[wish.id] = wish
        await self.gate.wait()
        is_probe, self.probes = self.probes > 0, max(0, self.probes - 1)
        return Share(wish=wish, is_probe=is_probe)

    async def check(self, provider: str) -> None:
        if provider in self.braked:
            raise self.braked[provider]

    async def end(self, ended: RequestEnded) -> None:
        await self.gate.wait()
        if self.blinks:
            raise self.blinks.pop(0)
        if self.broken:
            raise self.broken
        self.ended.append(ended)
        for ending in ended.endings:
            self.reserved.pop(ending.share_id, None)

    async def past(self, asker: Asker, provider: str) -> Past:
        """As the SQL has it; it was all reserved since."""
        ends = [
            (ending.state, str(ending.error or ended.error).partition(":")[0])
            for ended in self.ended
            for ending in ended.endings
            if ended.provider == provider and _thing(self.wishes[ending.share_id].asker) == _thing(asker)
        ]
        failed = sum(state == "lost" or kind in FAILED for state, kind in ends)
        return Past(failed=failed, useless=sum(kind == USELESS for _, kind in ends))

    @property
    def ends(self) -> list[str]:
        """How the shares ended, request by request."""
        return [" ".join(ending.state for ending in ended.endings) for ended in self.ended]


def _thing(asker: Asker) -> object:
    return asker.sha256 or asker.post_id


@dataclass
class FakeWords:
    """Proposes one tag, for ten tokens; ``weather`` is raised by the next questions."""

    provider: str = "first"
    model: str = "words-1"
    version: str = "1"
    weather: list[BaseException] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=lambda: Usage(input_tokens=8, output_tokens=2))
    places: Places = field(default_factory=lambda: Places("words", at_a_time=10))
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def estimate(self, text: str) -> Estimate:
        return Estimate(input_tokens=len(text), output_tokens=100)

    def place(self) -> AbstractAsyncContextManager[None]:
        return self.places.place()

    async def propose(self, text: str, tenant_id: UUID) -> TagAnswer:
        self.asked.append(text)
        await self.gate.wait()
        if self.weather:
            raise self.weather.pop(0)
        return TagAnswer(tags=("трамвай",), provider=self.provider, model=f"{self.model}:7", usage=self.usage)


@dataclass
class FakeNumbers:
    """Embeds a text, for as many tokens as it has letters; ``weather`` is raised by the next questions."""

    identity: EmbedderIdentity = field(default_factory=lambda: an_embedder(provider="first"))
    provider: str = "first"
    model: str = "numbers-1"
    weather: list[BaseException] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    places: Places = field(default_factory=lambda: Places("numbers", at_a_time=10))

    def estimate(self, texts: Sequence[str]) -> Estimate:
        return Estimate(input_tokens=sum(map(len, texts)) + 9, output_tokens=0)

    def place(self) -> AbstractAsyncContextManager[None]:
        return self.places.place()

    async def embed(self, texts: Sequence[str]) -> Embedded:
        self.asked += texts
        if self.weather:
            raise self.weather.pop(0)
        vectors = [tuple(len(text) + n / 2 for n in range(self.identity.size)) for text in texts]
        return Embedded(vectors, Usage(input_tokens=sum(map(len, texts))), f"{self.model}:7")


@dataclass
class FakePaidVectors:
    """Keeps what it is given."""

    kept: dict[tuple[UUID, str], tuple[str, Vector]] = field(default_factory=dict)
    looks: int = 0

    async def find(self, post_id: UUID, embedder: EmbedderIdentity, text_hash: str) -> Vector | None:
        self.looks += 1
        known, vector = self.kept.get((post_id, embedder.slug), ("", None))
        return vector if known == text_hash else None

    async def keep(self, post_id: UUID, embedder: EmbedderIdentity, text_hash: str, vector: Vector) -> None:
        self.kept[post_id, embedder.slug] = (text_hash, vector)


@dataclass
class FakeSight:
    """Looks at pictures, ten tokens each. Every request waits for its turn; ``blind`` ones get their own error."""

    provider: str = "first"
    model: str = "eyes-1"
    version: str = "1"
    most: int = 10
    weather: list[BaseException] = field(default_factory=list)
    blind: dict[bytes, PipelineError] = field(default_factory=dict)
    #: Pictures that cannot be sent.
    broken: set[bytes] = field(default_factory=set)
    requests: list[list[bytes]] = field(default_factory=list)
    places: Places = field(default_factory=lambda: Places("eyes", at_a_time=10))
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def estimate(self, body: bytes) -> Estimate:
        return Estimate(input_tokens=1000, output_tokens=100)

    def place(self) -> AbstractAsyncContextManager[None]:
        return self.places.place()

    async def see(self, pictures: Sequence[RawPicture]) -> Sight:
        self.requests.append([picture.body for picture in pictures])
        self.arrived.set()
        await self.turns.acquire()
        if self.weather:
            raise self.weather.pop(0)
        unasked = {place for place, picture in enumerate(pictures) if picture.body in self.broken}
        results = tuple(self._of(picture.body) for picture in pictures)
        if not (asked := len(pictures) - len(unasked)):
            return Sight(results, Usage(), self.model, frozenset(unasked))
        usage = Usage(input_tokens=7 * asked, output_tokens=3 * asked + 1)
        return Sight(results, usage, f"{self.model}:7", frozenset(unasked))

    def _of(self, body: bytes) -> PictureFacts | PipelineError:
        if body in self.broken:
            return RefusedError("half a picture", "broken_picture")
        return self.blind.get(body) or some_facts(body.decode())
