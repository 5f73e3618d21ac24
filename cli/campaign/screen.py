"""How campaigns are told on the screen."""

from collections.abc import Sequence
from typing import Any

from cli.screen import Screen, seconds
from contracts.campaign import CampaignProgress, Estimate
from contracts.identity import campaign_workflow_id
from domain.campaigns import words

Facts = dict[str, Any]


def as_facts(progress: CampaignProgress) -> Facts:
    """Return a campaign as JSON shows it."""
    workflow_id = campaign_workflow_id(progress.selection.tenant_id, progress.campaign_id)
    return {**progress.model_dump(mode="json"), "workflow_id": workflow_id}


def show_estimate(title: str, estimate: Estimate, rate: float, screen: Screen) -> None:
    """Show what a campaign would do."""
    screen.line(f"{title[:1].upper()}{title[1:]}", style="bold")
    if not estimate.posts:
        screen.line("  there is no such post: nothing to do")
        return
    screen.facts(estimate_facts(estimate, rate))


def estimate_facts(estimate: Estimate, rate: float) -> list[tuple[str, str]]:
    """Return what a campaign would do, name by name."""
    stale = [(f"stale: {stage}", str(count)) for stage, count in estimate.stages.items()]
    return [
        ("posts", str(estimate.posts)),
        *stale,
        ("calls to the tagger", str(estimate.tagger_calls)),
        ("time", f"{seconds(estimate.posts / rate)} or more, at {rate:g} posts/s"),
    ]


def show_end(progress: CampaignProgress, screen: Screen) -> None:
    """Show how a campaign ended."""
    style = "green" if progress.state == "finished" and not progress.parked else "yellow"
    screen.line(f"{progress.state}: {words(progress)}", style=style)
    if progress.parked:
        screen.line(
            "  what parked posts wait for: `postloom stuck`; in the Web UI, TgState is needs_human or deferred"
        )


def show_progress(progress: CampaignProgress, tenant: str, screen: Screen) -> None:
    """Show everything of one campaign."""
    screen.title(f"{progress.title or progress.selection.kind}: {progress.state}")
    estimate = estimate_facts(progress.estimate, progress.per_second)[:-1] if progress.estimate else []
    place = (
        f"message {progress.cursor.message_id}, channel {progress.cursor.channel_id}"
        if progress.cursor
        else None
    )
    screen.facts(
        [
            ("campaign", progress.campaign_id),
            ("tenant", tenant),
            ("asked for by", progress.by),
            ("began (UTC)", f"{progress.started_at:%Y-%m-%d %H:%M:%S}" if progress.started_at else None),
            *estimate,
            ("told", progress.told),
            ("at rest", words(progress)),
            ("rate", f"at most {progress.per_second:g} posts/s"),
            ("left", None if progress.seconds_left is None else seconds(progress.seconds_left)),
            ("read up to", place),
            ("paused itself", progress.why or None),
            ("workflow", campaign_workflow_id(progress.selection.tenant_id, progress.campaign_id)),
        ]
    )


def show_list(rows: Sequence[Facts], screen: Screen) -> None:
    """Show campaigns, one a line."""
    names = ("campaign", "tenant", "state", "posts", "began (UTC)", "what")
    screen.rows(
        names,
        [
            (row["campaign_id"][:8], row["tenant"], row["state"], row["posts"], row["began"][:19].replace("T", " "),
             row["title"]) for row in rows
        ],
    )  # fmt: skip
    if not rows:
        screen.line("no campaign is known; `postloom retag --tenant NAME` starts one")
