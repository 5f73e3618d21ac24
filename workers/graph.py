"""Where the graph is: on a Neo4j server where one is configured, else in a folder that this process holds."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol
from uuid import UUID

from adapters.embedded_graph.graph import EmbeddedGraph
from contracts.index import AlbumNode, ChannelPhotoNode, Detached, GraphCounts, Neighbour, PostNode
from runtime.settings import Settings
from runtime.store_settings import Neo4jSettings


class Graph(Protocol):
    """Posts and what they share."""

    async def replace_posts(self, nodes: Sequence[PostNode]) -> list[GraphCounts]: ...

    async def replace_post(self, node: PostNode) -> GraphCounts: ...

    async def put_album(self, album: AlbumNode) -> GraphCounts: ...

    async def put_channel_photo(self, photo: ChannelPhotoNode) -> None: ...

    async def neighbours(self, tenant_id: UUID, post_id: UUID, limit: int) -> tuple[Neighbour, ...]: ...

    async def delete_post(self, tenant_id: UUID, post_id: UUID) -> Detached: ...

    async def delete_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> None: ...

    async def counts(self, tenant_id: UUID) -> dict[str, int]: ...

    async def post_ids(self, tenant_id: UUID) -> set[UUID]: ...

    async def there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]: ...

    async def has_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> bool: ...

    async def has_channel_photo(self, tenant_id: UUID, channel_id: UUID, sha256: str) -> bool: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def open_graph(settings: Settings) -> AsyncIterator[Graph]:
    """The graph while the context is open.

    Raises:
        UnavailableError: another process holds the folder, or the server does not answer or refuses us.
    """
    url = settings.neo4j.url
    folder = settings.data_dir / "graph"
    graph: Graph = await _connected(settings.neo4j, url) if url else EmbeddedGraph.open(folder)
    try:
        yield graph
    finally:
        await graph.close()


async def _connected(settings: Neo4jSettings, url: str) -> Graph:
    from adapters.neo4j.graph import Neo4jGraph  # noqa: PLC0415  heavy, and only needed where a server is

    password = settings.password.get_secret_value() if settings.password else ""
    return await Neo4jGraph.connected(url, settings.user, password, settings.database)
