"""The items of an album: their posts, and of each file what counts by today's standards."""

from typing import Any

from adapters.postgres.posts import surroundings_of
from adapters.postgres.rows import query
from contracts.album import AlbumItem, AlbumItemMaterial, AlbumRef
from contracts.post import MediaRef, PostRef
from contracts.vision import Look
from domain.standards import Standards
from domain.views import view


async def items_of(connection: Any, ref: AlbumRef, group: int, standards: Standards) -> list[dict[str, Any]]:
    """Return a row for each item that has arrived, in the album's order."""
    looks = [standards.common.vision, standards.ocr]
    rows = await connection.fetch(
        query("album_items"), group, ref.tenant_id, ref.channel_id, ref.grouped_id, looks
    )
    return sorted((dict(row) for row in rows), key=lambda row: (row["position"], row["message_id"]))


def item_of(row: dict[str, Any], standards: Standards) -> AlbumItem:
    """Return an item and how its file stands; what was only read, where an analysis is wanted, is not looked at yet."""
    post, media = PostRef.model_validate(row), _media(row, standards)
    if media is None:
        return AlbumItem(post=post, position=row["position"], skipped="no_media")
    known = view(media, _looks(row), standards.common.vision)
    return AlbumItem(
        post=post,
        position=row["position"],
        media=media,
        seen=known.look.features_hash or None if known else None,
        skipped=known.reason if known and known.how == "skip" else None,
    )


def material_of(row: dict[str, Any], standards: Standards) -> AlbumItemMaterial:
    """Return an item as it is put together; words that stand in for an analysis count here."""
    media = _media(row, standards)
    known = view(media, _looks(row), standards.common.vision, standards.fallback) if media else None
    facts = known.facts if known else None
    return AlbumItemMaterial.model_validate({**row, "post": row, "facts": facts})


def _media(row: dict[str, Any], standards: Standards) -> MediaRef | None:
    """An item has one file, the first of its post."""
    if row["sha256"] is None:
        return None
    file = MediaRef.model_validate({**row, "position": 0})
    [media] = standards.treated(surroundings_of(row), [file])
    return media


def _looks(row: dict[str, Any]) -> dict[str, Look]:
    return {version: Look.model_validate(look) for version, look in row["looks"].items()}
