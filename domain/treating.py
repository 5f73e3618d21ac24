"""What is done with a picture of a post: the limits of its bytes, then the first rule that matches."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from contracts.identity import tenant_id
from contracts.post import MediaRef
from contracts.treatment import Treatment
from domain.vision_policy import VisionPolicy, When

ANALYSE: Final = Treatment(how="analyse")
_KB: Final = 1024


@dataclass(frozen=True)
class Surroundings:
    """Where a picture stands: whose it is, in which channel, beside which text. A channel's own has no text."""

    tenant_id: UUID
    tg_channel_id: int | None = None
    username: str | None = None
    title: str | None = None
    text: str = ""

    @property
    def has_words(self) -> bool:
        """Whether a letter stands in the text."""
        return any(character.isalpha() for character in self.text)


@dataclass(frozen=True)
class Case:
    """One picture; ``place`` counts those before it in the post that are looked at."""

    media: MediaRef
    around: Surroundings
    place: int = 0


def treated(
    policy: VisionPolicy, around: Surroundings, media: Iterable[MediaRef], ocr: str = ""
) -> tuple[tuple[MediaRef, Treatment], ...]:
    """Return each file of a post with what is done with it, the first pictures first; ``ocr`` as in ``possible``."""
    done: list[tuple[MediaRef, Treatment]] = []
    for file in sorted(media, key=lambda file: file.position):
        place = sum(treatment.how != "skip" for _, treatment in done)
        done.append((file, possible(decide(policy, Case(file, around, place)), ocr)))
    return tuple(done)


def decide(policy: VisionPolicy, case: Case) -> Treatment:
    """Return what is done with a picture, why, and by which words of the policy."""
    if limited := limit(policy, case.media):
        return limited
    rule = next((rule for rule in policy.rules if _matches(rule.when, case)), None)
    treatment = Treatment(how=rule.then, reason=rule.told, rule=rule.name) if rule else ANALYSE
    most = policy.per_post_max_images
    if treatment.how != "skip" and most is not None and case.place >= most:
        return _skip("too_many_images", "per_post_max_images")
    return treatment


def possible(treatment: Treatment, ocr: str) -> Treatment:
    """Return the treatment as it can be done: OCR by whatever has the version ``ocr``, nothing where that is empty."""
    if treatment.how != "ocr":
        return treatment
    change = {"version": ocr} if ocr else {"how": "skip", "reason": "ocr_unavailable"}
    return treatment.model_copy(update=change)


def limit(policy: VisionPolicy, media: MediaRef) -> Treatment | None:
    """Return why a file is not looked at in whichever post it stands, None when its bytes forbid nothing."""
    if media.missing or media.object_key is None:
        return Treatment(how="skip", reason=media.missing or "media_missing")
    if media.mime not in policy.image_types:
        return _skip("unsupported_mime", "image_types")
    if media.size_bytes > policy.max_bytes:
        return _skip("image_too_large", "max_image_mb")
    if media.size_bytes < policy.min_bytes:
        return _skip("image_too_small", "skip_small_images_kb")
    return None


def _skip(reason: str, rule: str) -> Treatment:
    return Treatment(how="skip", reason=reason, rule=rule)


def _matches(when: When, case: Case) -> bool:
    return _is_whose(when, case.around) and _is_such(when, case) and _stands_beside(when, case.around)


def _is_whose(when: When, around: Surroundings) -> bool:
    tenant = not when.tenants or any(_is_tenant(name, around.tenant_id) for name in when.tenants)
    return tenant and (not when.channels or any(_is_channel(name, around) for name in when.channels))


def _is_such(when: When, case: Case) -> bool:
    media, kb = case.media, case.media.size_bytes / _KB
    return (
        (not when.mime or any(_fits(pattern, media.mime) for pattern in when.mime))
        and (when.larger_than_kb is None or kb > when.larger_than_kb)
        and (when.smaller_than_kb is None or kb < when.smaller_than_kb)
        and (when.beyond_picture is None or case.place >= when.beyond_picture)
    )


def _stands_beside(when: When, around: Surroundings) -> bool:
    length = len(around.text)
    return (
        (when.text_longer_than is None or length > when.text_longer_than)
        and (when.text_shorter_than is None or length < when.text_shorter_than)
        and (when.text_has_words is None or around.has_words is when.text_has_words)
    )


@lru_cache(1000)
def _is_tenant(name: str, tenant: UUID) -> bool:
    return tenant_id(name) == tenant or name == str(tenant)


def _is_channel(name: str, around: Surroundings) -> bool:
    if around.username and name.removeprefix("@").casefold() == around.username.casefold():
        return True
    if re.fullmatch(r"-?\d+", name):
        return name == str(around.tg_channel_id)
    return around.title is not None and _fits(name, around.title)


def _fits(pattern: str, text: str) -> bool:
    """Whether the parts between the stars stand in the text, one after the other; each is looked for once."""
    first, *parts = pattern.casefold().split("*")
    text = text.casefold()
    if not parts:
        return text == first
    last, at = parts.pop(), len(first)
    end = len(text) - len(last)
    if at > end or not (text.startswith(first) and text.endswith(last)):
        return False
    for part in parts:
        if (found := text.find(part, at, end)) < 0:
            return False
        at = found + len(part)
    return True
