"""Questions, and whose posts they are asked of."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from adapters.postgres.door import Tenant
from contracts.asking import Asker
from contracts.embedding import EmbedderIdentity, Vector
from contracts.errors import RejectedError
from contracts.index import Neighbour, SearchHit, SearchQuery
from tests.build import an_embedder
from workers.questions import Question
from workers.searching import Searching, asked_of, chosen

ONE, TWO = Tenant(UUID(int=1), "one"), Tenant(UUID(int=2), "two")


def test_a_day_is_its_beginning() -> None:
    question = Question.read({"text": "река", "since": "2026-03-01", "limit": "3"})

    assert question.since == datetime(2026, 3, 1, tzinfo=UTC)
    assert question.limit == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "say what to look for"),
        ({"text": "  "}, "say what to look for"),
        ({"text": "?!"}, "say what to look for"),
        ({"text": "a", "limit": "x"}, "limit: write a whole number"),
        ({"text": "a", "limit": "0"}, "limit: "),
        ({"text": "a", "since": "soon"}, "since: write a day as"),
    ],
)
def test_a_question_that_cannot_be_used_says_why(words: dict[str, str], said: str) -> None:
    with pytest.raises(RejectedError, match=said):
        Question.read(words)


def test_words_lose_what_only_people_write() -> None:
    question = Question.read({"text": " река ", "tag": "#мост"})

    assert (question.text, question.tag) == ("река", "мост")


def test_without_a_tenant_all_are_asked() -> None:
    assert asked_of([ONE, TWO], None) == (ONE, TWO)


def test_a_tenant_is_named_by_name_or_id() -> None:
    assert asked_of([ONE, TWO], "two") == (TWO,)
    assert chosen([ONE, TWO], str(ONE.id)) == ONE


@pytest.mark.parametrize(
    ("tenants", "wanted", "said"),
    [([], None, "no tenant yet"), ([ONE], "three", "there are: one")],
)
def test_a_tenant_is_never_guessed(tenants: list[Tenant], wanted: str | None, said: str) -> None:
    with pytest.raises(RejectedError, match=said):
        asked_of(tenants, wanted)


def _hit(post_id: UUID, score: float) -> SearchHit:
    return SearchHit(
        post_id=post_id, score=score, text="", tags=(), posted_at=None, link=None, channel_id=UUID(int=9)
    )


class _Stores:
    """Every store that search asks; each tenant has a post that is like the question and one that is not."""

    def __init__(self, scores: dict[UUID, float]) -> None:
        self.scores = scores
        self.filled_by: dict[UUID, EmbedderIdentity] = {}
        self.embedded: list[EmbedderIdentity] = []
        self.paying: list[tuple[Asker, ...]] = []

    async def tenants(self) -> list[Tenant]:
        return [ONE, TWO]

    def of(self, identity: EmbedderIdentity) -> "_Embedder | None":
        return _Embedder(identity, self.embedded, self.paying) if identity.provider == "local" else None

    async def search(
        self, query: SearchQuery, embed: Callable[[EmbedderIdentity], Awaitable[Sequence[float] | None]]
    ) -> tuple[SearchHit, ...]:
        of = query.tenant_id
        if await embed(self.filled_by.get(of, an_embedder())) is None:
            return ()
        return (_hit(of, self.scores[of]), _hit(of, 0.1))

    async def neighbours(self, tenant_id: UUID, post_id: UUID, limit: int) -> tuple[Neighbour, ...]:
        assert tenant_id == post_id
        return ()

    async def channel_id(self, tenant_id: UUID, wanted: str) -> UUID | None:
        return UUID(int=9) if (tenant_id, wanted) == (TWO.id, "river") else None

    async def briefs(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> list[dict[str, Any]]:
        return []


class _Embedder:
    def __init__(
        self,
        identity: EmbedderIdentity,
        embedded: list[EmbedderIdentity],
        paying: list[tuple[Asker, ...]],
    ) -> None:
        self._identity, self._embedded, self._paying = identity, embedded, paying

    async def vector_of(self, text: str, askers: Sequence[Asker]) -> Vector:
        self._embedded.append(self._identity)
        self._paying.append(tuple(askers))
        return (1.0,)


def _searching(**scores: float) -> Searching:
    stores = _Stores({ONE.id: scores["one"], TWO.id: scores["two"]})
    return Searching(stores, stores, stores, stores, stores)


async def test_hits_of_several_tenants_are_merged_and_named() -> None:
    answer = await _searching(one=0.3, two=0.6).search(Question(text="река", related=True))

    assert [(hit.tenant, hit.score) for hit in answer.hits] == [("two", 0.6), ("one", 0.3)]
    assert answer.tenant is None


async def test_a_tenant_that_is_named_is_asked_alone() -> None:
    answer = await _searching(one=0.3, two=0.6).search(Question(text="река", tenant="one"))

    assert [hit.tenant for hit in answer.hits] == ["one"]
    assert answer.tenant == "one"


async def test_a_channel_is_looked_for_where_it_is() -> None:
    found = await _searching(one=0.9, two=0.6).search(Question(text="река", channel="river"))

    assert [hit.tenant for hit in found.hits] == ["two"]
    with pytest.raises(RejectedError, match="no channel lake"):
        await _searching(one=0.9, two=0.6).search(Question(text="река", channel="lake"))


@pytest.mark.parametrize(
    ("question", "paying"),
    [
        (Question(text="река"), [ONE, TWO]),
        (Question(text="река", tenant="two"), [TWO]),
        (Question(text="река", channel="river"), [TWO]),
    ],
    ids=["of everybody", "of one", "of one's channel"],
)
async def test_a_question_is_paid_by_those_whose_posts_are_looked_for_and_waits_for_no_budget(
    question: Question, paying: list[Tenant]
) -> None:
    stores = _Stores({ONE.id: 0.9, TWO.id: 0.8})

    await Searching(stores, stores, stores, stores, stores).search(question)

    [askers] = stores.paying
    assert [(asker.tenant_id, asker.post_id) for asker in askers] == [(tenant.id, None) for tenant in paying]
    assert {asker.can_wait for asker in askers} == {False}


async def test_posts_that_have_nothing_to_do_with_it_are_not_found() -> None:
    assert (await _searching(one=0.11, two=0.02).search(Question(text="qqq"))).hits == ()


@pytest.mark.parametrize("sizes", [(4,), (4, 8)], ids=["one embedder", "another one fills the second tenant"])
async def test_the_question_is_embedded_once_by_each_who_filled_what_is_searched(
    sizes: tuple[int, ...],
) -> None:
    stores = _Stores({ONE.id: 0.9, TWO.id: 0.8})
    stores.filled_by = {ONE.id: an_embedder(sizes[0]), TWO.id: an_embedder(sizes[-1])}

    answer = await Searching(stores, stores, stores, stores, stores).search(Question(text="река"))

    assert stores.embedded == [an_embedder(size) for size in sizes]
    assert [hit.tenant for hit in answer.hits] == ["one", "two"]
