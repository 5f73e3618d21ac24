"""Recorded histories replay against today's workflows, in the sandbox; a workflow that diverged does not.

The histories in ``tests/histories`` come from ``scripts/record_histories.py``. One that fails here says that runs
which are open now would break: keep the old path with ``workflow.patched``; never record it again to pass.
"""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from contracts.post import PostInput, PostResult
from workflows.registry import WORKFLOWS

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.json"))

#: What makes each history worth replaying: it would be another branch without it.
WORTH = {
    "post_text": "announce_indexed",
    "post_nothing": "announce_skipped",
    "post_picture_short": "settle_vision",
    "post_picture_retag": "settle_vision",
    "post_links": "fetch_page",
    "post_link_fails": "skip_page",
    "post_parked_retry": "WORKFLOW_EXECUTION_SIGNALED",
    "post_parked_skip": "WORKFLOW_EXECUTION_SIGNALED",
    "post_parked_gives_up": "GivenUp",
    "post_parked_too_long": "ParkedTooLong",
    "post_vision_fails": "ACTIVITY_TASK_FAILED",
    "post_edited": '"edited"',
    "post_retag": '"retag"',
    "post_refreshed": '"refresh"',
    "post_nothing_stale": "persist",
    "post_deleted": "erase_post",
    "post_deleted_stuck": "ACTIVITY_TASK_FAILED",
    "post_deleted_meanwhile": '"deleted"',
    "post_early_edit": "not_arrived",
    "post_parked_refused": "explode",
    "post_parked_kept": "record_park",
    "post_given_up_kept": "settle_park",
    "post_woken_by_edits": '"edited"',
    "post_tagged_now": "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
    "album_item_deleted": "assemble_album",
    "album_dissolved": "dissolve_album",
    "album_parked": "record_park",
    "post_retag_at_start": "retag-at-start",
    "post_retags": "every-retag",
    "post_told_beside": "parks-are-recorded-beside",
    "post_untold": "announce:RejectedError",
    "post_gone_on_at_its_end": '"edited"',
    "post_refused_versions": "goes-on-with-what-was-saved",
    "post_left_out_once": "skips-end",
    "post_left_out_before_its_deletion": "skips-end",
    "post_tags_left_out": "no-tags-for-anybody",
    "post_tagged_while_parked": "waits-for-tags",
    "post_one_word": "a-word-for-each-kind",
    "post_deletion_untold": "all-versions-are-taken",
    "album_refused_announcement": "all-versions-are-taken",
    "photo_parked_twice": "one-deadline",
    "campaign_finished": "advance_campaign",
    "campaign_dry_run": "estimate_campaign",
    "campaign_continued": '\\"told\\":',
    "campaign_paused": '"resume"',
    "campaign_cancelled": '"cancel"',
    "campaign_cancelled_by_engine": "WORKFLOW_EXECUTION_CANCELED",
    "campaign_parked": '"set_rate"',
    "campaign_held": "ACTIVITY_TASK_FAILED",
    "album_complete": "assemble_album",
    "album_late": "TIMER_FIRED",
    "album_partial": "TIMER_FIRED",
    "album_blind": "ACTIVITY_TASK_FAILED",
    "album_grown": '"grown"',
    "album_unchanged": "collect_album",
    "photo_done": "record_channel_photo",
    "photo_missing": "not_included",
    "photo_parked_retry": "WORKFLOW_EXECUTION_SIGNALED",
    "photo_parked_gives_up": "GivenUp",
    "photo_parked_too_long": "ParkedTooLong",
    "photo_unrecorded": "graph:RejectedError",
    "photo_refreshed": '"refresh"',
    "post_deferred": "goes on by itself: vision:BudgetExhaustedError",
    "post_deferred_again": '\\"tries\\":2',
    "post_deferred_spread": "those-who-wait-are-spread",
    "post_deferred_retry": "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
    "post_deferred_gives_up": "GivenUp",
    "post_deferred_fails": "parked: vision:RejectedError",
    "post_partly_deferred": "parked: vectors:RejectedError",
    "post_partly_deferred_too_long": "ParkedTooLong",
    "post_pages_wait": "goes on by itself: crawl:BudgetExhaustedError",
    "post_pages_left_out": "left_out",
    "post_crawler_skipped": "unreachable",
    "post_crawler_fails": "only-sites-are-skipped",
    "post_deferred_continued": "CONTINUED_AS_NEW",
    "album_deferred": "goes on by itself: persist:BrakedError",
    "photo_deferred": "goes on by itself: vision:BudgetExhaustedError",
    "reconcile_same": "compare_events",
    "reconcile_differs": "lost_posts",
    "reconcile_repairs": "await_repairs",
    "reconcile_pages": "settle_pages",
    "reconcile_everybody": "find_tenant",
    "reconcile_in_two_runs": "CONTINUED_AS_NEW",
}


def history_of(path: Path) -> WorkflowHistory:
    text = path.read_text(encoding="utf-8")
    return WorkflowHistory.from_json(json.loads(text)["id"], json.loads(text)["history"])


def a_replayer(*workflows: type) -> Replayer:
    return Replayer(
        workflows=workflows,
        data_converter=pydantic_data_converter,
        workflow_runner=SandboxedWorkflowRunner(),
    )


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_run_replays(path: Path) -> None:
    await a_replayer(*WORKFLOWS).replay_workflow(history_of(path))


def test_every_branch_is_recorded_and_still_is_that_branch() -> None:
    texts = {path.stem: "\n".join(map(str, history_of(path).events)) for path in HISTORIES}

    assert set(texts) == set(WORTH)
    assert [name for name, mark in WORTH.items() if mark not in texts[name]] == []


async def test_every_workflow_passes_the_sandbox() -> None:
    async def none() -> AsyncIterator[WorkflowHistory]:
        nothing: tuple[WorkflowHistory, ...] = ()
        for history in nothing:
            yield history

    results = await a_replayer(*WORKFLOWS).replay_workflows(none())

    assert not results.replay_failures


@workflow.defn(name="PostWorkflow")
class DivergedWorkflow:
    """What a careless change looks like: another command first."""

    @workflow.run
    async def run(self, post: PostInput) -> PostResult:
        await workflow.sleep(timedelta(seconds=1))
        return PostResult(state="indexed")


async def test_a_workflow_that_diverged_does_not_replay() -> None:
    path = next(path for path in HISTORIES if path.stem == "post_text")

    with pytest.raises(NondeterminismError):
        await a_replayer(DivergedWorkflow).replay_workflow(history_of(path))
