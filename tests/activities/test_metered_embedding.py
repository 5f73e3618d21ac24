"""Vectors that are paid for: once for each text, by those who ask, held against their budgets, not past a brake."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.indexing import IndexActivities
from activities.metered_embedding import MeteredEmbedder
from activities.metering import Meter
from contracts.asking import Asker, Usage
from contracts.embedding import EmbedderIdentity
from contracts.errors import (
    BrakedError,
    BudgetExhaustedError,
    PipelineError,
    RateLimitedError,
    RefusedError,
    UnansweredError,
    UnavailableError,
    UnusableAnswerError,
)
from contracts.spending import Share, Wish
from contracts.stages import Stage
from tests.activities.fake_models import FakeNumbers, FakePaidVectors, FakeTill, a_brake
from tests.build import LONG, MOMENT, VERSIONS, a_ref, a_request, a_tenant, a_timing, an_asker, an_event
from tests.fake_world import World
from tests.fakes import FakeVectors
from tests.spent import a_policy

PRICED = a_policy(prices=[{"provider": "first", "input": 1000, "output": 1000}])
TEXT = "Мост открыт"
#: So often a write to a store is tried again in half an hour.
HALF_AN_HOUR = 60


@dataclass
class Desk:
    """An embedder over a fake model; it is the wanted one, and there is no other."""

    till: FakeTill = field(default_factory=FakeTill)
    numbers: FakeNumbers = field(default_factory=FakeNumbers)
    paid: FakePaidVectors = field(default_factory=FakePaidVectors)

    def __post_init__(self) -> None:
        self.wanted = MeteredEmbedder(
            self.numbers, Meter(self.till, PRICED, self.till.told.append), self.paid
        )

    def of(self, identity: EmbedderIdentity) -> MeteredEmbedder | None:
        return self.wanted if identity == self.wanted.identity else None

    def indexing(self, world: World, vectors: FakeVectors) -> IndexActivities:
        archive = world.archive
        return IndexActivities(self, vectors, world.graph, archive, archive, VERSIONS.vision)


@dataclass
class Narrow(FakeTill):
    """Lets so many through before somebody else's failure puts the brake on."""

    room: int = 0

    async def reserve(self, wish: Wish) -> Share:
        if len(self.reserved) == self.room:
            self.braked[wish.provider] = a_brake()
        return await super().reserve(wish)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def of_a_post(attempt: int = 1) -> Asker:
    return an_asker(Stage.VECTORS, post_id=a_ref().post_id, attempt=attempt)


async def test_a_vector_is_reserved_before_it_and_settled_after_it(desk: Desk) -> None:
    vector = await desk.wanted.vector_of(TEXT, [of_a_post()])

    [ended] = desk.till.ended
    [ending] = ended.endings
    assert len(vector) == desk.wanted.identity.size
    assert (ended.provider, ended.stage, ended.model_answered) == ("first", "vectors", "numbers-1:7")
    assert (ending.state, ending.usage.input_tokens) == ("settled", len(TEXT))
    assert ending.cost_microunits == len(TEXT) * 1000
    assert desk.till.reserved == {}


async def test_the_same_text_of_a_post_is_paid_once_and_another_text_anew(desk: Desk) -> None:
    first, again = [await desk.wanted.vector_of(TEXT, [of_a_post(attempt)]) for attempt in (1, 2)]
    other = await desk.wanted.vector_of(TEXT + "!", [of_a_post()])

    assert (again, desk.numbers.asked) == (first, [TEXT, TEXT + "!"])
    assert other != first
    assert len(desk.paid.kept) == 1


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (RateLimitedError("429", timedelta(seconds=1)), "released"),
        (UnansweredError("timeout"), "lost"),
        (UnusableAnswerError("no numbers", Usage(input_tokens=5)), "settled"),
    ],
)
async def test_what_fails_ends_as_what_it_may_have_cost_and_is_not_kept(
    desk: Desk, error: PipelineError, ends: str
) -> None:
    desk.numbers.weather = [error]

    with pytest.raises(type(error)):
        await desk.wanted.vector_of(TEXT, [of_a_post()])

    assert (desk.till.ends, desk.paid.kept) == ([ends], {})


