"""By what readers narrow a search down: an index of the payload for each, on a server. A folder has none."""

from typing import Final

from qdrant_client import QdrantClient, models

from adapters.qdrant_folder import is_folder

_INDEXED: Final = {
    "tenant_id": models.PayloadSchemaType.KEYWORD,
    "channel_id": models.PayloadSchemaType.KEYWORD,
    "album_id": models.PayloadSchemaType.KEYWORD,
    "tags": models.PayloadSchemaType.KEYWORD,
    "posted_at_ts": models.PayloadSchemaType.INTEGER,
}


def index_fields(client: QdrantClient, name: str) -> None:
    """Make the indexes that a collection does not have yet; those of an older one are completed."""
    if is_folder(client):
        return
    there = client.get_collection(name).payload_schema
    for field, kind in _INDEXED.items():
        if field not in there:
            client.create_payload_index(name, field, kind, wait=True)
