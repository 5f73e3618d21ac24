"""What may be decided about a post, an album or a channel picture that is parked."""

from collections.abc import Sequence
from typing import Final

from contracts.post import Decision, Problem
from contracts.stages import Stage

RETRY: Final = "retry"
SKIP: Final = "skip"
GIVE_UP: Final = "give-up"

ACTIONS: Final = (RETRY, SKIP, GIVE_UP)
#: Where nothing that is stuck can be left out: albums, channel pictures, and posts with such a problem.
ALL_OR_NOTHING: Final = (RETRY, GIVE_UP)


def possible(problems: Sequence[Problem]) -> Sequence[str]:
    """Return what may be decided."""
    return ACTIONS if any(problem.optional for problem in problems) else ALL_OR_NOTHING


def left_out(decision: Decision, problems: Sequence[Problem]) -> frozenset[Stage]:
    """Return the stages that a decision leaves out; without a name all that can be."""
    if decision.action != SKIP:
        return frozenset()
    optional = frozenset(p.stage for p in problems if p.optional and isinstance(p.stage, Stage))
    return frozenset({Stage(decision.stage)}) if decision.stage else optional


def objection(decision: Decision, problems: Sequence[Problem], *, decided: bool = False) -> str | None:
    """Return in a sentence why the decision cannot be taken, None when it can."""
    if not problems:
        return "nothing is stuck here: there is nothing to decide"
    if decided:
        return "somebody has just decided"
    actions = possible(problems)
    if decision.action not in actions:
        return f"{decision.action!r} cannot be decided: send {', '.join(actions[:-1])} or {actions[-1]}"
    return _stage_objection(decision, problems) if decision.stage else None


def _stage_objection(decision: Decision, problems: Sequence[Problem]) -> str | None:
    if decision.action != SKIP:
        return f"a stage belongs to {SKIP} only, not to {decision.action}"
    found = [problem for problem in problems if problem.stage == decision.stage]
    if not found:
        stuck = {problem.stage for problem in problems}
        return f"{decision.stage} is not stuck; stuck: {', '.join(sorted(stuck))}"
    if not any(problem.optional for problem in found):
        return f"{decision.stage} cannot be left out"
    return None
