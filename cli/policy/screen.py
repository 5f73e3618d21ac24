"""What ``postloom policy test`` shows: a line for each picture and link."""

from collections.abc import Sequence

from cli.policy.plan import FilePlan, LinkPlan, Said
from cli.screen import Screen
from contracts.post import PostRef


def show_plan(
    ref: PostRef, policy: str, files: Sequence[FilePlan], links: Sequence[LinkPlan], screen: Screen
) -> None:
    """Show what would be done, by which words of the policy, and what is recorded."""
    screen.title(f"post {ref.message_id} of channel {ref.tg_channel_id}, by {policy}")
    if not files and not links:
        screen.line("  It has no pictures and no links.")
        return
    if files:
        screen.title("Pictures")
        screen.rows(("file", "type", "bytes", "now", "because of", "recorded"), map(_file, files))
    if links:
        screen.title("Links")
        screen.rows(("link", "now", "because of", "recorded"), map(_link, links))
    _show_difference([*files, *links], screen)


def _show_difference(plans: Sequence[FilePlan | LinkPlan], screen: Screen) -> None:
    differ = sum(plan.differs for plan in plans)
    if differ:
        screen.line(f"\n{differ} of {len(plans)} would be treated otherwise than recorded.", style="yellow")


def _file(plan: FilePlan) -> tuple[str | int, ...]:
    return (
        plan.sha256[:12],
        plan.mime,
        plan.size_bytes,
        _said(plan.now),
        plan.now.rule or "",
        _known(plan.recorded),
    )


def _link(plan: LinkPlan) -> tuple[str, ...]:
    return plan.url, _said(plan.now), plan.now.rule or "", _known(plan.recorded)


def _said(said: Said) -> str:
    reason = (said.reason or "").replace("_", " ")
    return f"{said.how}: {reason}" if reason else said.how


def _known(said: Said | None) -> str:
    return _said(said) if said else "nothing yet"
