"""An album as a whole: what its items say together, and when it is complete."""

from collections import Counter
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.album import AlbumItem, AlbumItemMaterial, AlbumMaterial, AlbumState
from contracts.identity import digest
from domain.material import words_in

DESCRIPTIONS: Final = 5
OCR_TEXTS: Final = 3
LABELS: Final = 20


class AlbumSummary(BaseModel):
    """What the pictures of an album say together; ``words`` leaves mere measurements out."""

    model_config = ConfigDict(frozen=True)

    summary: str | None
    words: str
    labels: tuple[str, ...]
    kinds: tuple[str, ...]
    ocr_text: str | None
    has_meme: bool
    has_text: bool
    album_kind: str | None
    analyzed: int
    first_analyzed_at: AwareDatetime | None
    last_analyzed_at: AwareDatetime | None


def summarize(album: AlbumMaterial) -> AlbumSummary:
    """Return the summary: up to five descriptions, the commonest labels, up to three texts, in the items' order."""
    facts = [item.facts for item in album.items if item.facts]
    texts = [f.ocr.text for f in facts if f.ocr and f.ocr.text.strip()]
    moments = [f.analyzed_at for f in facts]
    labels = Counter(label.lower() for f in facts for label in f.labels)
    return AlbumSummary(
        summary=" | ".join(_first({f.description: None for f in facts}, DESCRIPTIONS)) or None,
        words="\n".join(_first({words_in(f): None for f in facts if words_in(f)}, DESCRIPTIONS)),
        labels=tuple(label for label, _ in labels.most_common(LABELS)),
        kinds=tuple(dict.fromkeys(str(f.classification) for f in facts)),
        ocr_text="\n".join(texts[:OCR_TEXTS]) or None,
        has_meme=any(f.is_meme for f in facts),
        has_text=bool(texts),
        album_kind=_kind(album.items),
        analyzed=len(facts),
        first_analyzed_at=min(moments, default=None),
        last_analyzed_at=max(moments, default=None),
    )


def _first(unique: dict[str, None], count: int) -> list[str]:
    return list(unique)[:count]


def _kind(items: tuple[AlbumItemMaterial, ...]) -> str | None:
    kinds = {_media_kind(item.mime) for item in items if item.mime}
    return kinds.pop() if len(kinds) == 1 else "mixed" if kinds else None


def _media_kind(mime: str) -> str:
    major = mime.partition("/")[0]
    return {"image": "photo", "video": "video"}.get(major, "document")


def caption_item(items: tuple[AlbumItemMaterial, ...]) -> AlbumItemMaterial | None:
    """Return the item whose post carries the caption: the first with text, else the first."""
    return next((item for item in items if item.text.strip()), items[0] if items else None)


def unlooked(album: AlbumState) -> tuple[AlbumItem, ...]:
    """Return the items whose file nobody has looked at yet."""
    return tuple(i for i in album.items if i.media and i.seen is None and i.skipped is None)


def is_collected(album: AlbumState) -> bool:
    """Whether every announced item has arrived."""
    return len(album.items) >= album.expected


def is_dissolved(album: AlbumState) -> bool:
    """Whether nothing is left of the album: every item was deleted, or it is forgotten already."""
    return album.absent or (album.deleted > 0 and not album.items and album.expected == 0)


def fingerprint(album: AlbumState, missing: tuple[str, ...]) -> str:
    """Return what an assembly depends on: the items, what was seen in each, what is missing, who looked."""
    items = ((str(i.post.post_id), i.position, i.seen, i.skipped) for i in album.items)
    return digest(album.vision_version, album.expected, *items, *missing)
