"""What the page of something that is parked says: what can be sent, what is stuck, when it goes on by itself."""

from datetime import datetime

from contracts.parking import Parked
from contracts.post import Problem
from domain.decisions import SKIP, possible
from domain.moments import ahead


def details(park: Parked, now: datetime, refused: str) -> str:
    """Return the Markdown, beginning with what can be sent; ``refused`` is why the last decision was not taken."""
    stuck = "\n".join(f"- {_problem(problem, park)}" for problem in park.problems)
    said = f"\n\nA decision was not taken: {refused}." if refused else ""
    title = "waits" if park.is_deferred else "is stuck"
    return f"{_what_can_be_sent(park, now)}\n\n**This {park.what} {title}:**\n{stuck}{said}"


def _what_can_be_sent(park: Parked, now: datetime) -> str:
    skip = ', `{"action": "skip"}`' if SKIP in possible(park.problems) else ""
    send = f'Send update or signal `resolve` with `{{"action": "retry"}}`{skip} or `{{"action": "give-up"}}`'
    if park.goes_on_at is None:
        return f"{send}."
    counted = f"counted from {now.strftime('%H:%M')}"
    when = f"goes on by itself at {ahead(park.goes_on_at, now)}, {counted}"
    return f"{send}, or wait: it {when}." if park.is_deferred else f"{send}. Part of it {when}."


def _problem(problem: Problem, park: Parked) -> str:
    own = "" if park.is_deferred or problem.goes_on_at is None else " (goes on by itself)"
    return f"`{problem.reason}`: {problem.message}{own}"
