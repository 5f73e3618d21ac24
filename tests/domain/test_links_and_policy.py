"""Links as they are compared, and which are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.links import MAX_LENGTH, found_in, normalized, page_key, unique
from domain.policy import CrawlPolicy, Policies


@pytest.mark.parametrize(("link", "clean"), [
    ("HTTPS://Example.ORG/Path", "https://example.org/Path"),
    ("https://example.org", "https://example.org/"),
    ("https://example.org/a#top", "https://example.org/a"),
    ("https://example.org/?utm_source=tg&id=5&fbclid=x", "https://example.org/?id=5"),
    ("https://example.org/?empty=", "https://example.org/?empty="),
    (" https://example.org/a ", "https://example.org/a"),
    ("ftp://example.org", ""), ("tg://resolve?domain=x", ""), ("https://", ""), ("http://[", ""), ("слово", ""),
])  # fmt: skip
def test_one_page_has_one_address(link: str, clean: str) -> None:
    assert normalized(link) == clean


@given(st.text())
def test_no_text_breaks_the_normaliser(text: str) -> None:
    link = normalized(f"https://{text}")

    assert normalized(link) == link


def test_links_stand_in_text_without_the_punctuation_around_them() -> None:
    text = "Смотрите (https://example.org/a), https://example.org/b. И снова https://example.org/a!"

    assert found_in(text) == ("https://example.org/a", "https://example.org/b")


def test_links_that_are_no_links_or_too_long_are_left_out() -> None:
    assert unique(["x", f"https://example.org/{'a' * MAX_LENGTH}", "https://example.org/"]) == (
        "https://example.org/",
    )


def test_a_page_is_kept_under_its_address_and_policy() -> None:
    key = page_key("https://example.org/a?utm_source=x", "v1")

    assert key == page_key("https://example.org/a", "v1")
    assert key != page_key("https://example.org/a", "v2")


@pytest.mark.parametrize(("text", "tags", "trigger"), [
    ("к", ("AI",), "trigger_tag"), ("а " * 50, (), "wordcount"), ("к" * 200, (), "text_length"), ("к", ("кот",), None),
    ("", (), None),
])  # fmt: skip
def test_links_are_read_for_a_reason(text: str, tags: tuple[str, ...], trigger: str | None) -> None:
    assert CrawlPolicy(trigger_tags=("ai",)).trigger(text, tags) == trigger


def test_a_changed_value_changes_the_version_of_its_part_alone() -> None:
    policies = Policies(crawl=CrawlPolicy(max_links_per_post=1))

    assert policies.crawl_version() != Policies().crawl_version()
    assert policies.vision_version() == Policies().vision_version()


def test_how_many_pages_may_be_read_makes_no_page_stale() -> None:
    policies = Policies(crawl=CrawlPolicy(per_tenant_daily=1, per_domain_hourly=1))

    assert policies.crawl_version() == Policies().crawl_version()
