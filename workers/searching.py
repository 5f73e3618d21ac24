"""Search: a question in words, the posts most like it, and what the graph connects them to."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from adapters.postgres.door import Directory, Tenant
from contracts.errors import RejectedError
from contracts.index import Neighbour, SearchHit, SearchQuery

#: Neighbours that are told of each hit.
RELATED = 5


class Question(BaseModel):
    """What is asked. ``tenant`` is a name or an id; ``channel`` an id, a username or a Telegram id."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=1, max_length=2000)
    tenant: str | None = None
    channel: str | None = None
    tag: str | None = None
    since: AwareDatetime | None = None
    limit: int = Field(default=10, ge=1, le=100)
    related: bool = False

    @classmethod
    def read(cls, words: Mapping[str, Any]) -> Self:
        """Return the question that ``words`` ask.

        Raises:
            RejectedError: some cannot be used; one sentence.
        """
        try:
            return cls.model_validate(words)
        except ValidationError as error:
            mistakes = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {_plain(e['msg'])}" for e in error.errors()
            )
            raise RejectedError(f"the search cannot be used: {mistakes}") from error

    @field_validator("since", mode="before")
    @classmethod
    def _a_day_is_a_moment(cls, value: Any) -> Any:
        """2026-03-01 means its beginning, in UTC; so does a moment without a zone."""
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value)
            except ValueError as error:
                raise ValueError("write a day as 2026-03-01") from error
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return value


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}"


class Brief(BaseModel):
    """A post in one line."""

    post_id: UUID
    link: str | None
    posted_at: AwareDatetime
    text: str


class Related(Neighbour):
    """A neighbour, with what to show of it."""

    link: str | None = None
    text: str = ""


class Hit(SearchHit):
    """A found post; ``related`` is empty unless it was asked for."""

    related: tuple[Related, ...] = ()


class Answer(BaseModel):
    """What was found, best first."""

    text: str
    tenant: str
    hits: tuple[Hit, ...]


class Embedder(Protocol):
    """Turns texts into vectors."""

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]: ...


class Vectors(Protocol):
    """The vector index."""

    async def search(self, query: SearchQuery, vector: Sequence[float]) -> tuple[SearchHit, ...]: ...


class Graph(Protocol):
    """The graph."""

    async def neighbours(self, tenant_id: UUID, post_id: UUID, limit: int) -> tuple[Neighbour, ...]: ...


class Posts(Protocol):
    """Finds channels and says in a line what posts are."""

    async def channel_id(self, tenant_id: UUID, wanted: str) -> UUID | None: ...

    async def briefs(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> list[dict[str, Any]]: ...


class Searching:
    """Answers questions from the stores that this process holds."""

    def __init__(
        self, embedder: Embedder, vectors: Vectors, graph: Graph, directory: Directory, posts: Posts
    ) -> None:
        self._embedder, self._vectors, self._graph = embedder, vectors, graph
        self._directory, self._posts = directory, posts

    async def search(self, question: Question) -> Answer:
        """Return the posts most like the question's text.

        Raises:
            RejectedError: there is no such tenant or channel.
        """
        tenant = chosen(await self._directory.tenants(), question.tenant)
        channel = await self._channel(tenant.id, question.channel)
        [vector] = await self._embedder.embed([question.text])
        query = SearchQuery(
            tenant_id=tenant.id, text=question.text, channel_id=channel, tag=question.tag,
            since=question.since, limit=question.limit,
        )  # fmt: skip
        hits = [Hit(**hit.model_dump()) for hit in await self._vectors.search(query, vector)]
        if question.related:
            hits = [await self._connected(tenant.id, hit) for hit in hits]
        return Answer(text=question.text, tenant=tenant.name, hits=tuple(hits))

    async def _channel(self, tenant_id: UUID, wanted: str | None) -> UUID | None:
        if wanted is None:
            return None
        found = await self._posts.channel_id(tenant_id, wanted)
        if found is None:
            raise RejectedError(f"the tenant has no channel {wanted}")
        return found

    async def _connected(self, tenant_id: UUID, hit: Hit) -> Hit:
        around = await self._graph.neighbours(tenant_id, hit.post_id, RELATED)
        rows = await self._posts.briefs(tenant_id, [neighbour.post_id for neighbour in around])
        known = {brief.post_id: brief for brief in map(Brief.model_validate, rows)}
        related = [
            Related(**n.model_dump(), link=known[n.post_id].link, text=known[n.post_id].text)
            for n in around
            if n.post_id in known
        ]
        return hit.model_copy(update={"related": tuple(related)})


def chosen(tenants: Sequence[Tenant], wanted: str | None) -> Tenant:
    """Return the tenant of that name or id; without one, the only one there is.

    Raises:
        RejectedError: there is none, or several to choose from.
    """
    matching = [tenant for tenant in tenants if wanted in {None, tenant.name, str(tenant.id)}]
    if len(matching) == 1:
        return matching[0]
    names = ", ".join(tenant.name for tenant in tenants)
    if wanted is not None:
        raise RejectedError(f"there is no tenant {wanted}; there are: {names or 'none'}")
    if matching:
        raise RejectedError(f"there are several tenants, name one of them: {names}")
    raise RejectedError("there is no tenant yet: make one with `postloom tenants add NAME`")
