"""What ``reconcile`` shows: what differs, what was done about it, what to do about the rest."""

import io

import pytest
from rich.console import Console

from cli.reconcile.screen import show_result, words_of
from cli.screen import Screen
from contracts.reconciling import Check, Difference, Kind, ReconcileProgress, ReconcileResult, Walk
from domain.reconciling import result


def shown(*differences: Difference, apply: bool) -> str:
    drawn = io.StringIO()
    told: ReconcileResult = result(Walk(differences=differences, looked=40), apply=apply)
    show_result(told, Screen(Console(file=drawn, soft_wrap=True)))
    return drawn.getvalue()


def a_difference(kind: Kind, count: int, repaired: int = 0) -> Difference:
    return Difference(kind=kind, count=count, repaired=repaired, examples=("one",))


def test_stores_that_agree_are_one_sentence() -> None:
    assert shown(apply=False) == "Nothing differs: 40 things compared.\n"


def test_what_would_be_done_is_said_before_it_is_done() -> None:
    page = shown(a_difference(Kind.POINTS, 3), apply=False)

    assert "vectors\tlost posts\t3\twould be indexed again\tone" in page
    assert "`postloom reconcile --apply` repairs" in page


def test_what_was_done_is_said_with_how_much_of_it() -> None:
    page = shown(a_difference(Kind.NODES, 3, 3), a_difference(Kind.PAGES, 4, 1), apply=True)

    assert "graph\tlost posts\t3\tlinked again\tone" in page
    assert "objects\tlost pages\t4\t1 read again\tone" in page
    assert "keep their text in the archive" in page
    assert "Not everything could be repaired" in page


def test_a_repair_of_everything_says_so() -> None:
    assert "Everything was repaired." in shown(a_difference(Kind.EVENTS, 3, 3), apply=True)


@pytest.mark.parametrize("apply", [False, True])
def test_files_that_nobody_can_make_again_are_named_with_what_brings_them_back(apply: bool) -> None:
    page = shown(a_difference(Kind.MEDIA, 2), apply=apply)

    assert "objects\tlost media\t2\tcannot be repaired from here\tone" in page
    assert "import the export that they came from once more" in page


def test_every_kind_of_difference_has_its_words() -> None:
    page = shown(*(a_difference(kind, 1) for kind in Kind), apply=False)

    assert [line for line in page.splitlines() if line.count("\t") == 4][1:] != []
    assert page.count("would be") + page.count("cannot be repaired from here") == len(Kind)


def test_progress_is_told_in_words() -> None:
    walk = Walk(check=Check.INDEX, looked=30, total=90, differences=(a_difference(Kind.POINTS, 4, 1),))

    assert words_of(ReconcileProgress(apply=True, walk=walk)) == "index: 30 of about 90, 4 differ, 1 repaired"
    assert words_of(ReconcileProgress(apply=False, walk=walk)) == "index: 30 of about 90, 4 differ"
