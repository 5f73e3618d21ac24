"""The graph of posts for one machine: embedded, Cypher, no server."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from adapters.batching import Batcher
from adapters.drawing.paths import nearest
from adapters.drawing.rows import Drawing, node_key, of_album, of_channel_photo, of_post
from adapters.embedded_graph import cypher
from adapters.embedded_graph.store import Rows, Run, Store, our_errors
from adapters.embedded_graph.writing import sweep, write
from contracts.index import AlbumNode, ChannelPhotoNode, Detached, GraphCounts, Neighbour, PostNode


class EmbeddedGraph:
    """Posts and what they share. Tenants share nothing: every node's key begins with its tenant."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writes: Batcher[PostNode, GraphCounts] = Batcher(self.replace_posts)

    @classmethod
    def open(cls, folder: Path) -> "EmbeddedGraph":
        """Return the graph in ``folder``, made when it is not there; one process can hold it.

        Raises:
            UnavailableError: another process holds it.
        """
        return cls(Store(folder))

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
            await self._store.transaction(lambda run: write(run, whole))
        return [drawing.counts() for _, drawing in drawings]

    async def replace_post(self, node: PostNode) -> GraphCounts:
        """Write one post; those that come at the same time share one transaction. As ``replace_posts``."""
        return await self._writes.submit(node)

    async def put_album(self, album: AlbumNode) -> GraphCounts:
        """Write an album and its order; posts that are not there yet are filled when they come."""
        with our_errors():
            drawing = of_album(album)
        await self._store.transaction(lambda run: write(run, drawing))
        return drawing.counts()

    async def put_channel_photo(self, photo: ChannelPhotoNode) -> None:
        """Write a picture of a channel's own, beside those that the channel had before. The same again changes nothing.

        Raises:
            RejectedError: a text that cannot be stored.
        """
        with our_errors():
            drawing = of_channel_photo(photo)
        await self._store.transaction(lambda run: write(run, drawing))

    async def neighbours(self, tenant_id: UUID, post_id: UUID, limit: int) -> tuple[Neighbour, ...]:
        """Return up to ``limit`` posts connected to this one, those that share most first, each once.

        ``weight`` counts the shared things of all kinds; ``via`` is the closest kind (reply, forward, album,
        page, tag) and ``name`` says what is shared in it: the tags, the links, the album, who answers whom.
        """
        key = node_key(tenant_id, post_id)
        return await self._store.transaction(lambda run: _neighbours(run, key, limit))

    async def delete_post(self, tenant_id: UUID, post_id: UUID) -> Detached:
        """Remove a post and what only it pointed to; return how many nodes went, none when it was not there.

        Posts that answer or forward it go on pointing to its id, of which nothing else is left.
        """
        return await self._store.transaction(lambda run: _delete(run, tenant_id, post_id))

    async def delete_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> None:
        """Remove an album; its posts stay. Harmless when it is not there."""
        key = node_key(tenant_id, channel_id, grouped_id)
        await self._store.transaction(lambda run: run(cypher.DELETE_ALBUM, key=key))

    async def counts(self, tenant_id: UUID) -> dict[str, int]:
        """Return the tenant's nodes for each label and relationships for each type; unseen posts left out."""
        tenant = str(tenant_id)
        return await self._store.transaction(lambda run: _counts(run, tenant))

    async def post_ids(self, tenant_id: UUID) -> set[UUID]:
        """Return the ids of the tenant's posts that were written, not those that are only pointed at."""
        rows = await self._store.transaction(lambda run: run(cypher.POST_IDS, tenant=str(tenant_id)))
        return {UUID(id) for (id,) in rows}

    async def there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]:
        """Return those of ``post_ids`` that were written as posts."""
        keys = [node_key(tenant_id, id) for id in post_ids]
        rows = await self._store.transaction(lambda run: run(cypher.FILLED_IDS, keys=keys)) if keys else []
        return {UUID(id) for (id,) in rows}

    async def has_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> bool:
        """Whether the album was written."""
        key = node_key(tenant_id, channel_id, grouped_id)
        return bool(await self._store.transaction(lambda run: run(cypher.ALBUM_KEYS, key=key)))

    async def has_channel_photo(self, tenant_id: UUID, channel_id: UUID, sha256: str) -> bool:
        """Whether the channel has the picture as its own."""
        keys = {"channel": node_key(tenant_id, channel_id), "picture": node_key(tenant_id, sha256)}
        return bool(await self._store.transaction(lambda run: run(cypher.CHANNEL_PHOTO, **keys)))

    async def close(self) -> None:
        """Let go of the files, after the writes that wait."""
        await self._writes.close()
        await self._store.close()


def _neighbours(run: Run, key: str, limit: int) -> tuple[Neighbour, ...]:
    here = {kind for (kind,) in run(cypher.KINDS, key=key)}
    found = [
        (path.via, *row)
        for path, query in cypher.SHARED
        if path.relationship in here
        for row in run(query, key=key, limit=limit)
    ]
    return nearest(found, limit)


def _delete(run: Run, tenant_id: UUID, post_id: UUID) -> Detached:
    key = node_key(tenant_id, post_id)
    if not run(cypher.FILLED_POSTS, keys=[key]):
        return Detached()
    around: dict[str, set[str]] = {}
    for label, other in run(cypher.AROUND, key=key):
        around.setdefault(label, set()).add(other)
    pointing = run(cypher.POINTING, key=key)
    run(cypher.DELETE_POST, key=key)
    _point_again(run, tenant_id, post_id, pointing)
    gone = sweep(run, around)
    return Detached(nodes=1 + sum(gone.values()), tags=gone.get("Tag", 0))


def _point_again(run: Run, tenant_id: UUID, post_id: UUID, pointing: Rows) -> None:
    """Draw who answers or forwards the deleted post as if it had never come: towards its id alone."""
    if not pointing:
        return
    drawing = Drawing()
    target = drawing.stub("Post", tenant_id, post_id)
    run(cypher.STUB["Post"], rows=list(drawing.stubs["Post"].values()))
    for kind, source in pointing:
        run(cypher.CREATE[kind], rows=[{"source": source, "target": target, "value": None}])


def _counts(run: Run, tenant: str) -> dict[str, int]:
    rows = run(cypher.NODES, tenant=tenant) + run(cypher.EDGES, tenant=tenant)
    counts: dict[str, int] = {name: number for name, number in rows}  # noqa: C416  # rows are lists
    [[stubs]] = run(cypher.STUBS, tenant=tenant)
    counts["Post"] = counts.get("Post", 0) - stubs
    return {name: number for name, number in sorted(counts.items()) if number}
