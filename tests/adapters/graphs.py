"""Posts, albums and pictures for the tests of graphs, and what such a test may ask of any graph."""

from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

from contracts.index import AlbumNode, ChannelPhotoNode, ImageNode, Neighbour, PageNode, PostNode
from workers.graph import Graph

ONE, OTHER = uuid4(), uuid4()
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def post(name: str, tenant: UUID = ONE) -> UUID:
    return uuid5(tenant, name)


def a_node(name: str, tenant: UUID = ONE, **fields: object) -> PostNode:
    base = {
        "post_id": post(name, tenant),
        "tenant_id": tenant,
        "channel_id": uuid5(tenant, "channel"),
        "tg_channel_id": -1001234567890,
        "channel_title": "Новости",
        "telegram_message_id": 7,
        "content": f"text of {name}",
        "posted_at": DAY,
        "indexed_at": DAY,
    }
    return PostNode.model_validate(base | fields)


def a_full_node(name: str, tenant: UUID = ONE) -> PostNode:
    picture = ImageNode(
        sha256="ab",
        s3_key=None,
        mime_type="image/png",
        classification=None,
        is_meme=True,
        provider=None,
        labels=("cat",),
    )
    return a_node(
        name,
        tenant,
        tags=("ии", "погода"),
        topics=("наука",),
        pages=(PageNode(url="https://a.example/", title=None),),
        images=(picture,),
        entities=(("Москва", "city"),),
        forward_source=("42", "channel", "Source"),
        author=("9", "user", None),
    )


def an_album(*names: str, tenant: UUID = ONE) -> AlbumNode:
    return AlbumNode(
        tenant_id=tenant,
        channel_id=uuid5(tenant, "channel"),
        album_id=1,
        grouped_id=555,
        album_kind=None,
        items_count=len(names),
        caption_text=None,
        posted_at=None,
        post_ids=tuple(post(name, tenant) for name in names),
    )


def a_channel_photo(*labels: str, sha256: str = "ab") -> ChannelPhotoNode:
    picture = ImageNode(
        sha256=sha256,
        s3_key="media/ab.png",
        mime_type="image/png",
        classification="photo",
        is_meme=False,
        provider="fake",
        labels=labels,
    )
    return ChannelPhotoNode(
        tenant_id=ONE,
        channel_id=uuid5(ONE, "channel"),
        tg_channel_id=-1001234567890,
        channel_title="Новости",
        image=picture,
    )


async def around(graph: Graph, name: str, tenant: UUID = ONE) -> list[Neighbour]:
    return list(await graph.neighbours(tenant, post(name, tenant), 10))
