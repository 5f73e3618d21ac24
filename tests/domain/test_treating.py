"""What is done with pictures: limits of the bytes first, then the first rule that matches."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.post import MediaRef
from domain.treating import Case, Surroundings, decide, treated
from domain.vision_policy import VisionPolicy
from tests.build import CHANNEL, LONG, TENANT, a_file

KB = 1024
HERE = Surroundings(TENANT, CHANNEL, "Town_News", "Городская хроника", LONG)
PLAIN = VisionPolicy()


def a_policy(*rules: dict[str, Any], **values: Any) -> VisionPolicy:
    named = [{"name": f"rule {number}", **rule} for number, rule in enumerate(rules, 1)]
    return VisionPolicy.model_validate({"rules": named, **values})


def a_rule(then: str = "skip", **when: Any) -> dict[str, Any]:
    return {"then": then, "when": when}


def told(
    policy: VisionPolicy, media: MediaRef, around: Surroundings = HERE, place: int = 0
) -> tuple[Any, ...]:
    treatment = decide(policy, Case(media, around, place))
    return treatment.how, treatment.reason, treatment.rule


NO_ICONS = a_policy(skip_small_images_kb=10)


@pytest.mark.parametrize(("policy", "media", "expected"), [
    (PLAIN, a_file(), ("analyse", None, None)),
    (PLAIN, a_file(missing="not_included", object_key=None), ("skip", "not_included", None)),
    (PLAIN, a_file(object_key=None), ("skip", "media_missing", None)),
    (PLAIN, a_file(mime="video/mp4"), ("skip", "unsupported_mime", "image_types")),
    (PLAIN, a_file(mime="application/pdf"), ("skip", "unsupported_mime", "image_types")),
    (PLAIN, a_file(size_bytes=15 * KB * KB), ("analyse", None, None)),
    (PLAIN, a_file(size_bytes=15 * KB * KB + 1), ("skip", "image_too_large", "max_image_mb")),
    (NO_ICONS, a_file(size_bytes=10 * KB - 1), ("skip", "image_too_small", "skip_small_images_kb")),
    (NO_ICONS, a_file(size_bytes=10 * KB), ("analyse", None, None)),
    (a_policy(a_rule("analyse")), a_file(mime="video/mp4"), ("skip", "unsupported_mime", "image_types")),
], ids=[
    "a picture", "no bytes, and why", "no bytes", "a film", "a document", "just not too large", "too large",
    "too small", "just not too small", "no rule overrules a limit",
])  # fmt: skip
def test_the_limits_of_the_bytes_come_first(
    policy: VisionPolicy, media: MediaRef, expected: tuple[str, ...]
) -> None:
    assert told(policy, media) == expected


@pytest.mark.parametrize(("when", "matches"), [
    ({}, True),
    ({"tenants": ["other", "tests"]}, True), ({"tenants": ["other"]}, False), ({"tenants": [str(TENANT)]}, True),
    ({"channels": ["@town_news"]}, True), ({"channels": ["@town"]}, False), ({"channels": ["town_news"]}, True),
    ({"channels": [CHANNEL]}, True), ({"channels": [str(CHANNEL)]}, True), ({"channels": [-CHANNEL]}, False),
    ({"channels": ["городская хроника"]}, True), ({"channels": ["Городская*"]}, True),
    ({"channels": ["Городская"]}, False), ({"channels": ["*.роника"]}, False),
    ({"mime": ["image/png"]}, True), ({"mime": ["image/*"]}, True), ({"mime": ["image/jpeg"]}, False),
    ({"larger_than_kb": 4}, True), ({"larger_than_kb": 5}, False), ({"smaller_than_kb": 6}, True),
    ({"smaller_than_kb": 5}, False), ({"larger_than_kb": 4, "smaller_than_kb": 6}, True),
    ({"beyond_picture": 1}, True), ({"beyond_picture": 2}, False),
    ({"text_longer_than": len(LONG) - 1}, True), ({"text_longer_than": len(LONG)}, False),
    ({"text_shorter_than": len(LONG) + 1}, True), ({"text_shorter_than": len(LONG)}, False),
    ({"text_has_words": True}, True), ({"text_has_words": False}, False),
    ({"channels": ["@town_news"], "mime": ["image/jpeg"]}, False),
    ({"mime": ["image/png"], "tenants": ["tests"]}, True),
])  # fmt: skip
def test_a_rule_matches_by_everything_that_it_says(when: dict[str, Any], matches: bool) -> None:
    how, _, rule = told(a_policy(a_rule(**when)), a_file(size_bytes=5 * KB), place=1)

    assert (how, rule) == (("skip", "rule 1") if matches else ("analyse", None))


def test_a_channel_without_a_name_is_matched_by_none() -> None:
    nameless = Surroundings(TENANT)

    for name in ("@town_news", str(CHANNEL), "*"):
        assert told(a_policy(a_rule(channels=[name])), a_file(), nameless) == ("analyse", None, None)


@pytest.mark.parametrize(("text", "has_words"), [("", False), ("🙂 123 !", False), ("🙂 да", True)])
def test_words_have_letters(text: str, has_words: bool) -> None:
    assert Surroundings(TENANT, text=text).has_words is has_words


def test_the_first_rule_that_matches_decides() -> None:
    rules = (a_rule("ocr", mime=["image/jpeg"]), a_rule("analyse", channels=["@town_news"]), a_rule("skip"))

    assert told(a_policy(*rules), a_file()) == ("analyse", None, "rule 2")


@pytest.mark.parametrize(("rule", "reason"), [
    (a_rule("skip"), "policy_skipped"), (a_rule("skip", channels=["@town_news"]), "channel_skipped"),
    (a_rule("ocr"), "ocr_only"), ({**a_rule("ocr"), "reason": "scanned_pages"}, "scanned_pages"),
    (a_rule("analyse"), None),
])  # fmt: skip
def test_a_rule_says_why(rule: dict[str, Any], reason: str | None) -> None:
    assert told(a_policy(rule), a_file())[1] == reason


def treatments(policy: VisionPolicy, *files: MediaRef, ocr: str = "ocr1") -> list[tuple[str, str | None]]:
    return [(treatment.how, treatment.reason) for _, treatment in treated(policy, HERE, files, ocr)]


def test_the_first_pictures_of_a_post_are_looked_at_and_what_is_skipped_does_not_count() -> None:
    files = [
        a_file(f"{n}", position=n, mime="video/mp4" if n == 0 else "image/png", size_bytes=n)
        for n in range(5)
    ]
    policy = a_policy(a_rule("skip", smaller_than_kb=1.5 / KB), per_post_max_images=2)

    assert treatments(policy, *reversed(files)) == [
        ("skip", "unsupported_mime"), ("skip", "policy_skipped"), ("analyse", None), ("analyse", None),
        ("skip", "too_many_images"),
    ]  # fmt: skip


def test_ocr_counts_as_a_look() -> None:
    files = [a_file(f"{n}", position=n) for n in range(3)]

    assert treatments(a_policy(a_rule("ocr"), per_post_max_images=1), *files) == [
        ("ocr", "ocr_only"), ("skip", "too_many_images"), ("skip", "too_many_images"),
    ]  # fmt: skip


def test_ocr_that_nothing_can_do_does_not_count() -> None:
    files = [a_file(f"{n}", position=n, mime="image/png" if n else "image/tiff") for n in range(3)]
    policy = a_policy(a_rule("ocr", mime=["image/tiff"]), per_post_max_images=1)

    assert treatments(policy, *files, ocr="") == [
        ("skip", "ocr_unavailable"), ("analyse", None), ("skip", "too_many_images"),
    ]  # fmt: skip


SIZES = st.integers(0, 40 * KB * KB)
MIMES = st.sampled_from(["image/png", "image/jpeg", "image/svg+xml", "video/mp4", "", "IMAGE/PNG"])


@given(st.lists(st.tuples(SIZES, MIMES, st.booleans()), max_size=8), st.text(), st.integers(1, 3))
def test_no_post_has_more_looked_at_than_the_policy_allows_nor_what_it_forbids(
    files: list[tuple[int, str, bool]], text: str, most: int
) -> None:
    policy = a_policy(
        a_rule("ocr", text_shorter_than=5), a_rule("skip", larger_than_kb=9000), per_post_max_images=most
    )
    media = [
        a_file(f"{n}", position=n, size_bytes=size, mime=mime, missing="x" if gone else None)
        for n, (size, mime, gone) in enumerate(files)
    ]

    done = treated(policy, Surroundings(TENANT, CHANNEL, None, None, text), media)

    looked = [file for file, treatment in done if treatment.how != "skip"]
    assert [file for file, _ in done] == media
    assert len(looked) <= most
    assert all(
        f.mime in policy.image_types and f.size_bytes <= policy.max_bytes and not f.missing for f in looked
    )
    assert all((treatment.reason is None) == (treatment.how == "analyse") for _, treatment in done)


def is_meant(pattern: str, title: str) -> bool:
    """Whether a rule for channels of this title matches one of that title."""
    around = Surroundings(TENANT, CHANNEL, None, title, LONG)
    return bool(told(a_policy(a_rule(channels=[pattern])), a_file(), around)[0] == "skip")


@given(st.text("ab*", min_size=1, max_size=8), st.text("ab", max_size=8))
def test_a_star_stands_for_anything(pattern: str, title: str) -> None:
    meant = re.fullmatch(pattern.replace("*", ".*"), title) is not None

    assert is_meant(pattern, title) is meant


@pytest.mark.parametrize("pattern", ["*a" * 4 + "*b", "*a" * 40 + "*b", "*" + "a" * 100 + "b*c"])
def test_no_pattern_takes_long_over_a_title(pattern: str) -> None:
    start = time.process_time()

    assert not is_meant(pattern, "a" * 255)

    assert time.process_time() - start < 1
