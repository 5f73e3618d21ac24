"""Policies: which links are read, which pictures are looked at, which tags are kept. Values come from one YAML file."""

from typing import Final, Literal

from pydantic import Field

from contracts.identity import digest
from domain.policy_part import PolicyPart
from domain.spending import SpendingPolicy
from domain.text import word_count
from domain.vision_policy import VisionPolicy
from domain.vocabulary import TagPolicy

#: The most seconds that a page may take.
LONGEST_PAGE_S: Final = 44.0


class CrawlPolicy(PolicyPart):
    """When links are read, and within which limits."""

    version: str = "v1"
    trigger_tags: tuple[str, ...] = ()
    min_word_count: int = 50
    min_text_length: int = 200
    max_links_per_post: int = Field(default=5, ge=0)
    allowlist_domains: tuple[str, ...] = ()
    denylist_domains: tuple[str, ...] = ()
    max_redirects: int = 3
    total_timeout_s: float = Field(default=15.0, gt=0, le=LONGEST_PAGE_S)
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


class Policies(PolicyPart):
    """The whole file."""

    schema_version: Literal[1] = 1
    crawl: CrawlPolicy = CrawlPolicy()
    vision: VisionPolicy = VisionPolicy()
    tags: TagPolicy = TagPolicy()
    spending: SpendingPolicy = SpendingPolicy()

    def crawl_version(self) -> str:
        """Return what makes the crawl stage stale when the policy changes; how many pages may be read does not."""
        values = self.crawl.model_dump_json(exclude={"per_tenant_daily", "per_domain_hourly"})
        return f"{self.crawl.version}-{digest(values)[:8]}"

    def vision_version(self) -> str:
        """Return what of the policy changes the answer of a look, and so belongs to the version of looks.

        What only changes which pictures are looked at is in the treatment of each.
        """
        return f"{self.vision.version}-{self.vision.max_pixels}"

    def version(self) -> str:
        """Return what tells this file from another (8 hex digits)."""
        return digest(self.model_dump_json())[:8]
