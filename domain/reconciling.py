"""The order in which the archive is compared with its stores, and how findings add up. Pure: workflows call it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from contracts.reconciling import Check, Compared, Difference, ReconcileResult, Walk

#: What is compared for each tenant by itself. Events are compared once, at the end.
OF_A_TENANT: Final = tuple(check for check in Check if check is not Check.EVENTS)

#: Rows that are compared at a time; posts or albums that are open at a time; how many of each kind are named.
PART: Final = 500
WINDOW: Final = 50
NAMED: Final = 5

T = TypeVar("T")


def found(*differences: Difference) -> tuple[Difference, ...]:
    """Return those of ``differences`` that are any, each with a few names."""
    return tuple(
        difference.model_copy(update={"examples": difference.examples[:NAMED]})
        for difference in differences
        if difference.count
    )


def added(known: Sequence[Difference], more: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return both together, one for each kind, in the order in which the kinds were found."""
    sums = {difference.kind: difference for difference in known}
    for new in more:
        old = sums.get(new.kind, Difference(kind=new.kind, count=0))
        sums[new.kind] = Difference(
            kind=new.kind,
            count=old.count + new.count,
            repaired=old.repaired + new.repaired,
            examples=(old.examples + new.examples)[:NAMED],
        )
    return tuple(sums.values())


def mended(before: Iterable[Difference], after: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return the differences of a part with what was repaired: all that the second look did not find again."""
    left = {difference.kind: difference.count for difference in after}
    return tuple(
        difference.model_copy(update={"repaired": max(0, difference.count - left.get(difference.kind, 0))})
        for difference in before
    )


def advanced(walk: Walk, part: Compared) -> Walk:
    """Return the walk after a part; ``check`` None when all checks of its tenant, or all events, are done."""
    done = {
        "looked": walk.looked + part.looked,
        "differences": added(walk.differences, part.differences),
        "after": part.after or "",
    }
    if part.after is not None:
        return walk.model_copy(update=done)
    rest = OF_A_TENANT[OF_A_TENANT.index(walk.check) + 1 :] if walk.check in OF_A_TENANT else ()
    return walk.model_copy(update={**done, "check": rest[0] if rest else None})


def result(walk: Walk, *, apply: bool) -> ReconcileResult:
    """Return how a walk ended."""
    differences = walk.differences
    whole = apply and all(difference.repaired == difference.count for difference in differences)
    state = "same" if not differences else "repaired" if whole else "differs"
    return ReconcileResult(state=state, apply=apply, looked=walk.looked, differences=differences)


@dataclass(frozen=True)
class Taken(Generic[T]):
    """How much of a part is taken: so many rows, up to the cursor ``upto``, and what is lost among them.

    ``after`` is where the next part begins, None when there is none.
    """

    looked: int
    upto: str
    after: str | None
    lost: tuple[T, ...]

    def compared(self, *differences: Difference, opened: int = 0) -> Compared:
        """Return what the part showed."""
        return Compared(
            looked=self.looked,
            differences=found(*differences),
            opened=opened,
            upto=self.upto,
            after=self.after,
        )


def taken(cursors: Sequence[str], lost: Mapping[str, T], *, apply: bool) -> Taken[T]:
    """Return what is taken of rows that are named by their cursors: up to WINDOW lost ones when they are repaired."""
    if apply and len(lost) > WINDOW:
        first = list(lost.items())[:WINDOW]
        upto = first[-1][0]
        return Taken(list(cursors).index(upto) + 1, upto, upto, tuple(thing for _, thing in first))
    upto = cursors[-1] if cursors else ""
    return Taken(len(cursors), upto, upto if len(cursors) >= PART else None, tuple(lost.values()))
