"""What the ledger knows of earlier questions about the same thing, and what single pictures got for an answer."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from activities.metered_seeing import MeteredVision
from activities.metering import Meter
from adapters.postgres.spending import Spending
from contracts.asking import Asker, Usage
from contracts.errors import RefusedError, UnavailableError, UnusableAnswerError
from contracts.spending import Past
from contracts.stages import Stage
from domain.calls import given_back
from tests.activities.fake_models import FakeSight
from tests.build import an_asker
from tests.spent import a_payer, a_policy, a_wish, drift, has_failed, was_answered

pytestmark = pytest.mark.services

SHA256 = "ab" * 32


def about(tenant: UUID, minutes_ago: int = 1, **values: object) -> Asker:
    since = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return an_asker(Stage.VISION, tenant_id=tenant, sha256=SHA256, since=since, attempt=2, **values)


async def test_what_came_to_nothing_is_counted_and_waiting_is_not(pool: asyncpg.Pool) -> None:
    till, tenant, provider = Spending(pool, a_policy()), await a_payer(pool), f"p{uuid4()}"
    shares = [
        await till.reserve(a_wish(tenant, 1, stage=Stage.VISION, sha256=SHA256, provider=provider))
        for _ in range(4)
    ]
    await till.end(has_failed(shares[:1], UnusableAnswerError("cannot be used")))
    await till.end(has_failed(shares[1:2], UnavailableError("503")))
    await till.end(given_back(shares[2:3], "no place"))
    await till.end(was_answered(shares[3:], 10))

    assert await till.past(about(tenant), provider) == Past(failed=2, useless=1)
    assert await till.past(about(tenant), "another") == Past()
    assert await till.past(about(await a_payer(pool)), provider) == Past()


async def test_what_was_asked_before_it_was_wanted_again_does_not_count(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    share = await till.reserve(a_wish(tenant, 1, stage=Stage.VISION, sha256=SHA256))
    await till.end(has_failed([share], UnusableAnswerError("cannot be used")))
    await pool.execute(
        "UPDATE spend_ledger SET reserved_at = reserved_at - interval '1 hour' WHERE id = $1", share.id
    )

    assert await till.past(about(tenant, minutes_ago=30), "dear") == Past()
    assert await till.past(about(tenant, minutes_ago=90), "dear") == Past(failed=1, useless=1)


async def test_of_a_post_its_own_calls_count(pool: asyncpg.Pool) -> None:
    till, tenant, post = Spending(pool, a_policy()), await a_payer(pool), uuid4()
    share = await till.reserve(a_wish(tenant, 1, post_id=post))
    await till.end(has_failed([share], UnusableAnswerError("no tags", Usage(input_tokens=3))))

    assert await till.past(an_asker(tenant_id=tenant, post_id=post), "dear") == Past(failed=1, useless=1)
    assert await till.past(an_asker(tenant_id=tenant, post_id=uuid4()), "dear") == Past()


async def test_a_probe_whose_picture_cannot_be_sent_leaves_the_brake_on_for_the_next(
    pool: asyncpg.Pool,
) -> None:
    tenant, sight = await a_payer(pool), FakeSight(provider=f"p{uuid4()}", broken={b"a"})
    till = Spending(pool, a_policy())
    for _ in range(3):
        share = await till.reserve(a_wish(tenant, 1, provider=sight.provider))
        await till.end(has_failed([share], UnavailableError("503")))
    await pool.execute("UPDATE provider_brakes SET probe_at = now() WHERE provider = $1", sight.provider)
    vision = MeteredVision(sight, Meter(till, a_policy(), lambda ended: None))
    for _ in range(5):
        sight.turns.release()

    with pytest.raises(RefusedError):
        await vision.look(b"a", "image/png", about(tenant))

    is_on = "SELECT opened_at IS NOT NULL FROM provider_brakes WHERE provider = $1"
    assert await pool.fetchval(is_on, sight.provider)
    assert (await vision.look(b"b", "image/png", about(tenant))).tokens_used
    assert not await pool.fetchval(is_on, sight.provider)
    rows = await pool.fetch(
        "SELECT state, request_id IS NULL AS unsent FROM spend_ledger WHERE tenant_id = $1 AND sha256 = $2 "
        "ORDER BY reserved_at",
        tenant, SHA256,
    )  # fmt: skip
    assert [tuple(row) for row in rows] == [("released", True), ("settled", False)]
    assert not await drift(pool)


async def test_a_picture_has_its_own_error_in_the_ledger(pool: asyncpg.Pool) -> None:
    tenant, till = await a_payer(pool), Spending(pool, a_policy())
    sight = FakeSight(blind={b"a": UnusableAnswerError("cannot be used")})
    sight.turns.release()

    with pytest.raises(UnusableAnswerError):
        await MeteredVision(sight, Meter(till, a_policy(), lambda ended: None)).look(
            b"a", "image/png", about(tenant)
        )

    row = await pool.fetchrow("SELECT state, error FROM spend_ledger WHERE tenant_id = $1", tenant)
    assert row and tuple(row) == ("settled", "UnusableAnswerError: cannot be used")
