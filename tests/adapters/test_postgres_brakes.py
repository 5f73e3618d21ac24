"""Brakes in a real database: three failures in a row turn one on, and one caller alone tries whether it can go."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from activities.metering import Meter
from adapters.postgres.brakes import Brakes
from adapters.postgres.pool import open_pool
from adapters.postgres.spending import Spending
from contracts.asking import Usage
from contracts.errors import (
    BrakedError,
    BusyError,
    PipelineError,
    RateLimitedError,
    RefusedError,
    UnansweredError,
    UnavailableError,
)
from contracts.spending import Estimate, Share, Wish
from contracts.stages import Stage
from tests.activities.fake_models import FakeWords
from tests.build import an_asker
from tests.spent import QUICK, a_payer, a_policy, a_wish, drift, has_failed, was_answered

pytestmark = pytest.mark.services

OUTAGE = UnavailableError("503", is_away=True)
WRONG_KEY = UnavailableError("401: it does not accept the key")


class Road:
    """One provider of the test's own, and a tenant that asks it."""

    def __init__(self, pool: asyncpg.Pool, tenant: UUID) -> None:
        self.pool, self.tenant, self.provider = pool, tenant, f"p{uuid4()}"
        self.till = Spending(pool, a_policy())

    def wish(self, stage: Stage = Stage.TAGS) -> Wish:
        return a_wish(self.tenant, 10, stage=stage, provider=self.provider)

    async def fails(self, error: PipelineError = OUTAGE, times: int = 1) -> None:
        for _ in range(times):
            share = await self.till.reserve(self.wish())
            await self.till.end(has_failed([share], error))

    async def brake(self) -> asyncpg.Record | None:
        return await self.pool.fetchrow("SELECT * FROM provider_brakes WHERE provider = $1", self.provider)

    async def waits(self) -> float:
        """Seconds until the brake lets somebody through."""
        brake = await self.brake()
        assert brake is not None
        seconds: float = (brake["probe_at"] - brake["changed_at"]).total_seconds()
        return seconds

    async def time_passes(self) -> None:
        """The wait is over, or whoever is the probe has been away for too long."""
        await self.pool.execute(
            "UPDATE provider_brakes SET probe_at = now() WHERE provider = $1", self.provider
        )

    async def probe(self) -> Share:
        await self.time_passes()
        share = await self.till.reserve(self.wish())
        assert share.is_probe
        return share

    async def is_open_to_all(self) -> bool:
        try:
            shares = [await self.till.reserve(self.wish()) for _ in range(2)]
        except BrakedError:
            return False
        return not any(share.is_probe for share in shares)


class Unheard(Spending):
    """Reserves, and the connection is gone before it says so."""

    async def reserve(self, wish: Wish) -> Share:
        await super().reserve(wish)
        raise OUTAGE


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """As many connections as there are processes elsewhere."""
    pool = await open_pool(postgres_dsn, size=20)
    yield pool
    await pool.close()


@pytest.fixture
async def road(pool: asyncpg.Pool) -> Road:
    return Road(pool, await a_payer(pool))


async def test_the_third_failure_in_a_row_turns_the_brake_on_for_all_that_is_asked(road: Road) -> None:
    await road.fails(times=2)
    on_after_two = not await road.is_open_to_all()
    await road.fails()

    with pytest.raises(BrakedError, match=r"failed 3 times in a row.*UnavailableError: 503") as braked:
        await road.till.reserve(road.wish(Stage.VISION))

    assert not on_after_two
    assert braked.value.goes_on_at is not None
    assert timedelta(seconds=25) < braked.value.retry_after <= timedelta(seconds=30)
    assert abs(braked.value.goes_on_at - datetime.now(UTC) - braked.value.retry_after) < timedelta(seconds=5)
    with pytest.raises(BrakedError):
        await road.till.check(road.provider)


async def test_what_fails_for_want_of_a_human_does_not_go_on_by_itself_until_it_is_another_thing(
    road: Road,
) -> None:
    async def goes_on() -> bool:
        with pytest.raises(BrakedError) as reserving:
            await road.till.reserve(road.wish())
        with pytest.raises(BrakedError) as checking:
            await road.till.check(road.provider)
        assert (reserving.value.goes_on_at is None) == (checking.value.goes_on_at is None)
        return reserving.value.goes_on_at is not None

    await road.fails(WRONG_KEY, times=3)
    at_first = await goes_on()
    await road.till.end(has_failed([await road.probe()], OUTAGE))
    then = await goes_on()
    await road.till.end(has_failed([await road.probe()], WRONG_KEY))

    assert (at_first, then, await goes_on()) == (False, True, False)


async def test_who_is_braked_reserves_nothing(road: Road) -> None:
    await road.fails(times=3)

    for _ in range(2):
        with pytest.raises(BrakedError):
            await road.till.reserve(road.wish())

    count = "SELECT count(*) FROM spend_ledger WHERE tenant_id = $1 AND state = 'reserved'"
    assert await road.pool.fetchval(count, road.tenant) == 0
    assert not await drift(road.pool)


async def test_other_providers_go_on(road: Road) -> None:
    await road.fails(times=3)

    share = await road.till.reserve(a_wish(road.tenant, 10, provider=f"p{uuid4()}"))

    assert not share.is_probe


async def test_an_answer_between_failures_makes_them_none_in_a_row(road: Road) -> None:
    await road.fails(times=2)
    share = await road.till.reserve(road.wish())
    await road.till.end(was_answered([share], 5))

    await road.fails(times=2)

    assert await road.is_open_to_all()


