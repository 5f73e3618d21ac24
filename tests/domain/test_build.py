"""What becomes stale when something changes: the table of the design, row by row."""

import pytest

from contracts.post import PostState
from contracts.stages import Outcome, Stage, StageRecord
from domain import build
from domain.text import content_hash
from tests.build import VERSIONS, a_file, a_record, a_state, an_embedder

ALL = (Stage.VISION, Stage.TAGS, Stage.CRAWL, Stage.ENRICH, Stage.VECTORS, Stage.GRAPH)


def built(state: PostState) -> PostState:
    """The post after every stage ran, in order."""
    for stage in ALL:
        if build.applies(state, stage):
            output = build.seen("features", "слова") if stage is Stage.VISION else f"{stage}-{len(stage)}"
            record = StageRecord(
                stage=stage, fingerprint=build.fingerprint(state, stage), outcome=Outcome.DONE, output=output
            )
            state = state.with_record(record)
    return state


FULL = built(a_state(links=("https://example.org/a",), media=(a_file(),)))


def rerun(state: PostState, outputs: dict[Stage, str]) -> set[Stage]:
    """The stages that run, when those in ``outputs`` give something new and the others what they gave before."""
    ran = set()
    for stage in ALL:
        if build.is_stale(state, stage):
            ran.add(stage)
            known = outputs.get(stage, build.output(state, stage))
            fingerprint = build.fingerprint(state, stage)
            state = state.with_record(a_record(stage, fingerprint, output=known))
    return ran


def changed(**values: object) -> PostState:
    return FULL.model_copy(update=values)


def version(name: str) -> PostState:
    return changed(versions=VERSIONS.model_copy(update={name: "new"}))


INDEX = {Stage.VECTORS, Stage.GRAPH}
NEW_TAGS = {Stage.TAGS: "other tags"}
NEW_ENRICH = {Stage.ENRICH: "other text"}


@pytest.mark.parametrize(
    ("state", "outputs", "stale"),
    [
        (FULL, {}, set()),
        (changed(content_hash=content_hash("другой текст")), {**NEW_TAGS, **NEW_ENRICH},
         {Stage.TAGS, Stage.CRAWL, Stage.ENRICH, *INDEX}),
        (changed(content_hash=content_hash("другой текст")), NEW_ENRICH,
         {Stage.TAGS, Stage.CRAWL, Stage.ENRICH, *INDEX}),
        (changed(links=("https://example.org/b",)), {Stage.CRAWL: "other page", **NEW_ENRICH},
         {Stage.CRAWL, Stage.ENRICH, *INDEX}),
        (changed(links=("https://example.org/b",)), {}, {Stage.CRAWL}),
        (changed(album_words="w", album_hash="h"), {**NEW_TAGS, **NEW_ENRICH},
         {Stage.TAGS, Stage.CRAWL, Stage.ENRICH, *INDEX}),
        (changed(album_hash="measured only"), NEW_ENRICH, {Stage.ENRICH, *INDEX}),
        (changed(album_id="42"), NEW_ENRICH, {Stage.ENRICH, *INDEX}),
        (changed(media=(a_file("a"), a_file("b"))), {}, {Stage.VISION}),
        (changed(media=(a_file("a"), a_file("b"))), {Stage.VISION: build.seen("other", "слова"), **NEW_ENRICH},
         {Stage.VISION, Stage.ENRICH, *INDEX}),
        (changed(media=(a_file("a"), a_file("b"))), {Stage.VISION: build.seen("other", "новые"), **NEW_ENRICH},
         {Stage.VISION, Stage.TAGS, Stage.ENRICH, *INDEX}),
        (version("vision"), {}, {Stage.VISION}),
        (version("tags"), {}, {Stage.TAGS}),
        (version("tags"), {**NEW_TAGS, **NEW_ENRICH}, {Stage.TAGS, Stage.CRAWL, Stage.ENRICH, *INDEX}),
        (version("crawl"), {}, {Stage.CRAWL}),
        (version("enrich"), {}, {Stage.ENRICH}),
        (version("vectors"), {}, {Stage.VECTORS}),
        (version("graph"), {}, {Stage.GRAPH}),
        (changed(relations_hash="forwarded"), {}, {Stage.GRAPH}),
    ],
    ids=[
        "nothing changed", "text, other tags", "text, same tags", "links, other page", "links, same page",
        "album with words", "album without words", "album that came later",
        "one more picture, same sight", "other sight, same words", "other words",
        "vision version", "tags version, same tags", "tags version, other tags", "crawl version",
        "enrich version", "vectors version", "graph version", "relations",
    ],
)  # fmt: skip
def test_what_becomes_stale(state: PostState, outputs: dict[Stage, str], stale: set[Stage]) -> None:
    assert rerun(state, outputs) == stale


def test_another_embedder_makes_vectors_stale_and_nothing_else() -> None:
    small, big = (
        VERSIONS.model_copy(update={"vectors": an_embedder(size).stage_version}) for size in (512, 768)
    )
    before = built(FULL.model_copy(update={"versions": small}))

    assert rerun(before, {}) == set()
    assert rerun(before.model_copy(update={"versions": big}), {}) == {Stage.VECTORS}


def test_the_fingerprint_of_vectors_can_be_told_without_the_post() -> None:
    told = build.vectors_fingerprint(VERSIONS.vectors, build.output(FULL, Stage.ENRICH))

    assert told == build.fingerprint(FULL, Stage.VECTORS)


def test_the_order_of_pictures_changes_nothing() -> None:
    one, other = a_file("a"), a_file("b")

    forth = build.fingerprint(a_state(media=(one, other)), Stage.VISION)

    assert forth == build.fingerprint(a_state(media=(other, one)), Stage.VISION)


def test_a_picture_whose_bytes_arrive_later_is_looked_at() -> None:
    missing = built(a_state(media=(a_file("a", missing="not_exported", object_key=None),)))

    assert build.is_stale(missing.model_copy(update={"media": (a_file("a"),)}), Stage.VISION)


@pytest.mark.parametrize("stage", [Stage.VISION, Stage.CRAWL])
def test_a_post_without_pictures_or_links_has_no_such_stage(stage: Stage) -> None:
    assert not build.applies(a_state(), stage)
    assert not build.is_stale(a_state(), stage)


def test_links_that_were_taken_out_are_settled_once_more() -> None:
    assert build.is_stale(changed(links=()), Stage.CRAWL)


def test_a_skip_is_remembered_like_a_result() -> None:
    state = a_state()
    skipped = a_record(
        Stage.TAGS, build.fingerprint(state, Stage.TAGS), outcome=Outcome.SKIPPED, reason="no_text"
    )

    assert not build.is_stale(state.with_record(skipped), Stage.TAGS)


@pytest.mark.parametrize(("outcome", "indexable"), [(Outcome.DONE, True), (Outcome.SKIPPED, False)])
def test_what_says_nothing_is_not_indexed(outcome: Outcome, indexable: bool) -> None:
    state = a_state().with_record(a_record(Stage.ENRICH, outcome=outcome))

    assert build.is_indexable(state) is indexable


def test_words_of_a_sight_stand_apart_from_its_measurements() -> None:
    assert build.words_of(build.seen("one", " ")) == build.words_of(build.seen("other", "")) == ""
    assert build.words_of(build.seen("one", "слова")) == build.words_of(build.seen("other", "слова"))
