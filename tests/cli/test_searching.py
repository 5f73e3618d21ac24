"""Questions, and whose posts they are asked of."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapters.postgres.door import Tenant
from contracts.errors import RejectedError
from workers.searching import Question, chosen

ONE, TWO = Tenant(UUID(int=1), "one"), Tenant(UUID(int=2), "two")


def test_a_day_is_its_beginning() -> None:
    question = Question.read({"text": "река", "since": "2026-03-01", "limit": "3"})

    assert question.since == datetime(2026, 3, 1, tzinfo=UTC)
    assert question.limit == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "text: field required"),
        ({"text": "a", "limit": "0"}, "limit: "),
        ({"text": "a", "since": "soon"}, "since: write a day as"),
    ],
)
def test_a_question_that_cannot_be_used_says_why(words: dict[str, str], said: str) -> None:
    with pytest.raises(RejectedError, match=said):
        Question.read(words)


def test_the_only_tenant_need_not_be_named() -> None:
    assert chosen([ONE], None) == ONE


def test_a_tenant_is_named_by_name_or_id() -> None:
    assert chosen([ONE, TWO], "two") == TWO
    assert chosen([ONE, TWO], str(ONE.id)) == ONE


@pytest.mark.parametrize(
    ("tenants", "wanted", "said"),
    [([], None, "no tenant yet"), ([ONE, TWO], None, "several tenants"), ([ONE], "three", "there are: one")],
)
def test_a_tenant_is_never_guessed(tenants: list[Tenant], wanted: str | None, said: str) -> None:
    with pytest.raises(RejectedError, match=said):
        chosen(tenants, wanted)
