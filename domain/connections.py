"""A post, or a channel's picture, as the graph sees it."""

import re
from datetime import datetime
from typing import Final

from contracts.channel_photo import ChannelPhotoMaterial
from contracts.index import ChannelPhotoNode, ImageNode, PageNode, PostNode
from contracts.material import Picture, PostMaterial

CONTENT: Final = 2048
_HASHTAG: Final = re.compile(r"#(\w{3,50})")


def post_node(material: PostMaterial, *, indexed_at: datetime) -> PostNode:
    """Return the post with its tags, topics, pages, pictures, and whom it forwards, answers and was written by."""
    ref = material.ref
    return PostNode(
        post_id=ref.post_id,
        tenant_id=ref.tenant_id,
        channel_id=ref.channel_id,
        tg_channel_id=ref.tg_channel_id,
        channel_title=material.channel_title,
        telegram_message_id=ref.message_id,
        content=material.text[:CONTENT],
        posted_at=material.posted_at,
        indexed_at=indexed_at,
        tags=material.tags,
        topics=_topics(material.text),
        pages=_pages(material),
        images=tuple(_image(picture) for picture in material.pictures if picture.media.object_key),
        forward_source=_forward_source(material),
        forward_post_id=material.forward_post_id,
        reply_post_id=material.reply_post_id,
        author=(material.author, "signature", material.author) if material.author else None,
    )


def channel_photo_node(photo: ChannelPhotoMaterial) -> ChannelPhotoNode:
    """Return the channel's picture with what was seen in it."""
    return ChannelPhotoNode(
        tenant_id=photo.ref.tenant_id,
        channel_id=photo.ref.channel_id,
        tg_channel_id=photo.ref.tg_channel_id,
        channel_title=photo.channel_title,
        image=_image(photo.picture),
    )


def _topics(text: str) -> tuple[str, ...]:
    """Hashtags are the topics that the author names."""
    return tuple(dict.fromkeys(tag.lower() for tag in _HASHTAG.findall(text)))


def _pages(material: PostMaterial) -> tuple[PageNode, ...]:
    titles = {page.url: page.title for page in material.pages}
    return tuple(PageNode(url=url, title=titles.get(url)) for url in material.urls)


def _image(picture: Picture) -> ImageNode:
    facts = picture.facts
    return ImageNode(
        sha256=picture.media.sha256,
        s3_key=picture.media.object_key,
        mime_type=picture.media.mime,
        classification=facts.classification if facts else None,
        is_meme=facts.is_meme if facts else False,
        provider=facts.provider if facts else None,
        labels=facts.labels if facts else (),
    )


def _forward_source(material: PostMaterial) -> tuple[str, str, str | None] | None:
    forward = material.forward
    if forward is None:
        return None
    if forward.chat_id is not None:
        return (str(forward.chat_id), "chat", forward.name)
    return (forward.name, "name", forward.name) if forward.name else None
