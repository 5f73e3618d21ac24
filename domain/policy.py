"""Policies: which links are read, which pictures are looked at. Values come from one YAML file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.identity import digest
from contracts.post import MediaRef
from domain.spending import SpendingPolicy
from domain.text import word_count


class _Policy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CrawlPolicy(_Policy):
    """When links are read, and within which limits."""

    version: str = "v1"
    trigger_tags: tuple[str, ...] = ()
    min_word_count: int = 50
    min_text_length: int = 200
    max_links_per_post: int = Field(default=5, ge=0)
    allowlist_domains: tuple[str, ...] = ()
    denylist_domains: tuple[str, ...] = ()
    max_redirects: int = 3
    total_timeout_s: float = 15.0
    max_response_bytes: int = 10_485_760
    content_types: tuple[str, ...] = ("text/html", "application/xhtml+xml", "text/plain")
    ttl_days: int = 7
    per_tenant_daily: int = Field(default=300, ge=0)
    per_domain_hourly: int = Field(default=60, ge=0)

    def trigger(self, text: str, tags: tuple[str, ...]) -> str | None:
        """Return why the links of a post are read (trigger_tag, wordcount, text_length), None when they are not."""
        if {tag.lower() for tag in tags} & {tag.lower() for tag in self.trigger_tags}:
            return "trigger_tag"
        if word_count(text) >= self.min_word_count:
            return "wordcount"
        return "text_length" if len(text) >= self.min_text_length else None


class VisionPolicy(_Policy):
    """Which files are looked at."""

    version: str = "v1"
    max_image_mb: float = 15.0
    max_pixels: int = 50_000_000
    image_types: tuple[str, ...] = (
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/bmp",
        "image/webp",
        "image/gif",
    )

    def refusal(self, media: MediaRef) -> str | None:
        """Return why a file is not looked at (its own reason when the bytes were never had), None when it is."""
        if media.missing or media.object_key is None:
            return media.missing or "media_missing"
        if media.mime not in self.image_types:
            return "unsupported_mime"
        return "image_too_large" if media.size_bytes > self.max_image_mb * 1024 * 1024 else None


class Policies(_Policy):
    """The whole file. ``version()`` of a part changes when any of its values does."""

    schema_version: Literal[1] = 1
    crawl: CrawlPolicy = CrawlPolicy()
    vision: VisionPolicy = VisionPolicy()
    spending: SpendingPolicy = SpendingPolicy()

    def crawl_version(self) -> str:
        """Return what makes the crawl stage stale when the policy changes; how many pages may be read does not."""
        values = self.crawl.model_dump_json(exclude={"per_tenant_daily", "per_domain_hourly"})
        return f"{self.crawl.version}-{digest(values)[:8]}"

    def vision_version(self) -> str:
        """Return what makes the vision stage stale when the policy changes."""
        return f"{self.vision.version}-{digest(self.vision.model_dump_json())[:8]}"
