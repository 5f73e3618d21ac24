"""Policy files: every mistake at once, each with its line, and the key that was perhaps meant."""

import re
from pathlib import Path

import pytest

from domain.policy import CrawlPolicy, Policies
from domain.vision_policy import Rule, VisionPolicy, When
from domain.vocabulary import TagPolicy, Vocabulary
from runtime.settings import SettingsError
from workers.policies import DEFAULT, load_policies

PAPER = DEFAULT.parents[1] / "docs" / "policies.md"
MISTAKEN = """\
schema_version: 2
crawl:
  max_link_per_post: 5
  max_redirects: "3"
  min_word_count: yes
vision:
  max_image_mb: -1
  max_image_mb: 12
  image_types: [image/png, application/pdf]
  when_budget_is_spent: never
  skip_if_channel: ["@x"]
  rules:
    - name: a
      then: analyze
      when:
        channels: ["@memes", -100123, [1]]
        chanels: [x]
    - then: skip
    - 5
    - {name: b, then: ocr, when: {larger_than_kb: 9, smaller_than_kb: 8}}
    - {name: c, then: skip, reason: Not this}
tags:
  defaults:
    preferred: [трамвай, "a b c d e"]
    synonyms: {"x@y": foo, ии: [1]}
  tenants:
    no: {max_tags: 9, forbiden: []}
    2020-01-01:
      preferred: [мост]
      forbidden: [мост]
    acme:
      synonyms: {рынок: биржа, биржи: рынки}
"""
TOLD = """\
1: schema_version: input should be 1, not 2
3: crawl.max_link_per_post: there is no such key; do you mean max_links_per_post?
4: crawl.max_redirects: input should be a valid integer, not "3"
5: crawl.min_word_count: input should be a valid integer, not true
7: vision.max_image_mb: input should be greater than 0, not -1
8: vision.max_image_mb: stands here twice, first in line 7
9: vision.image_types[2]: only pictures can be looked at: image/…
10: vision.when_budget_is_spent: input should be 'wait' or 'ocr', not "never"
11: vision.skip_if_channel: there is no such key: say it as a rule: {name: …, when: {channels: […]}, then: skip}
14: vision.rules[1].then: input should be 'analyse', 'ocr' or 'skip', not "analyze"
16: vision.rules[1].when.channels[3]: input should be a valid string, not a list
17: vision.rules[1].when.chanels: there is no such key; do you mean channels?
18: vision.rules[2].name: is missing
19: vision.rules[3]: input should be a mapping, not 5
20: vision.rules[4].when.larger_than_kb: matches nothing: it is not below smaller_than_kb
21: vision.rules[5].reason: string should match pattern '^[a-z][a-z0-9_]{1,39}$', not "Not this"
24: tags.defaults.preferred[2]: 'a b c d e' is no tag: a tag has 3 words at most
25: tags.defaults.synonyms.x@y: 'x@y' is no tag: a tag is no address and names nobody by @
25: tags.defaults.synonyms.ии: input should be a valid string, not a list
27: tags.tenants.no.max_tags: input should be less than or equal to 5, not 9
27: tags.tenants.no.forbiden: there is no such key; do you mean forbidden?
29: tags.tenants.2020-01-01.preferred: 'мост' is forbidden or generic, too
32: tags.tenants.acme.synonyms: 'биржи' has a synonym and is one: let both lead to the same word
"""


def a_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        load_policies(path)
    return str(refused.value)


def test_every_mistake_is_told_with_its_line_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = a_file(tmp_path, MISTAKEN)

    first, *lines = refusal(path).splitlines()

    assert lines == [f"{path}:{line}" for line in TOLD.splitlines()]
    assert first == f"{path} cannot be used: {len(lines)} mistakes"


