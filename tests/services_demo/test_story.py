"""What the demo of the services holds against itself: what calls without an answer may have taken, and no more."""

from typing import Any

import pytest

from tests.services_demo.story import Story


def a_story(**values: Any) -> Story:
    told: dict[str, Any] = {
        "posts": {"indexed": 9, "skipped": 1}, "kills": 1, "calls": 12, "lost_calls": 0, "tokens": 1000,
        "lost_tokens": 0, "reserved_tokens": 0, "microunits": 0, "currency": "RUB", "tokens_of_the_service": 1000,
        "pictures": 3, "looks": 3, "pages": 1, "refused": 0, "post": {},
    }  # fmt: skip
    return Story(**{**told, **values})


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"lost_calls": 1, "lost_tokens": 200},  # it never reached the service
        {"lost_calls": 1, "lost_tokens": 200, "tokens_of_the_service": 1200},
        {"reserved_tokens": 50, "tokens_of_the_service": 1050},
        {"lost_calls": 1, "looks": 4},
    ],
)
def test_what_a_call_without_an_answer_may_have_taken_is_explained(values: dict[str, Any]) -> None:
    assert a_story(**values).unexplained == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tokens_of_the_service": 1001}, "counted 1001 tokens, the ledger 1000 and at most 0"),
        ({"tokens_of_the_service": 999}, "counted 999"),
        ({"lost_calls": 1, "lost_tokens": 200, "tokens_of_the_service": 1201}, "at most 200"),
        ({"lost_calls": 1, "lost_tokens": 200, "tokens_of_the_service": 999}, "counted 999"),
        ({"lost_calls": 1, "looks": 5}, "3 pictures were paid for 5 times"),
        ({"posts": {"indexed": 9, "tagged": 1}}, "posts that are not done: {'tagged': 1}"),
    ],
)
def test_more_than_that_is_not(values: dict[str, Any], said: str) -> None:
    (sentence,) = a_story(**values).unexplained

    assert said in sentence
