"""What signals brought: each counts once, also when it comes again after it was looked at."""

from contracts.post import Deletion, Refresh, Retag
from workflows.inbox import Inbox


def test_the_same_refresh_after_it_was_looked_at_is_no_news() -> None:
    inbox = Inbox()
    inbox.add_refresh(Refresh(reason="album", event_id="a"))
    inbox.refreshes.clear()

    inbox.add_refresh(Refresh(reason="album", event_id="a"))

    assert inbox.is_empty()


def test_another_refresh_is_news() -> None:
    inbox = Inbox()
    inbox.add_refresh(Refresh(reason="album", event_id="a"))
    inbox.refreshes.clear()

    inbox.add_refresh(Refresh(reason="album", event_id="b"))

    assert not inbox.is_empty()


def test_the_same_retag_after_it_was_done_is_not_done_again() -> None:
    inbox = Inbox()
    inbox.add_retag(Retag(event_id="r"))
    taken = inbox.take_retags()

    inbox.add_retag(Retag(event_id="r"))

    assert (taken, inbox.take_retags()) == ((Retag(event_id="r"),), ())


def test_every_retag_is_taken_in_the_order_in_which_they_came() -> None:
    inbox = Inbox()
    for name in ("a", "b", "a"):
        inbox.add_retag(Retag(event_id=name))

    assert [retag.event_id for retag in inbox.take_retags()] == ["a", "b"]


def test_a_deletion_is_taken_once() -> None:
    inbox = Inbox(deletion=Deletion(reason="admin"))

    assert (inbox.take_deletion(), inbox.take_deletion()) == (Deletion(reason="admin"), None)