@pytest.mark.parametrize(("text", "said"), [
    ("", ":1: nothing stands here"), ("# only words", ":1: nothing stands here"),
    ("- a", ":1: input should be a mapping, not a list"),
    ("crawl:\n  a: [1\n", ":3: this is no YAML"), ("vision: {a\nb: 2}", ":2: this is no YAML"),
    ("vision:\n  rules:\n    - when: {channels: [@x]}", ":3: this is no YAML"),
    ("a: 1\n---\nb: 1", ":2: this is no YAML"),
    ("\tcrawl: {}", ":1: this is no YAML"), (b"\xff\xfe\x00", "it is no text in UTF-8"),
    ("[" * 5000, ":1: this is no YAML"), ("a: &a [*a]", "is nested too deep"),
    ("crawl: !!python/object:os.system {}", "the mark !!python/object:os.system means nothing here"),
    ("vision: !x {}", "the mark !x means nothing here"),
    ("vision: {version: !!binary aa}", "the mark !!binary means nothing here"),
    ("? [a]\n: 1", ":1: a key is a word"), ("vision: {<<: {}}", "vision.<<: there is no such key"),
    ("vision: {max_image_mb: .nan}", ":1: vision.max_image_mb: input should be a finite"),
    ("crawl:\n", ":1: crawl: input should be a mapping, not nothing"),
    ("vision: {image_types: [image/png, 5]}", "image_types[2]: input should be a valid string, not 5"),
    ("vision: {rules: {name: a}}", "vision.rules: input should be"),
    ('tags: {tenants: {a: "b"}}', "tags.tenants.a: input should be a mapping"),
    ("vision: {ocr_only_if: {}}", "say it as a rule"), ("crawl: {zzz: 1}", "there are: version, trigger_tags"),
    ("vision: {rules: [{name: a, then: skip, when: {tenants: []}}]}", "tenants: tuple should have at least 1 item"),
])  # fmt: skip
def test_whatever_is_wrong_is_a_sentence(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = a_file(tmp_path, text)

    told = refusal(path)

    assert told.startswith(str(path))
    assert said in told
    assert "Traceback" not in told


def test_a_file_of_many_names_that_stand_for_each_other_is_not_followed(tmp_path: Path) -> None:
    names = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    names += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
        for before, name in zip("abcdefg", "bcdefgh", strict=True)
    ]

    assert "holds more than" in refusal(a_file(tmp_path, "\n".join(names)))


@pytest.mark.parametrize("name", ["", "nowhere.yaml"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path / name).startswith(f"{tmp_path / name} cannot be read: ")


def test_words_that_yaml_takes_for_something_else_are_names_and_texts_all_the_same(tmp_path: Path) -> None:
    text = "tags: {tenants: {no: {max_tags: 1}, 2026: {max_tags: 2}}}\nvision: {rules: [{name: 2026-03-01, then: ocr}]}"

    policies = load_policies(a_file(tmp_path, text))

    assert {name: words.max_tags for name, words in policies.tags.tenants.items()} == {"no": 1, "2026": 2}
    assert policies.vision.rules[0].name == "2026-03-01"


def test_values_that_stand_for_each_other_are_taken(tmp_path: Path) -> None:
    policies = load_policies(
        a_file(tmp_path, "crawl: {allowlist_domains: &hosts [a.org], denylist_domains: *hosts}")
    )

    assert policies.crawl.allowlist_domains == policies.crawl.denylist_domains == ("a.org",)


OLD = """\
schema_version: 1
crawl: {version: v1, trigger_tags: [ai], min_word_count: 50, min_text_length: 200, max_links_per_post: 5,
  allowlist_domains: [], denylist_domains: [localhost], max_redirects: 3, total_timeout_s: 15,
  max_response_bytes: 10485760, content_types: [text/html], ttl_days: 7}
vision: {version: v1, max_image_mb: 15, max_pixels: 50000000, image_types: [image/jpeg, image/png]}
"""


def test_a_file_of_before_is_taken_as_it_is(tmp_path: Path) -> None:
    policies = load_policies(a_file(tmp_path, OLD))

    assert (policies.vision.rules, policies.vision.when_budget_is_spent, policies.tags.tenants) == (
        (),
        "wait",
        {},
    )


def test_the_example_of_the_paper_can_be_used(tmp_path: Path) -> None:
    [example] = re.findall(
        r"^```yaml\n(.*?)^```", PAPER.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )

    policies = load_policies(a_file(tmp_path, example))

    assert [rule.then for rule in policies.vision.rules] == ["skip", "ocr", "analyse", "skip"]
    for part in (Policies, CrawlPolicy, VisionPolicy, Vocabulary, TagPolicy, When, Rule):
        missing = [
            key
            for key in part.model_fields
            if f"{key}:" not in example and f"`{key}`" not in PAPER.read_text()
        ]
        assert missing == []


def test_the_file_that_ships_looks_at_what_the_models_do() -> None:
    shipped = load_policies(None)

    assert shipped.vision == Policies().vision
    assert shipped.tags.defaults.generic
    assert load_policies(DEFAULT) == shipped
