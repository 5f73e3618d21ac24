"""The streams of the contract and how an entry of each is written."""

from enum import StrEnum
from typing import Final


class Encoding(StrEnum):
    """Three shapes that consumers read: flat string fields, one ``data`` field, or ``event`` beside ``data``."""

    FLAT = "flat"
    DATA = "data"
    EVENT = "event"


POSTS_PARSED: Final = "stream:posts:parsed"
ALBUMS_PARSED: Final = "stream:albums:parsed"
POSTS_VISION: Final = "stream:posts:vision"
POSTS_VISION_ANALYZED: Final = "stream:posts:vision:analyzed"
POSTS_TAGGED: Final = "stream:posts:tagged"
POSTS_CRAWL: Final = "stream:posts:crawl"
POSTS_ENRICHED: Final = "stream:posts:enriched"
POSTS_INDEXED: Final = "stream:posts:indexed"
ALBUM_ASSEMBLED: Final = "stream:album:assembled"
POSTS_EDITED: Final = "stream:posts:edited"
POSTS_DELETED: Final = "stream:posts:deleted"

#: Every stream of posts and albums, in the order of the pipeline; posts.edited is only read.
STREAMS: Final = (
    POSTS_PARSED,
    ALBUMS_PARSED,
    POSTS_VISION,
    POSTS_VISION_ANALYZED,
    POSTS_TAGGED,
    POSTS_CRAWL,
    POSTS_ENRICHED,
    POSTS_INDEXED,
    ALBUM_ASSEMBLED,
    POSTS_EDITED,
    POSTS_DELETED,
)

ENCODINGS: Final = {
    POSTS_PARSED: Encoding.FLAT,
    ALBUMS_PARSED: Encoding.FLAT,
    POSTS_VISION: Encoding.EVENT,
    POSTS_VISION_ANALYZED: Encoding.EVENT,
    POSTS_TAGGED: Encoding.DATA,
    POSTS_CRAWL: Encoding.DATA,
    POSTS_ENRICHED: Encoding.DATA,
    POSTS_INDEXED: Encoding.DATA,
    ALBUM_ASSEMBLED: Encoding.DATA,
    POSTS_EDITED: Encoding.FLAT,
    POSTS_DELETED: Encoding.DATA,
}


def dead_letters(stream: str) -> str:
    """Return the stream that keeps what could not be read from ``stream``, with the reason."""
    return f"{stream}:dlq"