@pytest.mark.parametrize(
    "error",
    [
        RateLimitedError("slowly", timedelta(seconds=1)),
        BusyError("later"),
        RefusedError("not this", "blacklist"),
        RefusedError("not this", "blacklist", Usage(input_tokens=5)),
    ],
)
async def test_a_provider_that_makes_us_wait_or_refuses_has_not_failed(
    road: Road, error: PipelineError
) -> None:
    await road.fails(error, times=5)
    never_on = await road.is_open_to_all()
    await road.fails(times=2)
    await road.fails(error)
    await road.fails()

    assert never_on
    assert not await road.is_open_to_all(), "they do not make good either what failed before and after"


async def test_of_fifty_who_come_when_the_wait_is_over_one_is_let_through(road: Road) -> None:
    await road.fails(times=3)
    await road.time_passes()

    outcomes = await asyncio.gather(
        *(road.till.reserve(road.wish()) for _ in range(50)), return_exceptions=True
    )

    shares = [outcome for outcome in outcomes if isinstance(outcome, Share)]
    assert [share.is_probe for share in shares] == [True]
    waits = [outcome.retry_after for outcome in outcomes if isinstance(outcome, BrakedError)]
    assert len(waits) == 49
    assert all(wait and timedelta(seconds=1) <= wait <= timedelta(seconds=30) for wait in waits)


async def test_a_probe_that_is_answered_takes_the_brake_off(road: Road) -> None:
    await road.fails(times=3)

    await road.till.end(was_answered([await road.probe()], 5))

    assert await road.is_open_to_all()
    assert not [on for on in await Brakes(road.pool, QUICK).on() if on["provider"] == road.provider]


async def test_each_probe_that_fails_doubles_the_wait_up_to_the_longest(road: Road) -> None:
    await road.fails(times=3)
    waits = [await road.waits()]

    for _ in range(5):
        probe = await road.probe()
        await road.till.end(has_failed([probe], OUTAGE))
        waits.append(await road.waits())

    assert waits == [30, 60, 120, 240, 300, 300]


async def test_calls_that_were_on_their_way_do_not_make_the_wait_longer(road: Road) -> None:
    shares = [await road.till.reserve(road.wish()) for _ in range(8)]

    await asyncio.gather(*(road.till.end(has_failed([share], OUTAGE)) for share in shares))

    brake = await road.brake()
    assert brake is not None and (brake["failures"], brake["failed_probes"]) == (8, 0)
    assert (brake["probe_at"] - brake["opened_at"]).total_seconds() == 30


@pytest.mark.parametrize(
    ("error", "wait"),
    [(RefusedError("not this", "blacklist"), 0), (RateLimitedError("slowly", timedelta(seconds=9)), 9)],
)
async def test_a_probe_that_says_nothing_of_the_provider_makes_room_for_another(
    road: Road, error: PipelineError, wait: int
) -> None:
    await road.fails(times=3)

    await road.till.end(has_failed([await road.probe()], error))

    assert await road.waits() == wait
    await road.probe()


async def test_a_probe_whose_process_died_does_not_block_for_ever(road: Road) -> None:
    await road.fails(times=3)
    dead = await road.probe()
    lease = await road.waits()

    second = await road.probe()
    await road.till.end(has_failed([dead], OUTAGE))

    assert lease == QUICK.probe_s
    brake = await road.brake()
    assert brake is not None and brake["probe_by"] == second.id, "who comes too late decides nothing"


async def test_a_lost_call_that_ends_as_lost_again_is_heard_once(road: Road) -> None:
    """The archive wrote it down, and whoever waited for that was not told."""
    ended = has_failed([await road.till.reserve(road.wish())], UnansweredError("timeout"))

    for _ in range(3):
        await road.till.end(ended)

    brake = await road.brake()
    assert brake is not None and brake["failures"] == 1
    assert not await drift(road.pool)


async def test_a_probe_that_is_broken_off_before_it_is_sent_makes_room_at_once(road: Road) -> None:
    await road.fails(times=3)
    await road.time_passes()
    asked, estimate = FakeWords(provider=road.provider), Estimate(input_tokens=1, output_tokens=1)
    meter = Meter(Unheard(road.pool, a_policy()), a_policy(), lambda _: None)

    with pytest.raises(UnavailableError):
        await meter.reserve(asked, estimate, an_asker(tenant_id=road.tenant))

    assert await road.waits() == 0
    await road.probe()


async def test_who_may_not_spend_is_no_probe(pool: asyncpg.Pool, road: Road) -> None:
    await road.fails(times=3)
    await pool.execute("INSERT INTO budgets VALUES ($1, '', 0, NULL, 'a test')", road.tenant)
    await road.time_passes()

    outcome = (await asyncio.gather(road.till.reserve(road.wish()), return_exceptions=True))[0]

    brake = await road.brake()
    assert type(outcome).__name__ == "BudgetExhaustedError"
    assert brake is not None and brake["probe_by"] is None


async def test_a_brake_stays_on_its_wait_after_thousands_of_failed_probes(road: Road) -> None:
    await road.fails(times=3)
    await road.pool.execute(
        "UPDATE provider_brakes SET failed_probes = 5000 WHERE provider = $1", road.provider
    )

    await road.till.end(has_failed([await road.probe()], OUTAGE))

    assert await road.waits() == 300
