"""What may be decided about a post or an album that is parked."""

from collections.abc import Sequence
from typing import Final

from contracts.post import Decision, Problem

RETRY: Final = "retry"
SKIP: Final = "skip"
GIVE_UP: Final = "give-up"

#: What a parked post can be told, and an album, which has no stage to leave out.
POST_ACTIONS: Final = (RETRY, SKIP, GIVE_UP)
ALBUM_ACTIONS: Final = (RETRY, GIVE_UP)


def objection(
    decision: Decision, problems: Sequence[Problem], actions: Sequence[str], *, decided: bool = False
) -> str | None:
    """Return in a sentence why the decision cannot be taken, None when it can."""
    if not problems:
        return "nothing is stuck here: there is nothing to decide"
    if decided:
        return "somebody has just decided"
    if decision.action not in actions:
        return f"{decision.action!r} cannot be decided: send {', '.join(actions[:-1])} or {actions[-1]}"
    if decision.stage and decision.action != SKIP:
        return f"a stage belongs to {SKIP} only, not to {decision.action}"
    stuck = {problem.stage for problem in problems}
    if decision.stage and decision.stage not in stuck:
        return f"{decision.stage} is not stuck; stuck: {', '.join(sorted(stuck))}"
    return None
