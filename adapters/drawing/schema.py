"""What any graph of ours is made of: labels, relationships, and who owns which relationship."""

from typing import Final

#: Properties beside ``key`` and ``tenant_id``. The key begins with the tenant, so that no node is shared by two.
#: The original's (User)-[:OWNS]-> is not here: the user was always 'system'.
LABELS: Final[dict[str, dict[str, str]]] = {
    "Post": {
        "post_id": "STRING",
        "channel_id": "STRING",
        "content": "STRING",
        "telegram_message_id": "INT64",
        "tg_channel_id": "INT64",
        "posted_at": "TIMESTAMP",
        "indexed_at": "TIMESTAMP",
        "filled": "BOOLEAN",
    },
    "Channel": {"channel_id": "STRING", "tg_channel_id": "INT64", "title": "STRING"},
    "Tag": {"name": "STRING", "category": "STRING"},
    "Topic": {"name": "STRING"},
    "Image": {
        "sha256": "STRING",
        "s3_key": "STRING",
        "mime_type": "STRING",
        "classification": "STRING",
        "is_meme": "BOOLEAN",
        "provider": "STRING",
    },
    "Label": {"name": "STRING"},
    "WebPage": {"url": "STRING", "title": "STRING"},
    "Entity": {"name": "STRING", "type": "STRING"},
    "ForwardSource": {"source_id": "STRING", "source_type": "STRING", "name": "STRING"},
    "Author": {"author_id": "STRING", "author_type": "STRING", "name": "STRING"},
    "Album": {
        "album_id": "INT64",
        "channel_id": "STRING",
        "grouped_id": "INT64",
        "album_kind": "STRING",
        "items_count": "INT64",
        "caption_text": "STRING",
        "posted_at": "TIMESTAMP",
    },
}

#: From, to, and the one property where there is one.
RELATIONSHIPS: Final[dict[str, tuple[str, str, str | None]]] = {
    "HAS_POST": ("Channel", "Post", None),
    "AUTHOR_OF": ("Author", "Post", None),
    "TAGGED_AS": ("Post", "Tag", "confidence"),
    "HAS_TOPIC": ("Post", "Topic", None),
    "HAS_IMAGE": ("Post", "Image", None),
    "REFERS_TO": ("Post", "WebPage", None),
    "MENTIONS": ("Post", "Entity", None),
    "FORWARDED_FROM": ("Post", "ForwardSource", None),
    "FORWARDED_FROM_POST": ("Post", "Post", None),
    "REPLIES_TO": ("Post", "Post", None),
    "HAS_LABEL": ("Image", "Label", None),
    "HAS_ALBUM": ("Channel", "Album", None),
    "CONTAINS": ("Album", "Post", "position"),
}

#: Ends that a relationship has beside those above. They are added, never replaced: no write owns them.
ALSO: Final[dict[str, tuple[str, str]]] = {"HAS_IMAGE": ("Channel", "Image")}

#: Written, and so replaced, together with a node of this label: those that leave it, those that reach it.
OWNED: Final[dict[str, tuple[str, str]]] = {
    "Post": (
        "TAGGED_AS|HAS_TOPIC|HAS_IMAGE|REFERS_TO|MENTIONS|FORWARDED_FROM|FORWARDED_FROM_POST|REPLIES_TO",
        "HAS_POST|AUTHOR_OF",
    ),
    "Image": ("HAS_LABEL", ""),
    "Album": ("CONTAINS", "HAS_ALBUM"),
}

#: A node goes when nothing of this kind is left, in this order (labels hang on pictures).
KEPT_BY: Final[dict[str, str]] = {
    "Tag": "(n)<-[:TAGGED_AS]-()",
    "Topic": "(n)<-[:HAS_TOPIC]-()",
    "WebPage": "(n)<-[:REFERS_TO]-()",
    "Entity": "(n)<-[:MENTIONS]-()",
    "ForwardSource": "(n)<-[:FORWARDED_FROM]-()",
    "Image": "(n)<-[:HAS_IMAGE]-()",
    "Label": "(n)<-[:HAS_LABEL]-()",
    "Author": "(n)-[:AUTHOR_OF]->()",
    "Album": "(n)-[:CONTAINS]->()",
    "Channel": "(n)-[:HAS_POST|HAS_ALBUM|HAS_IMAGE]->()",
    "Post": "(n)<-[:REPLIES_TO|FORWARDED_FROM_POST|CONTAINS]-()",
}
