"""What a post says in words: its own, its pictures', its pages', its album's."""

from collections.abc import Iterable
from typing import Any, Final

from contracts.material import Picture, PostMaterial
from contracts.vision import PictureFacts
from domain.text import normalized, word_count

TEXT: Final = 2000
DESCRIPTION: Final = 500
OCR: Final = 300
PAGE: Final = 1500
TOTAL: Final = 8192 * 4  # characters: four to a token
LABELS: Final = 20


def words_in(facts: PictureFacts) -> str:
    """Return the words a picture adds to its post; measurements alone add none."""
    seen = "" if facts.measured_only else " ".join((facts.description, *facts.labels))
    return " ".join(part for part in (seen, facts.ocr.text if facts.ocr else "") if part)


def picture_words(material: PostMaterial) -> str:
    """Return the words of all pictures of a post."""
    return words_of_pictures(material.pictures)


def words_of_pictures(pictures: Iterable[Picture]) -> str:
    """Return the words that stand in pictures, or say what they show, one picture a line."""
    return "\n".join(words for p in pictures if p.facts and (words := words_in(p.facts)))


def album_words(material: PostMaterial) -> str:
    """Return the words that the album adds to its caption's post, empty for the other items."""
    album = material.album
    return album.words if album and album.is_caption else ""


def album_text(material: PostMaterial) -> str:
    """Return what is indexed of the album with its caption's post: words and measurements."""
    album = material.album
    if album is None or not album.is_caption:
        return ""
    return "\n".join(part for part in (album.summary, album.ocr_text) if part)


def tagged_text(material: PostMaterial) -> str:
    """Return the text that tags are taken from: the post's, then what its pictures and album add."""
    return "\n".join(
        part for part in (material.text, picture_words(material), album_words(material)) if part.strip()
    )


def embedded_text(material: PostMaterial) -> str:
    """Return the text that is embedded, each part normalised, cut, and there only once; empty if there is nothing."""
    parts = [material.text[:TEXT], album_text(material)[:DESCRIPTION]]
    for facts in _facts(material.pictures):
        parts += [facts.description[:DESCRIPTION], facts.ocr.text[:OCR] if facts.ocr else ""]
    parts += [
        f"{page.title or ''} {(page.excerpt or '')[:PAGE]}" for page in material.pages if not page.skipped
    ]
    return " ".join(_once(normalized(part) for part in parts))[:TOTAL]


def _once(parts: Iterable[str]) -> Iterable[str]:
    return {part.lower(): part for part in parts if part}.values()


def _facts(pictures: tuple[Picture, ...]) -> list[PictureFacts]:
    return [picture.facts for picture in pictures if picture.facts]


def payload(material: PostMaterial) -> dict[str, Any]:
    """Return the point's payload: the union of both shapes that consumers know, in one shape for every post."""
    ref = material.ref
    return {
        "post_id": str(ref.post_id),
        "tenant_id": str(ref.tenant_id),
        "channel_id": str(ref.channel_id),
        "telegram_message_id": ref.message_id,
        "text_short": (material.text or embedded_text(material))[:500],
        "created_at": material.posted_at.isoformat(),
        "posted_at": material.posted_at.isoformat(),
        "posted_at_ts": int(material.posted_at.timestamp()),
        "expires_at": None,
        "telegram_post_url": material.link,
        "album_id": str(material.album.album_id) if material.album else None,
        "tags": list(material.tags),
        "has_media": bool(material.pictures),
        "content_length": len(material.text),
        "vision": _vision_payload(material),
        "crawl": _crawl_payload(material),
    }


def _vision_payload(material: PostMaterial) -> dict[str, Any]:
    facts = _facts(material.pictures)
    if not facts:
        return {}
    first = facts[0]
    return {
        "is_meme": any(f.is_meme for f in facts),
        "labels": list(dict.fromkeys(label for f in facts for label in f.labels))[:LABELS],
        "objects": list(dict.fromkeys(name for f in facts for name in f.objects))[:10],
        "scene": first.scene,
        "nsfw_score": first.nsfw_score,
        "aesthetic_score": first.aesthetic_score,
        "classification": first.classification,
        "dominant_colors": list(first.dominant_colors),
    }


def _crawl_payload(material: PostMaterial) -> dict[str, Any]:
    read = [page for page in material.pages if not page.skipped]
    return {
        "has_crawl": bool(read),
        "html_key": read[0].html_key if read else None,
        "word_count": sum(page.word_count for page in read),
    }


def original_word_count(material: PostMaterial) -> int:
    """Return the number of words of the post's own text."""
    return word_count(material.text)
