"""A post is a small build: what each stage depends on, and what is stale.

A stage's fingerprint is the sha256 over the hashes it reads and the version of what computes it. A stage whose
stored fingerprint equals today's is up to date. Everything here is pure: workflows call it, also on replay.
"""

from collections.abc import Callable
from typing import Final

from contracts.identity import digest
from contracts.post import MediaRef, PostState
from contracts.stages import Outcome, Stage


def output(state: PostState, stage: Stage) -> str:
    """Return the hash of what ``stage`` gave last, empty when it never ran."""
    record = state.records.get(stage)
    return record.output if record else ""


def seen(features_hash: str, words: str) -> str:
    """Return the output of the vision stage: everything that was seen, and apart from it the words among it."""
    return f"{features_hash}/{digest(words) if words.strip() else ''}"


def words_of(vision_output: str) -> str:
    """Return the part of a vision output that tags depend on: pictures without words never cause a re-tag."""
    return vision_output.partition("/")[2]


def _vision(state: PostState) -> tuple[object, ...]:
    return (state.versions.vision, *sorted(map(_file, state.media)))


def _file(media: MediaRef) -> str:
    """A file and what the policy has done with it; one that is analysed, or has no bytes, is told as it always was."""
    told, treatment = f"{media.sha256}:{media.missing or ''}", media.treatment
    if treatment is None or treatment.how == "analyse" or media.missing:
        return told
    return f"{told}:{treatment.how}:{treatment.reason}:{treatment.version}"


def _tags(state: PostState) -> tuple[object, ...]:
    return state.versions.tags, state.content_hash, words_of(output(state, Stage.VISION)), state.album_words


def _crawl(state: PostState) -> tuple[object, ...]:
    return state.versions.crawl, output(state, Stage.TAGS), state.content_hash, *state.links


def _enrich(state: PostState) -> tuple[object, ...]:
    outputs = (output(state, stage) for stage in (Stage.VISION, Stage.TAGS, Stage.CRAWL))
    # A post of no album keeps the fingerprint that it always had.
    album = (state.album_id,) if state.album_id else ()
    return state.versions.enrich, state.content_hash, state.album_hash, *outputs, *album


def _vectors(state: PostState) -> tuple[object, ...]:
    return state.versions.vectors, output(state, Stage.ENRICH)


def _graph(state: PostState) -> tuple[object, ...]:
    return state.versions.graph, output(state, Stage.ENRICH), state.relations_hash


_INPUTS: Final[dict[Stage, Callable[[PostState], tuple[object, ...]]]] = {
    Stage.VISION: _vision,
    Stage.TAGS: _tags,
    Stage.CRAWL: _crawl,
    Stage.ENRICH: _enrich,
    Stage.VECTORS: _vectors,
    Stage.GRAPH: _graph,
}


def fingerprint(state: PostState, stage: Stage) -> str:
    """Return the fingerprint (64 hex digits) that ``stage`` would have if it ran now."""
    return digest(stage, *_INPUTS[stage](state))


def vectors_fingerprint(version: str, enriched: str) -> str:
    """Return the fingerprint that vectors by ``version`` have, made from the output ``enriched``."""
    return digest(Stage.VECTORS, version, enriched)


def kept_open(fingerprint: str) -> str:
    """Return the fingerprint of a stage that was left off and is not settled: never today's, so that it stays stale."""
    return digest("open", fingerprint)


def is_fresh(state: PostState, stage: Stage) -> bool:
    """Whether ``stage`` ended, done or skipped, with exactly today's inputs."""
    record = state.records.get(stage)
    return record is not None and record.fingerprint == fingerprint(state, stage)


def applies(state: PostState, stage: Stage) -> bool:
    """Whether the post has anything for ``stage`` to work on."""
    if stage is Stage.VISION:
        return bool(state.media) or Stage.VISION in state.records
    if stage is Stage.CRAWL:
        return bool(state.links) or Stage.CRAWL in state.records
    return True


def is_stale(state: PostState, stage: Stage) -> bool:
    """Whether ``stage`` has something to do."""
    return applies(state, stage) and not is_fresh(state, stage)


def stale_stages(state: PostState) -> tuple[Stage, ...]:
    """Return the stages that would run if the post were looked at now, before any of them changed anything.

    A post of which nothing can be found has no business in the index.
    """
    indexed = is_indexable(state)
    return tuple(
        stage
        for stage in _INPUTS
        if is_stale(state, stage) and (indexed or stage not in {Stage.VECTORS, Stage.GRAPH})
    )


def is_indexable(state: PostState) -> bool:
    """Whether enrichment found anything that search could find."""
    record = state.records.get(Stage.ENRICH)
    return record is not None and record.outcome is Outcome.DONE
