"""The look at calls whose time is over: each is lost once, and Prometheus sees it, as it sees the brakes."""

from uuid import uuid4

import asyncpg
import pytest

from activities.metered_tagging import MeteredTagger
from adapters.postgres.brakes import Brakes
from adapters.postgres.spending import Spending
from contracts.errors import UnansweredError
from runtime import metrics
from tests.activities.fake_models import FakeWords
from tests.build import LONG, an_asker
from tests.spent import QUICK, a_payer, a_policy, a_wish, drift, has_failed
from workers.spending import look, meter

pytestmark = pytest.mark.services


def seen(name: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(name, labels)


async def test_what_was_lost_is_counted_once(pool: asyncpg.Pool) -> None:
    till, provider = Spending(pool, a_policy()), f"p{uuid4()}"
    for _ in range(2):
        share = await till.reserve(a_wish(await a_payer(pool), 10, provider=provider))
        await pool.execute("UPDATE spend_ledger SET ends_at = now() WHERE id = $1", share.id)

    for _ in range(2):
        await look(till, Brakes(pool, QUICK))

    assert seen("postloom_provider_calls_lost_total", provider=provider, stage="tags") == 2


async def test_a_brake_is_seen_while_it_is_on(pool: asyncpg.Pool) -> None:
    till, tenant, provider = Spending(pool, a_policy()), await a_payer(pool), f"p{uuid4()}"
    shares = [await till.reserve(a_wish(tenant, 10, provider=provider)) for _ in range(4)]
    for share in shares[:3]:
        await till.end(has_failed([share], UnansweredError("timeout")))
    await look(till, Brakes(pool, QUICK))
    on = seen("postloom_provider_brake", provider=provider)
    await pool.execute("UPDATE provider_brakes SET opened_at = NULL WHERE provider = $1", provider)

    await look(till, Brakes(pool, QUICK))

    assert (on, seen("postloom_provider_brake", provider=provider)) == (1, 0)


async def test_a_metered_call_is_on_record_and_counted(pool: asyncpg.Pool) -> None:
    tenant, provider = await a_payer(pool), f"p{uuid4()}"
    policy = a_policy(prices=[{"provider": provider, "input": 1000, "output": 1000}])
    model = FakeWords(provider=provider, weather=[UnansweredError("timeout")])
    tagger = MeteredTagger([model], meter(pool, policy))

    with pytest.raises(UnansweredError):
        await tagger.tags_for(LONG, an_asker(tenant_id=tenant))
    await tagger.tags_for(LONG, an_asker(tenant_id=tenant))

    who = {"provider": provider, "stage": "tags"}
    assert seen("postloom_provider_calls_total", **who, outcome="settled") == 1
    assert seen("postloom_provider_requests_total", **who, outcome="lost") == 1
    assert seen("postloom_provider_calls_lost_total", **who) == 1
    assert seen("postloom_provider_tokens_total", **who, kind="input") == 8
    assert seen("postloom_provider_cost_microunits_total", **who) == 10_000
    states = await pool.fetch(
        "SELECT state FROM spend_ledger WHERE tenant_id = $1 ORDER BY reserved_at", tenant
    )
    assert [row["state"] for row in states] == ["lost", "settled"]
    assert not await drift(pool)
