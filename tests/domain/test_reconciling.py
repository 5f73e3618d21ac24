"""How a comparison goes on, how much of a part it takes, and how findings add up."""

from uuid import UUID

import pytest

from contracts.reconciling import Check, Compared, Difference, Kind, Walk
from domain.reconciling import NAMED, OF_A_TENANT, PART, WINDOW, added, advanced, found, mended, result, taken

TENANT = UUID(int=1)


def a_difference(count: int = 1, repaired: int = 0, kind: Kind = Kind.POINTS) -> Difference:
    return Difference(
        kind=kind, count=count, repaired=repaired, examples=tuple(map(str, range(min(count, NAMED))))
    )


def test_checks_follow_each_other_and_a_tenant_ends_with_none() -> None:
    walk, order = Walk(tenant_id=TENANT, check=OF_A_TENANT[0]), []
    while walk.check:
        order.append(walk.check)
        walk = advanced(walk, Compared(looked=1))

    assert tuple(order) == OF_A_TENANT
    assert walk.looked == len(OF_A_TENANT)


def test_a_check_goes_on_with_its_next_part() -> None:
    walk = advanced(Walk(tenant_id=TENANT, check=Check.INDEX), Compared(looked=5, after="e"))

    assert (walk.check, walk.after, walk.looked) == (Check.INDEX, "e", 5)
    assert advanced(walk, Compared(looked=1)).after == ""


def test_events_are_the_end() -> None:
    assert advanced(Walk(check=Check.EVENTS), Compared(looked=1)).check is None


def test_what_is_found_adds_up_by_kind_with_a_few_names() -> None:
    sums = added([a_difference(4, 3)], [a_difference(3, 3), a_difference(kind=Kind.NODES)])

    assert [(d.kind, d.count, d.repaired) for d in sums] == [(Kind.POINTS, 7, 6), (Kind.NODES, 1, 0)]
    assert len(sums[0].examples) == NAMED


def test_nothing_is_no_difference() -> None:
    assert found(a_difference(0)) == ()


def test_what_a_second_look_does_not_find_again_was_repaired() -> None:
    repaired = mended([a_difference(5), a_difference(2, kind=Kind.NODES)], [a_difference(2)])

    assert [(d.kind, d.repaired) for d in repaired] == [(Kind.POINTS, 3), (Kind.NODES, 2)]


@pytest.mark.parametrize(
    ("differences", "apply", "state"),
    [
        ((), False, "same"),
        ((), True, "same"),
        ((a_difference(2),), False, "differs"),
        ((a_difference(2, 1),), True, "differs"),
        ((a_difference(2, 2), a_difference(1, 1, Kind.NODES)), True, "repaired"),
    ],
)
def test_a_comparison_ends_as_what_is_left_says(
    differences: tuple[Difference, ...], apply: bool, state: str
) -> None:
    assert result(Walk(differences=differences), apply=apply).state == state


def test_a_part_is_taken_whole_and_the_next_one_follows_when_it_was_full() -> None:
    rows = [f"{number:04}" for number in range(PART)]
    lost = {row: row for row in rows[: WINDOW + 1]}

    whole, last = taken(rows, lost, apply=False), taken(rows[:-1], lost, apply=False)

    assert (whole.looked, whole.upto, whole.after, len(whole.lost)) == (PART, rows[-1], rows[-1], WINDOW + 1)
    assert (last.looked, last.after) == (PART - 1, None)


def test_of_a_part_that_is_repaired_no_more_is_taken_than_may_be_open() -> None:
    rows = [f"{number:04}" for number in range(2 * WINDOW + 20)]
    lost = {row: row for row in rows[::2]}

    part = taken(rows, lost, apply=True)

    assert len(part.lost) == WINDOW
    assert (part.looked, part.upto, part.after) == (2 * WINDOW - 1, part.lost[-1], part.lost[-1])
    assert taken(rows, dict(list(lost.items())[:WINDOW]), apply=True).after is None


def test_an_empty_part_is_the_last() -> None:
    part = taken([], dict[str, str](), apply=True)

    assert (part.looked, part.upto, part.after, part.lost) == (0, "", None, ())
