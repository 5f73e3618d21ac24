"""Timeouts that must fit into each other: what waits outside waits longer than what it waits for."""

from datetime import timedelta
from typing import Literal

from temporalio.workflow import ActivityConfig

from activities.heartbeat import EVERY
from activities.looking import CLAIM
from adapters.gigachat import seeing
from adapters.gigachat.account import GRACE, Access
from adapters.places import PATIENCE
from domain.policy import LONGEST_PAGE_S
from domain.spending import LONGEST_ATTEMPT, LONGEST_CALL, BrakePolicy, SpendingPolicy
from runtime.provider_settings import LONGEST_PAGE
from workers.workers import GRACE_OF
from workflows.policies import CRAWL, TAGS, VISION
from workflows.queues import TAGS_QUEUE, VISION_QUEUE

#: Seconds of one request about pictures at most: for a place, for the answer and everything around it.
REQUEST = PATIENCE + seeing.LONGEST


def of(
    policy: ActivityConfig,
    name: Literal["start_to_close_timeout", "schedule_to_close_timeout", "heartbeat_timeout"],
) -> timedelta:
    timeout = policy[name]
    assert timeout is not None
    return timeout


def test_a_look_has_time_for_a_request_of_others_and_its_own() -> None:
    assert of(VISION, "start_to_close_timeout") > timedelta(seconds=2 * REQUEST)


def test_a_claim_outlives_every_attempt_of_its_holder() -> None:
    assert of(VISION, "start_to_close_timeout") < CLAIM < of(VISION, "schedule_to_close_timeout")


def test_a_question_that_may_be_paid_for_has_time_to_end_when_the_process_is_asked_to_stop() -> None:
    assert GRACE_OF[VISION_QUEUE] > timedelta(seconds=REQUEST)
    assert GRACE_OF[TAGS_QUEUE] > timedelta(seconds=Access.timeout + GRACE)


def test_a_beat_or_two_may_be_missed() -> None:
    assert of(VISION, "heartbeat_timeout") > timedelta(seconds=3 * EVERY)


def test_a_probe_and_a_reserved_call_last_longer_than_what_they_are_for() -> None:
    longest = max(timedelta(seconds=REQUEST), of(TAGS, "start_to_close_timeout"))

    assert timedelta(seconds=LONGEST_CALL) > longest
    assert timedelta(seconds=LONGEST_ATTEMPT) >= of(VISION, "start_to_close_timeout")
    assert timedelta(seconds=BrakePolicy().probe_s) > longest
    assert timedelta(seconds=SpendingPolicy().call_ends_after_s) > of(VISION, "start_to_close_timeout")


def test_a_page_that_takes_as_long_as_it_may_can_still_be_stored() -> None:
    room = timedelta(seconds=20)

    assert of(CRAWL, "start_to_close_timeout") > timedelta(seconds=max(LONGEST_PAGE, LONGEST_PAGE_S)) + room
