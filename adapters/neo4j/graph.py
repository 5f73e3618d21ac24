"""The graph of posts on a Neo4j server, which many processes share."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from adapters.batching import Batcher
from adapters.drawing.paths import PATHS, nearest
from adapters.drawing.rows import Drawing, node_key, of_album, of_channel_photo, of_post
from adapters.neo4j import cypher
from adapters.neo4j.errors import our_errors
from adapters.neo4j.store import Run, Store
from adapters.neo4j.writing import other_end, sweep, write
from contracts.errors import RejectedError
from contracts.index import AlbumNode, ChannelPhotoNode, Detached, GraphCounts, Neighbour, PostNode


class Neo4jGraph:
    """Posts and what they share. Tenants share nothing: every node's key begins with its tenant."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writes: Batcher[PostNode, GraphCounts] = Batcher(self.replace_posts, fault=RejectedError)

    @classmethod
    async def connected(cls, url: str, user: str, password: str, database: str) -> "Neo4jGraph":
        """Return the graph of a database, with the constraints and indexes that it needs.

        Raises:
            UnavailableError: the server does not answer, or refuses us.
        """
        return cls(await Store.connected(url, user, password, database))

    async def replace_posts(self, nodes: Sequence[PostNode]) -> list[GraphCounts]:
        """Write posts as wholes, in one transaction; return for each what is attached to it now.

        Relationships that a post no longer has go, and with them what nothing else points to. The same post
        again changes nothing.

        Raises:
            RejectedError: a text that cannot be stored; then none of ``nodes`` is written.
        """
        with our_errors():
            drawings = [(node, of_post(node)) for node in nodes]
        latest = {(node.tenant_id, node.post_id): drawing for node, drawing in drawings}
        whole = Drawing()
        for drawing in latest.values():
            whole.add(drawing)
        if nodes:
            await self._store.write({node.tenant_id for node in nodes}, lambda run: write(run, whole))
        return [drawing.counts() for _, drawing in drawings]

    async def replace_post(self, node: PostNode) -> GraphCounts:
        """Write one post; those that come at the same time share one transaction. As ``replace_posts``."""
        return await self._writes.submit(node)

    async def put_album(self, album: AlbumNode) -> GraphCounts:
        """Write an album and its order; posts that are not there yet are filled when they come."""
        with our_errors():
            drawing = of_album(album)
        await self._store.write([album.tenant_id], lambda run: write(run, drawing))
        return drawing.counts()

    async def put_channel_photo(self, photo: ChannelPhotoNode) -> None:
        """Write a picture of a channel's own, beside those that the channel had before. The same again changes nothing.

        Raises:
            RejectedError: a text that cannot be stored.
        """
        with our_errors():
            drawing = of_channel_photo(photo)
        await self._store.write([photo.tenant_id], lambda run: write(run, drawing))

    async def neighbours(self, tenant_id: UUID, post_id: UUID, limit: int) -> tuple[Neighbour, ...]:
        """Return up to ``limit`` posts connected to this one, those that share most first, each once.

        ``weight`` counts the shared things of all kinds; ``via`` is the closest kind (reply, forward, album,
        page, tag) and ``name`` says what is shared in it: the tags, the links, the album, who answers whom.
        """
        values = {"key": node_key(tenant_id, post_id), "tenant": str(tenant_id), "limit": limit}
        rows = sorted(
            await self._store.read(lambda run: run(cypher.SHARED, **values)), key=lambda row: int(row[0])
        )
        return nearest(((PATHS[place].via, id, names, weight) for place, id, names, weight in rows), limit)

    async def delete_post(self, tenant_id: UUID, post_id: UUID) -> Detached:
        """Remove a post and what only it pointed to; return how many nodes went, none when it was not there.

        Posts that answer or forward it go on pointing to its id, of which nothing else is left.
        """
        key = node_key(tenant_id, post_id)
        return await self._store.write([tenant_id], lambda run: _delete(run, key))

    async def delete_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> None:
        """Remove an album; its posts stay. Harmless when it is not there."""
        key = node_key(tenant_id, channel_id, grouped_id)
        await self._store.write([tenant_id], lambda run: run(cypher.DELETE_ALBUM, key=key))

    async def counts(self, tenant_id: UUID) -> dict[str, int]:
        """Return the tenant's nodes for each label and relationships for each type; unseen posts left out."""
        counts: Counter[str] = Counter()
        for name, number in await self._store.read(lambda run: run(cypher.COUNTS, tenant=str(tenant_id))):
            counts[name] += number
        return {name: number for name, number in sorted(counts.items()) if number}

    async def post_ids(self, tenant_id: UUID) -> set[UUID]:
        """Return the ids of the tenant's posts that were written, not those that are only pointed at."""
        rows = await self._store.read(lambda run: run(cypher.POST_IDS, tenant=str(tenant_id)))
        return {UUID(id) for (id,) in rows}

    async def there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]:
        """Return those of ``post_ids`` that were written as posts."""
        keys = [node_key(tenant_id, id) for id in post_ids]
        rows = await self._store.read(lambda run: run(cypher.FILLED_IDS, keys=keys)) if keys else []
        return {UUID(id) for (id,) in rows}

    async def has_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> bool:
        """Whether the album was written."""
        key = node_key(tenant_id, channel_id, grouped_id)
        return bool(await self._store.read(lambda run: run(cypher.ALBUM, key=key)))

    async def has_channel_photo(self, tenant_id: UUID, channel_id: UUID, sha256: str) -> bool:
        """Whether the channel has the picture as its own."""
        keys = {"channel": node_key(tenant_id, channel_id), "picture": node_key(tenant_id, sha256)}
        return bool(await self._store.read(lambda run: run(cypher.CHANNEL_PHOTO, **keys)))

    async def close(self) -> None:
        """Let go of the connections, after the writes that wait."""
        await self._writes.close()
        await self._store.close()


async def _delete(run: Run, key: str) -> Detached:
    if not await run(cypher.IS_FILLED, key=key):
        return Detached()
    around: dict[str, set[str]] = {}
    is_pointed_at = False
    for kind, leaving, other in await run(cypher.AROUND, key=key):
        around.setdefault(other_end(kind, leaving=leaving), set()).add(other)
        is_pointed_at |= not leaving and kind in cypher.POINTING
    if is_pointed_at:
        await run(cypher.EMPTY_POST, key=key, pointing=sorted(cypher.POINTING))
    else:
        await run(cypher.DELETE_POST, key=key)
    gone = await sweep(run, around)
    return Detached(nodes=1 + sum(gone.values()), tags=gone.get("Tag", 0))
