"""Fakes of what belongs to others, and of the stores beside the database. They behave; they do not record calls."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from contracts.album import AlbumRef
from contracts.asking import Asker, TagAnswer
from contracts.channel_photo import ChannelPhotoInput
from contracts.embedding import EmbedderIdentity, Vector
from contracts.errors import PipelineError, RejectedError
from contracts.identity import digest
from contracts.index import AlbumNode, ChannelPhotoNode, Detached, GraphCounts, PostNode, VectorPoint
from contracts.outgoing import Outgoing
from contracts.post import PostRef, Refresh
from contracts.vision import PictureFacts
from tests.build import some_facts


@dataclass
class Weather:
    """What goes wrong: errors that the next calls raise, one each; ``always`` is raised by every call."""

    coming: list[PipelineError] = field(default_factory=list)
    always: PipelineError | None = None

    def strike(self) -> None:
        """Raise what is due."""
        if self.coming:
            raise self.coming.pop(0)
        if self.always:
            raise self.always


class Gate:
    """Lets everybody pass, unless it is shut; then it counts who waits, and tells them what has gone wrong."""

    def __init__(self) -> None:
        self.weather = Weather()
        self.asked = 0
        self._open = asyncio.Event()
        self._open.set()

    def shut(self) -> None:
        """Let nobody pass."""
        self._open.clear()

    def open(self) -> None:
        """Let those who wait pass, and who comes later."""
        self._open.set()

    async def passed(self) -> None:
        """Wait until it is open."""
        self.asked += 1
        await self._open.wait()
        self.weather.strike()

    async def is_waited_at(self) -> bool:
        """Whether somebody has come."""
        return self.asked > 0


class FakeTagger:
    """Proposes every word of more than five letters, or what ``says`` holds, whatever it reads."""

    provider = "fake"
    model = "words"

    def __init__(self) -> None:
        self.weather = Weather()
        self.texts: list[str] = []
        self.says: tuple[str, ...] | None = None

    async def tags_for(self, text: str, asker: Asker) -> TagAnswer:
        self.weather.strike()
        self.texts.append(text)
        words = tuple(word.strip(".,:;!?") for word in text.split() if len(word) > 5)
        words = words if self.says is None else self.says
        return TagAnswer(tags=words, provider=self.provider, model=self.model)


class FakeEyes:
    """Sees in each picture the words it was told stand there; ``gate`` holds every look until it is set."""

    provider = "fake"

    def __init__(self, model: str = "eyes") -> None:
        self.model = model
        self.weather = Weather()
        self.blind: dict[bytes, PipelineError] = {}
        self.words: dict[bytes, str] = {}
        self.looks: list[bytes] = []
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def look(self, body: bytes, mime: str, asker: Asker) -> PictureFacts:
        self.asked += 1
        await self.gate.wait()
        self.weather.strike()
        if body in self.blind:
            raise self.blind[body]
        self.looks.append(body)
        return some_facts(self.words.get(body, ""), model=self.model)


@dataclass(frozen=True)
class FakePage:
    """A page of the fake web."""

    final_url: str
    text_excerpt: str
    title: str | None = "Страница"
    html: bytes = b"<p>"
    latency_ms: int = 3

    @property
    def markdown(self) -> str:
        return self.text_excerpt

    @property
    def word_count(self) -> int:
        return len(self.text_excerpt.split())

    @property
    def content_sha256(self) -> str:
        return hashlib.sha256(self.text_excerpt.encode()).hexdigest()


class FakeWeb:
    """Every address has a page, unless it is named in ``broken``; ``texts`` are what pages say, by their address."""

    def __init__(self) -> None:
        self.weather = Weather()
        self.texts: dict[str, str] = {}
        self.broken: dict[str, PipelineError] = {}
        self.asked: list[str] = []

    async def read(self, url: str, pay: Callable[[str], Awaitable[None]]) -> FakePage:
        await pay(urlsplit(url).hostname or "")
        self.asked.append(url)
        self.weather.strike()
        if url in self.broken:
            raise self.broken[url]
        return FakePage(url, self.texts.get(url, f"текст страницы {url}"))


class FakeEmbedder:
    """Floats that follow from the text: four, or as many as the identity says; ``gate`` holds every answer."""

    def __init__(self, size: int = 4) -> None:
        self.identity = EmbedderIdentity(provider="fake", model="numbers", version="1", size=size)
        self.texts: list[str] = []
        self.weather = Weather()
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def vector_of(self, text: str, askers: Sequence[Asker]) -> Vector:
        self.asked += 1
        await self.gate.wait()
        self.weather.strike()
        self.texts.append(text)
        return tuple(int(digest(text)[n], 16) / 16 for n in range(self.identity.size))


class FakeEmbedders:
    """The wanted embedder, and ``former`` ones that may have filled what is searched."""

    def __init__(self, wanted: FakeEmbedder) -> None:
        self.wanted = wanted
        self.former: list[FakeEmbedder] = []

    def of(self, identity: EmbedderIdentity) -> FakeEmbedder | None:
        known = [self.wanted, *self.former]
        return next((embedder for embedder in known if embedder.identity == identity), None)


class FakeVectors:
    """Points of the wanted embedder by (tenant, post), and ``beside`` them those of the one that is searched."""

    def __init__(self, wanted: EmbedderIdentity) -> None:
        self.weather = Weather()
        self.wanted = self.searched = wanted
        self.points: dict[tuple[UUID, UUID], VectorPoint] = {}
        self.beside: dict[tuple[UUID, UUID], VectorPoint] = {}
        self.writes = 0

    async def searched_by(self, tenant_id: UUID) -> EmbedderIdentity | None:
        return self.searched

    async def put_one(self, tenant_id: UUID, point: VectorPoint) -> None:
        self.weather.strike()
        self.writes += 1
        points = self.points if point.embedder in {None, self.wanted} else self.beside
        points[tenant_id, point.post_id] = point

    async def there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]:
        self.weather.strike()
        return {id for id in post_ids if (tenant_id, id) in self.points}

    async def ids(self, tenant_id: UUID) -> set[UUID]:
        return {id for owner, id in self.points if owner == tenant_id}

    async def delete(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> int:
        self.weather.strike()
        return sum(self.points.pop((tenant_id, post_id), None) is not None for post_id in post_ids)


class FakeGraph:
    """Posts, albums and channel pictures as they were put last."""

    def __init__(self) -> None:
        self.weather = Weather()
        self.posts: dict[UUID, PostNode] = {}
        self.albums: dict[int, AlbumNode] = {}
        self.channel_photos: dict[tuple[UUID, str], ChannelPhotoNode] = {}

    async def replace_post(self, node: PostNode) -> GraphCounts:
        self.weather.strike()
        self.posts[node.post_id] = node
        return GraphCounts(nodes=1 + len(node.tags), relationships=len(node.tags))

    async def put_album(self, album: AlbumNode) -> GraphCounts:
        self.weather.strike()
        self.albums[album.grouped_id] = album
        return GraphCounts(nodes=1, relationships=len(album.post_ids))

    async def delete_post(self, tenant_id: UUID, post_id: UUID) -> Detached:
        self.weather.strike()
        node = self.posts.pop(post_id, None)
        return Detached(nodes=1 + len(node.tags), tags=len(node.tags)) if node else Detached()

    async def delete_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> None:
        self.albums.pop(grouped_id, None)

    async def put_channel_photo(self, photo: ChannelPhotoNode) -> None:
        self.weather.strike()
        self.channel_photos[photo.channel_id, photo.image.sha256] = photo

    async def there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]:
        return set(post_ids) & set(self.posts)

    async def has_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> bool:
        return grouped_id in self.albums

    async def has_channel_photo(self, tenant_id: UUID, channel_id: UUID, sha256: str) -> bool:
        return (channel_id, sha256) in self.channel_photos

    async def post_ids(self, tenant_id: UUID) -> set[UUID]:
        return {id for id, node in self.posts.items() if node.tenant_id == tenant_id}


class FakeObjects:
    """Bytes by key; a file of a post has its own key as bytes unless it was put. What is ``lost`` is not there.

    What goes wrong goes wrong with what is put.
    """

    def __init__(self) -> None:
        self.weather = Weather()
        self.kept: dict[str, bytes] = {}
        self.deleted: list[str] = []
        self.lost: set[str] = set()
        #: Of writing; reading goes on.
        self.weather = Weather()

    async def exists(self, key: str) -> bool:
        return key not in self.lost

    async def get(self, key: str) -> bytes:
        if key not in self.kept and not key.startswith("media/"):
            raise RejectedError(f"no object {key}")
        return self.kept.get(key, key.encode())

    async def put(self, key: str, body: bytes, content_type: str) -> bool:
        self.weather.strike()
        is_new = key not in self.kept
        self.kept[key] = body
        self.lost.discard(key)
        return is_new

    async def delete(self, key: str) -> bool:
        self.deleted.append(key)
        return self.kept.pop(key, None) is not None


class FakeLog:
    """The streams: each (stream, key) is appended once."""

    def __init__(self) -> None:
        self.weather = Weather()
        self.entries: dict[tuple[str, str], Outgoing] = {}
        #: Holds what is on its way to dead-letter streams.
        self.appending = Gate()
        self._withdrawn: set[tuple[str, str]] = set()

    async def append_all(self, events: Sequence[Outgoing]) -> list[str]:
        self.weather.strike()
        if any(event.stream.endswith(":dlq") for event in events):
            await self.appending.passed()
        for event in events:
            if (event.stream, event.idempotency_key) not in self._withdrawn:
                self.entries.setdefault((event.stream, event.idempotency_key), event)
        return [f"{number}-0" for number, _ in enumerate(events)]

    async def withdraw(self, stream: str, idempotency_key: str) -> bool:
        self.weather.strike()
        self._withdrawn.add((stream, idempotency_key))
        return self.entries.pop((stream, idempotency_key), None) is not None

    async def knows(self, events: Sequence[tuple[str, str]]) -> list[bool]:
        return [event in self.entries for event in events]

    def streams(self) -> list[str]:
        """The streams that were written, in order, entry by entry."""
        return [stream for stream, _ in self.entries]


class FakeSignals:
    """Remembers which posts were asked to look again."""

    def __init__(self) -> None:
        self.refreshed: list[tuple[PostRef, Refresh]] = []
        self.albums: list[AlbumRef] = []
        self.photos: list[ChannelPhotoInput] = []

    async def refresh(self, ref: PostRef, why: Refresh) -> None:
        self.refreshed.append((ref, why))

    async def refresh_album(self, ref: AlbumRef) -> None:
        self.albums.append(ref)

    async def put_together_again(self, ref: AlbumRef) -> None:
        self.albums.append(ref)

    async def record_again(self, photo: ChannelPhotoInput) -> None:
        self.photos.append(photo)

    async def is_at_work(self, workflow_id: str) -> bool:
        return False
