"""A post, an album or a channel's picture as nodes and relationships, for whatever graph they go into."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.identity import digest
from contracts.index import AlbumNode, ChannelPhotoNode, GraphCounts, ImageNode, PostNode

MAX_CONTENT: Final = 2048
_SEPARATOR: Final = "\x1f"
#: A longer name stands in its key as a hash: indexes take no keys of several kilobytes.
_LONGEST_NAME: Final = 500


class Edge(NamedTuple):
    """One relationship; ``value`` is its property, where the kind has one."""

    kind: str
    source: str
    target: str
    value: float | None = None


@dataclass
class Drawing:
    """What is to be in the graph: rows by label and key, those that are only pointed at, relationships.

    ``added`` are relationships that no node of the drawing owns: they come beside those that are there.
    """

    nodes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    stubs: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    edges: dict[Edge, None] = field(default_factory=dict)
    added: dict[Edge, None] = field(default_factory=dict)

    def node(self, label: str, tenant: UUID, parts: Iterable[object], /, **columns: Any) -> str:
        """Draw a node; return its key.

        Raises:
            ValueError: a text with half a surrogate pair, which no store takes.
        """
        key = node_key(tenant, *parts)
        for text in (key, *columns.values()):
            str(text).encode()
        self.nodes[label][key] = {"key": key, "tenant_id": str(tenant), **columns}
        return key

    def stub(self, label: str, tenant: UUID, id: UUID) -> str:
        """Draw a post or channel that is perhaps not there yet; return its key."""
        key = node_key(tenant, id)
        self.stubs[label][key] = {"key": key, "tenant_id": str(tenant), "id": str(id)}
        return key

    def edge(self, kind: str, source: str, target: str, value: float | None = None) -> None:
        """Draw a relationship, once."""
        self.edges[Edge(kind, source, target, value)] = None

    def add(self, other: "Drawing") -> None:
        """Draw all of ``other`` too."""
        for label, rows in other.nodes.items():
            self.nodes[label].update(rows)
        for label, rows in other.stubs.items():
            self.stubs[label].update(rows)
        self.edges.update(other.edges)
        self.added.update(other.added)

    def counts(self) -> GraphCounts:
        """Return how much it is."""
        keys = {(label, key) for part in (self.nodes, self.stubs) for label in part for key in part[label]}
        return GraphCounts(nodes=len(keys), relationships=len(self.edges) + len(self.added))


def node_key(tenant: UUID, *name: object) -> str:
    """Return the key of a node: the tenant first, so that no two tenants share one."""
    whole = _SEPARATOR.join(str(part) for part in name)
    return f"{tenant}:{whole if len(whole) <= _LONGEST_NAME else digest(whole)}"


def of_post(node: PostNode) -> Drawing:
    """Return everything that a post is connected to."""
    drawing = Drawing()
    tenant = node.tenant_id
    post = drawing.node("Post", tenant, [node.post_id], **_post_columns(node))
    channel = drawing.node("Channel", tenant, [node.channel_id], **_channel_columns(node))
    drawing.edge("HAS_POST", channel, post)
    for tag in node.tags:
        drawing.edge("TAGGED_AS", post, drawing.node("Tag", tenant, [tag], name=tag, category="other"), 1.0)
    for topic in node.topics:
        drawing.edge("HAS_TOPIC", post, drawing.node("Topic", tenant, [topic], name=topic))
    for page in node.pages:
        web = drawing.node("WebPage", tenant, [page.url], url=page.url, title=page.title)
        drawing.edge("REFERS_TO", post, web)
    for name, kind in node.entities:
        drawing.edge("MENTIONS", post, drawing.node("Entity", tenant, [kind, name], name=name, type=kind))
    for image in node.images:
        drawing.edge("HAS_IMAGE", post, _draw_image(drawing, tenant, image))
    _draw_origin(drawing, node, post)
    return drawing


def of_album(album: AlbumNode) -> Drawing:
    """Return an album, its channel and its posts in order."""
    drawing = Drawing()
    tenant = album.tenant_id
    columns = album.model_dump(mode="json", exclude={"tenant_id", "post_ids", "posted_at"})
    columns["posted_at"] = _timestamp(album.posted_at)
    key = drawing.node("Album", tenant, [album.channel_id, album.grouped_id], **columns)
    drawing.edge("HAS_ALBUM", drawing.stub("Channel", tenant, album.channel_id), key)
    for position, post_id in enumerate(dict.fromkeys(album.post_ids)):
        drawing.edge("CONTAINS", key, drawing.stub("Post", tenant, post_id), position)
    return drawing


def of_channel_photo(photo: ChannelPhotoNode) -> Drawing:
    """Return a picture of a channel's own, and its channel."""
    drawing = Drawing()
    channel = drawing.node("Channel", photo.tenant_id, [photo.channel_id], **_channel_columns(photo))
    picture = _draw_image(drawing, photo.tenant_id, photo.image)
    drawing.added[Edge("HAS_IMAGE", channel, picture)] = None
    return drawing


def _post_columns(node: PostNode) -> dict[str, Any]:
    return {
        "post_id": str(node.post_id),
        "channel_id": str(node.channel_id),
        "content": node.content[:MAX_CONTENT],
        "telegram_message_id": node.telegram_message_id,
        "tg_channel_id": node.tg_channel_id,
        "posted_at": _timestamp(node.posted_at),
        "indexed_at": _timestamp(node.indexed_at),
        "filled": True,
    }


def _channel_columns(node: PostNode | ChannelPhotoNode) -> dict[str, Any]:
    return {
        "channel_id": str(node.channel_id),
        "tg_channel_id": node.tg_channel_id,
        "title": node.channel_title,
    }


def _draw_image(drawing: Drawing, tenant: UUID, image: ImageNode) -> str:
    columns = image.model_dump(exclude={"labels"})
    key = drawing.node("Image", tenant, [image.sha256], **columns)
    for label in image.labels:
        drawing.edge("HAS_LABEL", key, drawing.node("Label", tenant, [label], name=label))
    return key


def _draw_origin(drawing: Drawing, node: PostNode, post: str) -> None:
    tenant = node.tenant_id
    if node.forward_source:
        id, kind, name = node.forward_source
        columns = {"source_id": id, "source_type": kind, "name": name}
        drawing.edge("FORWARDED_FROM", post, drawing.node("ForwardSource", tenant, [kind, id], **columns))
    if node.author:
        id, kind, name = node.author
        columns = {"author_id": id, "author_type": kind, "name": name}
        drawing.edge("AUTHOR_OF", drawing.node("Author", tenant, [kind, id], **columns), post)
    if node.forward_post_id:
        drawing.edge("FORWARDED_FROM_POST", post, drawing.stub("Post", tenant, node.forward_post_id))
    if node.reply_post_id:
        drawing.edge("REPLIES_TO", post, drawing.stub("Post", tenant, node.reply_post_id))


def _timestamp(moment: datetime | None) -> str | None:
    """Return it in UTC without a zone: a graph may drop a zone silently."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() if moment else None
