"""What people are told of spending: by day and tenant, and by post."""

import asyncpg
import pytest

from adapters.postgres.budgets import Budgets
from adapters.postgres.explaining import Records
from adapters.postgres.posts import PostArchive
from adapters.postgres.spending import Spending
from cli.status.spending import spending
from contracts.errors import UnansweredError, UnavailableError
from contracts.post import PostRef
from contracts.stages import Stage
from domain.calls import given_back
from domain.spending import SpendingPolicy
from tests.adapters.saved import a_known_ref, save
from tests.spent import a_payer, a_policy, a_wish, has_failed, was_answered

pytestmark = pytest.mark.services

PICTURE, OTHER = "a" * 64, "b" * 64


async def has_picture(pool: asyncpg.Pool, ref: PostRef, sha256: str) -> None:
    await pool.execute(
        "INSERT INTO media_objects (tenant_id, file_sha256, mime, size_bytes) VALUES ($1, $2, 'image/png', 1)",
        ref.tenant_id, sha256,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO post_media_map (post_id, tenant_id, file_sha256) VALUES ($1, $2, $3)",
        ref.post_id, ref.tenant_id, sha256,
    )  # fmt: skip


async def test_a_post_is_told_with_its_calls_and_those_about_its_pictures(
    pool: asyncpg.Pool, archive: PostArchive, ref: PostRef
) -> None:
    till, neighbour = Spending(pool, a_policy()), await a_known_ref(pool)
    await save(archive, ref)
    await has_picture(pool, ref, PICTURE)
    tenant = ref.tenant_id
    own = await till.reserve(a_wish(tenant, 100, post_id=ref.post_id))
    await till.end(was_answered([own], 60))
    lost = await till.reserve(a_wish(tenant, 30, post_id=ref.post_id))
    await till.end(has_failed([lost], UnansweredError("timeout")))
    for who, sha256 in ((tenant, PICTURE), (tenant, OTHER), (neighbour.tenant_id, PICTURE)):
        await till.reserve(a_wish(who, 7, stage=Stage.VISION, sha256=sha256))

    told = await Records(pool).post(ref.post_id)

    assert told is not None
    assert [
        (c["stage"], c["state"], c["is_own"], c["counted_tokens"], c["counted_microunits"])
        for c in told["calls"]
    ] == [
        ("tags", "settled", True, 60, 60_000),
        ("tags", "lost", True, 30, 30_000),
        ("vision", "reserved", False, 7, 7_000),
    ]
    assert (told["calls"][0]["model"], told["calls"][0]["model_answered"]) == ("words-1", "words-1:7")


async def test_today_is_told_by_stage_and_yesterday_is_not(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    old = await till.reserve(a_wish(tenant, 500))
    for table in ("spend_days", "spend_ledger"):
        await pool.execute(f"UPDATE {table} SET day = day - 1 WHERE tenant_id = $1", tenant)
    shares = [await till.reserve(a_wish(tenant, 10, stage=Stage.VISION)) for _ in range(4)]
    await till.end(was_answered(shares[:2], 12))
    await till.end(given_back(shares[2:3], "not sent"))

    rows = {row["stage"]: row for row in await Budgets(pool).today(tenant)}

    told = {
        stage: (row["tokens"], row["reserved_tokens"], row["microunits"], row["calls"], row["requests"])
        for stage, row in rows.items()
    }
    asked, nothing = (22, 10, 22_000, 3, 1), (0, 0, 0, 0, 0)
    assert told == {"": asked, "tags": nothing, "vision": asked, "vectors": nothing}
    assert list(rows) == ["", "tags", "vision", "vectors"]
    assert old.id


async def test_status_names_those_who_asked_somebody_today_and_the_brakes(pool: asyncpg.Pool) -> None:
    till, busy, idle = Spending(pool, a_policy()), await a_payer(pool, "занятой"), await a_payer(pool)
    for _ in range(3):
        share = await till.reserve(a_wish(busy, 10, provider="down"))
        await till.end(has_failed([share], UnavailableError("503")))
    await till.reserve(a_wish(busy, 10))

    told = await spending(pool, SpendingPolicy())

    names = [tenant["tenant"] for tenant in told["today"]]
    assert "занятой" in names
    assert str(idle) not in names
    assert [(brake["provider"], brake["failures"]) for brake in told["brakes"]] == [("down", 3)]