async def test_numbers_of_no_use_are_asked_for_three_times_and_no_more(desk: Desk) -> None:
    desk.numbers.weather = [UnusableAnswerError("no numbers", Usage(input_tokens=5)) for _ in range(3)]

    for attempt, error in enumerate((UnusableAnswerError, UnusableAnswerError, RefusedError), start=1):
        with pytest.raises(error):
            await desk.wanted.vector_of(TEXT, [of_a_post(attempt=attempt)])

    assert desk.till.ends == ["settled"] * 3


@pytest.mark.parametrize("post", [True, False], ids=["a post", "a question"])
async def test_nobody_asks_past_a_brake(desk: Desk, post: bool) -> None:
    desk.till.braked["first"] = a_brake()

    with pytest.raises(BrakedError):
        await desk.wanted.vector_of(TEXT, [of_a_post() if post else an_asker(Stage.VECTORS, can_wait=False)])

    assert desk.numbers.asked == []


async def test_a_question_is_shared_by_all_that_ask_and_kept_with_none(desk: Desk) -> None:
    askers = [an_asker(Stage.VECTORS, tenant_id=a_tenant(), can_wait=False) for _ in range(3)]

    await desk.wanted.vector_of(TEXT, askers)

    [ended] = desk.till.ended
    assert [ending.usage.input_tokens for ending in ended.endings] == [4, 4, 3]
    assert (desk.numbers.asked, desk.paid.looks, desk.paid.kept) == ([TEXT], 0, {})


async def test_where_one_of_several_may_not_ask_none_keeps_anything_reserved() -> None:
    desk = Desk(Narrow(room=2))
    askers = [an_asker(Stage.VECTORS, tenant_id=a_tenant()) for _ in range(3)]

    with pytest.raises(BrakedError):
        await desk.wanted.vector_of(TEXT, askers)

    assert (desk.till.ends, desk.numbers.asked) == (["released released"], [])


async def test_while_the_index_is_away_for_half_an_hour_a_text_is_embedded_once(
    env: ActivityEnvironment, world: World, desk: Desk
) -> None:
    vectors = FakeVectors(desk.wanted.identity)
    vectors.weather.coming = [UnavailableError("away")] * HALF_AN_HOUR
    indexing, ref = desk.indexing(world, vectors), a_ref()
    await world.archive.save(ref, an_event(ref, text=LONG), a_timing())

    for _ in range(HALF_AN_HOUR):
        with pytest.raises(UnavailableError):
            await env.run(indexing.index_vectors, a_request(Stage.VECTORS))
    await env.run(indexing.index_vectors, a_request(Stage.VECTORS))

    assert (desk.numbers.asked, desk.till.ends) == ([LONG], ["settled"])
    [point] = vectors.points.values()
    assert len(point.vector) == desk.wanted.identity.size


async def test_without_room_in_the_budget_nothing_is_embedded_and_the_moment_is_said(
    env: ActivityEnvironment, world: World, desk: Desk
) -> None:
    desk.till.spent = BudgetExhaustedError("spent", MOMENT)
    vectors, ref = FakeVectors(desk.wanted.identity), a_ref()
    await world.archive.save(ref, an_event(ref, text=LONG), a_timing())

    with pytest.raises(BudgetExhaustedError) as raised:
        await env.run(desk.indexing(world, vectors).index_vectors, a_request(Stage.VECTORS))

    assert raised.value.goes_on_at == MOMENT
    assert (desk.numbers.asked, vectors.points) == ([], {})
    assert Stage.VECTORS not in world.archive.rows[ref.post_id].records
