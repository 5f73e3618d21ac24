"""What ``postloom resolve`` was asked to do, in our terms."""

from collections.abc import Sequence

from cli.errors import CommandError
from contracts.post import Decision
from contracts.stages import Stage
from domain.decisions import ACTIONS, SKIP

USAGE = "say what is decided: retry, skip [STAGE] or give-up"


def decided(words: Sequence[str], by: str, note: str) -> tuple[str | None, Decision]:
    """Return whom the words name, None when the options do, and what is decided.

    Raises:
        CommandError: nothing is decided, or something that cannot be.
    """
    subject, rest = (None, list(words)) if words[0] in ACTIONS else (words[0], list(words[1:]))
    if not rest:
        raise CommandError(f"{USAGE}, as in `postloom resolve {words[0]} retry`", 2)
    action, *more = rest
    if action not in ACTIONS:
        raise CommandError(f"{action!r} cannot be decided: {USAGE}", 2)
    if len(more) > (1 if action == SKIP else 0):
        raise CommandError(f"{' '.join(more)!r} is too much: {USAGE}", 2)
    stage = _stage(more[0]) if more else None
    return subject, Decision(action=action, stage=stage, by=by, note=note)


def _stage(word: str) -> str:
    if word not in set(Stage):
        raise CommandError(f"{word!r} is no stage: {', '.join(Stage)}", 2)
    return word
