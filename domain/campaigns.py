"""How a campaign paces itself and counts: pure rules, also on replay."""

from typing import Final

from contracts.campaign import CampaignProgress, Candidate, Estimate
from contracts.stages import Stage
from domain.tags import MIN_TEXT

#: Posts that one step tells where the rate allows: few enough for a steady flow, enough to keep histories short.
BATCH: Final = 10
#: Seconds between two steps at most: of a slow campaign, and of one that only waits.
SLOWEST: Final = 60.0
IDLE: Final = 5.0
#: Lists are told again when this part of the posts has come to rest since.
WORTH_SHOWING: Final = 0.05
#: What lists say in the place of ``620/1000`` of a campaign that only counts, or is counting.
DRY_RUN: Final = "dry run"
ESTIMATING: Final = "estimate"


def step_seconds(per_second: float, window: int, fastest: float) -> float:
    """Return the seconds from one step to the next, so that a step tells about ten posts, or at least one."""
    one = min(1 / per_second, SLOWEST)
    return max(min(min(BATCH, window) / per_second, max(IDLE, one)), fastest)


def idle_seconds(step: float, idle: int) -> float:
    """Return the seconds until the next step after ``idle`` steps in a row without any news."""
    return min(step * 2.0 ** min(idle, 10), max(step, IDLE))


def credit(left: float, seconds: float, per_second: float, step: float) -> float:
    """Return how many posts the rate allows by now; what was not used is kept for one more step and no longer."""
    return min(left + seconds * per_second, 2 * max(1.0, per_second * step))


def needs_tagger(post: Candidate) -> bool:
    """Whether the tags of a post cost a call to the tagger: it has a text of some length, or files."""
    return post.text_length >= MIN_TEXT or post.has_file


def counted(estimate: Estimate, post: Candidate, stages: tuple[Stage, ...], *, tags: bool) -> Estimate:
    """Return the estimate with one more post, of which ``stages`` are stale; ``tags`` says that they are made again."""
    known = {**estimate.stages}
    for stage in stages:
        known[stage] = known.get(stage, 0) + 1
    calls = estimate.tagger_calls + int(tags and needs_tagger(post))
    return Estimate(posts=estimate.posts + 1, tagger_calls=calls, stages=known)


def is_worth_showing(at_rest: int, shown: int, posts: int) -> bool:
    """Whether lists should hear that so many are at rest now, after they heard ``shown``."""
    return at_rest != shown and (at_rest - shown >= posts * WORTH_SHOWING or at_rest == posts)


def seconds_left(at_rest: int, estimate: Estimate | None, per_second: float | None) -> float | None:
    """Return the seconds until all posts are at rest at this pace, None while nobody can tell."""
    if estimate is None or not per_second:
        return None
    return max(0, estimate.posts - at_rest) / per_second


def words(progress: CampaignProgress) -> str:
    """Return where a campaign stands, in a sentence for people."""
    if progress.estimate is None:
        return "the posts are being counted"
    at_rest = progress.done + progress.parked
    said = f"{at_rest} of {progress.estimate.posts} posts at rest: {progress.done} done, {progress.parked} parked"
    if progress.under_way:
        said += f"; {progress.under_way} under way"
    if progress.per_second_now:
        said += f"; {progress.per_second_now:.1f} posts/s"
    return said


def stage_words(progress: CampaignProgress) -> str:
    """Return how far a campaign is, as lists show it: ``620/1000``."""
    if progress.dry_run:
        return DRY_RUN
    if progress.estimate is None:
        return ESTIMATING
    return f"{progress.done + progress.parked}/{progress.estimate.posts}"


def details(progress: CampaignProgress) -> str:
    """Return the Markdown of a campaign's page: what can be sent, what it does, where it stands."""
    send = 'Send signal `pause`, `resume` or `cancel`; `set_rate` takes `{"per_second": 10}`.\n\n'
    over = progress.state in {"finished", "stopped"}
    lines = [
        f"**{progress.state}**: {words(progress)}.",
        *([f"It paused by itself: {progress.why}"] if progress.why else []),
        *([progress.title] if progress.title else []),
        f"Asked for by {progress.by}, at most {progress.per_second:g} posts/s.",
    ]
    return ("" if over else send) + "\n\n".join(lines)
