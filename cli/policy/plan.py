"""What a policy would do with a post's pictures and links, beside what is recorded of them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, computed_field

from adapters.web.target import Rules
from contracts.errors import RefusedError
from contracts.material import Page, PostMaterial
from contracts.post import MediaRef, PostState
from contracts.stages import Stage
from domain.policy import CrawlPolicy

#: The keys of the policy by which links are read.
_TRIGGERS = {
    "trigger_tag": "trigger_tags",
    "wordcount": "min_word_count",
    "text_length": "min_text_length",
}


class Said(BaseModel, frozen=True):
    """What is or was done, why, and by which words of the policy; ``wanted`` is what had been meant to be done."""

    how: str
    reason: str | None = None
    rule: str | None = None
    wanted: str | None = None


class _Plan(BaseModel, frozen=True):
    now: Said
    recorded: Said | None = None

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know a property beneath a decorator
    @property
    def differs(self) -> bool:
        """Whether the policy wants something else than it did; where nothing was done yet, it does not."""
        known = self.recorded
        if known is None:
            return False
        if known.wanted:
            return known.wanted != self.now.how
        return (known.how, known.reason) != (self.now.how, self.now.reason)


class FilePlan(_Plan, frozen=True):
    """A file of a post."""

    sha256: str
    mime: str
    size_bytes: int


class LinkPlan(_Plan, frozen=True):
    """A link of a post."""

    url: str


def files_of(state: PostState, material: PostMaterial) -> tuple[FilePlan, ...]:
    """Return what would be done with each file; ``state`` has the treatments, ``material`` the records."""
    known: dict[str, dict[str, Any]] = material.results.get(Stage.VISION, {}).get("files", {})
    return tuple(_file(media, known.get(media.sha256)) for media in state.media)


def _file(media: MediaRef, known: dict[str, Any] | None) -> FilePlan:
    treatment = media.treatment
    now = Said.model_validate(treatment.model_dump()) if treatment else Said(how="analyse")
    recorded = Said.model_validate(known) if known else None
    return FilePlan(
        now=now, recorded=recorded, sha256=media.sha256, mime=media.mime, size_bytes=media.size_bytes
    )


def links_of(
    policy: CrawlPolicy, overrides: Mapping[str, str], material: PostMaterial
) -> tuple[LinkPlan, ...]:
    """Return what would be done with each link, before anything is asked of a network."""
    trigger = policy.trigger(material.text, material.tags)
    rules = Rules(policy.allowlist_domains, policy.denylist_domains, overrides)
    pages = {page.url: page for page in material.pages}
    return tuple(
        LinkPlan(
            url=url, now=_link(policy, rules, trigger, place, url), recorded=_read(material, pages.get(url))
        )
        for place, url in enumerate(material.urls)
    )


def _link(policy: CrawlPolicy, rules: Rules, trigger: str | None, place: int, url: str) -> Said:
    if trigger is None:
        return Said(how="skip", reason="no_trigger", rule=", ".join(_TRIGGERS.values()))
    if place >= policy.max_links_per_post:
        return Said(how="skip", reason="too_many_links", rule="max_links_per_post")
    try:
        rules.target(url)
    except RefusedError as refused:
        lists = "allowlist_domains, denylist_domains" if refused.reason == "host_denied" else None
        return Said(how="skip", reason=refused.reason, rule=lists)
    return Said(how="read", rule=_TRIGGERS[trigger])


def _read(material: PostMaterial, page: Page | None) -> Said | None:
    """What the crawl stage has recorded of a link."""
    if page and page.skipped:
        return Said(how="skip", reason=page.skipped, wanted=None if page.skipped == "host_denied" else "read")
    if page:
        return Said(how="read")
    crawl = material.records.get(Stage.CRAWL)
    return Said(how="skip", reason=crawl.reason) if crawl and crawl.reason == "no_trigger" else None
