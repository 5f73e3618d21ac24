"""Search: a question in words, the posts most like it, and what the graph connects them to."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from adapters.postgres.door import Tenant
from contracts.embedding import EmbedderIdentity
from contracts.errors import RejectedError
from contracts.index import Neighbour, SearchHit, SearchQuery
from workers.embedded_question import EmbeddedQuestion, Embedders
from workers.questions import Question

#: Neighbours that are told of each hit.
RELATED: Final = 5

#: Posts less like the question than this (a cosine) have nothing to do with it.
LEAST_SCORE: Final = 0.12


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
    """A found post, and whose it is; ``related`` is empty unless it was asked for."""

    tenant: str
    related: tuple[Related, ...] = ()


class Answer(BaseModel):
    """What was found, best first; ``tenant`` is None when the posts of several were asked for."""

    text: str
    tenant: str | None
    hits: tuple[Hit, ...]


class Vectors(Protocol):
    """The vector index."""

    async def search(
        self, query: SearchQuery, embed: Callable[[EmbedderIdentity], Awaitable[Sequence[float] | None]]
    ) -> tuple[SearchHit, ...]: ...


class Graph(Protocol):
    """The graph."""

    async def neighbours(self, tenant_id: UUID, post_id: UUID, limit: int) -> tuple[Neighbour, ...]: ...


class Tenants(Protocol):
    """Knows all tenants."""

    async def tenants(self) -> list[Tenant]: ...


class Posts(Protocol):
    """Finds channels and says in a line what posts are."""

    async def channel_id(self, tenant_id: UUID, wanted: str) -> UUID | None: ...

    async def briefs(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> list[dict[str, Any]]: ...


class Searching:
    """Answers questions from the stores that this process holds."""

    def __init__(
        self, embedders: Embedders, vectors: Vectors, graph: Graph, directory: Tenants, posts: Posts
    ) -> None:
        self._embedders, self._vectors, self._graph = embedders, vectors, graph
        self._directory, self._posts = directory, posts

    async def search(self, question: Question) -> Answer:
        """Return the posts most like the question's text; without a tenant every tenant is asked, each by itself.

        Where its vector has to be paid for, those tenants share that whose posts are looked for; no budget refuses it.

        Raises:
            RejectedError: there is no such tenant or channel.
            UnavailableError: a store does not answer, or nobody asks the embedder now.
        """
        tenants = asked_of(await self._directory.tenants(), question.tenant)
        channels = await self._channels(tenants, question.channel)
        asked = EmbeddedQuestion(self._embedders, question.text, list(channels))
        found = await asyncio.gather(
            *(
                self._of(tenant, channels[tenant.id], question, asked)
                for tenant in tenants
                if tenant.id in channels
            )
        )
        hits = sorted((hit for hits in found for hit in hits), key=lambda hit: -hit.score)[: question.limit]
        if question.related:
            ids = {tenant.name: tenant.id for tenant in tenants}
            hits = [await self._connected(ids[hit.tenant], hit) for hit in hits]
        only = tenants[0].name if len(tenants) == 1 else None
        return Answer(text=question.text, tenant=only, hits=tuple(hits))

    async def _of(
        self, tenant: Tenant, channel: UUID | None, question: Question, asked: EmbeddedQuestion
    ) -> list[Hit]:
        query = SearchQuery(
            tenant_id=tenant.id, text=question.text, channel_id=channel, tag=question.tag,
            since=question.since, limit=question.limit,
        )  # fmt: skip
        found = await self._vectors.search(query, asked.by)
        return [Hit(**hit.model_dump(), tenant=tenant.name) for hit in found if hit.score >= LEAST_SCORE]

    async def _channels(self, tenants: Sequence[Tenant], wanted: str | None) -> dict[UUID, UUID | None]:
        """Return, of the tenants that have the channel, its id; None where all channels are meant."""
        if wanted is None:
            return dict.fromkeys(tenant.id for tenant in tenants)
        known = {tenant.id: await self._posts.channel_id(tenant.id, wanted) for tenant in tenants}
        found: dict[UUID, UUID | None] = {tenant: channel for tenant, channel in known.items() if channel}
        if not found:
            raise RejectedError(f"there is no channel {wanted}")
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


def chosen(tenants: Sequence[Tenant], wanted: str) -> Tenant:
    """Return the tenant of that name, else of that id.

    Raises:
        RejectedError: there is none.
    """
    for tenant in sorted(tenants, key=lambda tenant: tenant.name != wanted):
        if wanted in {tenant.name, str(tenant.id)}:
            return tenant
    names = ", ".join(tenant.name for tenant in tenants)
    raise RejectedError(f"there is no tenant {wanted}; there are: {names or 'none'}")


def asked_of(tenants: Sequence[Tenant], wanted: str | None) -> tuple[Tenant, ...]:
    """Return the tenant of that name or id; without one, all there are.

    Raises:
        RejectedError: there is none.
    """
    if wanted is not None:
        return (chosen(tenants, wanted),)
    if not tenants:
        raise RejectedError("there is no tenant yet: make one with `postloom tenants add NAME`")
    return tuple(tenants)
