"""Budgets against a real archive and a real engine: what is set counts, and those who waited go on."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from adapters.postgres.door import Directory
from adapters.postgres.pool import open_pool
from adapters.postgres.spending import Spending
from cli.budget.waking import wake
from cli.main import run
from contracts.errors import BudgetExhaustedError, RejectedError
from contracts.stages import Stage
from domain.spending import SpendingPolicy
from runtime.embedded.stack import StackAddresses
from tests.build import LONG, a_post
from tests.spent import a_wish, has_failed
from tests.workflows.town import Town, a_town, until, within

pytestmark = pytest.mark.services

POLICIES = """
schema_version: 1
spending:
  currency: EUR
  prices: [{provider: dear, input: 1000, output: 1000}]
  budgets: {all: {tokens_per_day: 7000, money_per_day: 7}}
"""
SPENT = BudgetExhaustedError("spent", None)


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(postgres_dsn, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def town(temporal_client: Client, pool: asyncpg.Pool) -> AsyncIterator[Town]:
    """A town whose tenant is in the archive too."""
    async with a_town(temporal_client) as town:
        await Directory(pool).add_tenant(town.tenant, str(town.tenant))
        yield town


@pytest.fixture(autouse=True)
def _reached(
    stack: StackAddresses, postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands reach these servers as a team's would."""
    policies = tmp_path / "policies.yaml"
    policies.write_text(POLICIES)
    monkeypatch.setenv("POSTLOOM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("POSTLOOM_POSTGRES_DSN", postgres_dsn)
    monkeypatch.setenv("POSTLOOM_TEMPORAL__ADDRESS", stack.temporal)
    monkeypatch.setenv("POSTLOOM_POLICIES", str(policies))


async def said(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """Run a command as a process would, on a loop of its own; return its lines."""
    capsys.readouterr()
    status = await asyncio.to_thread(run, words)
    told = capsys.readouterr()
    assert status == 0, told.err
    return told.out.splitlines()


async def limits(pool: asyncpg.Pool, tenant: UUID) -> list[tuple[object, ...]]:
    rows = await pool.fetch(
        "SELECT stage, tokens_per_day, money_per_day_microunits, set_by FROM budgets WHERE tenant_id = $1 "
        "ORDER BY stage",
        tenant,
    )
    return [tuple(row) for row in rows]


async def stuck_at(town: Town, reason: str, message_id: int) -> None:
    """Start a post and wait until the engine lists it as stuck there."""
    handle = await town.start(a_post(town.ref(message_id), text=LONG))
    query = f"WorkflowId='{handle.id}' AND TgStuckReason='{reason}'"

    async def is_stuck() -> bool:
        return (await town.client.count_workflows(query)).count == 1

    await until(is_stuck)


async def test_what_is_set_is_kept_and_what_is_not_said_stays_the_policys(
    town: Town, pool: asyncpg.Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    name = str(town.tenant)

    first = await said(capsys, "budget", "set", name, "--tokens", "500", "--by", "anna")
    second = await said(capsys, "budget", "set", name, "--stage", "tags", "--money", "0.25", "--by", "anna")

    assert first == [f"{name}: everything: 500 tokens, 7.00 EUR a day", "nobody waited for it"]
    assert second[0] == f"{name}: tags: tokens without limit, 0.25 EUR a day"
    assert await limits(pool, town.tenant) == [
        ("", 500, 7_000_000, "anna"),
        ("tags", None, 250_000, "anna"),
    ]


async def test_what_is_set_counts_from_the_next_call_on(
    town: Town, pool: asyncpg.Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    till, name = Spending(pool, SpendingPolicy()), str(town.tenant)
    await till.reserve(a_wish(town.tenant, 100))

    told = await said(capsys, "budget", "set", name, "--tokens", "100")
    with pytest.raises(BudgetExhaustedError):
        await till.reserve(a_wish(town.tenant, 1))
    await said(capsys, "budget", "set", name, "--tokens", "none")
    await till.reserve(a_wish(town.tenant, 1))

    assert told[1] == "nothing is left for everything today: those who wait for it are not told"


async def test_budgets_are_shown_with_what_is_reserved_and_lost(
    town: Town, pool: asyncpg.Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    till = Spending(pool, SpendingPolicy())
    shares = [await till.reserve(a_wish(town.tenant, tokens, stage=Stage.VISION)) for tokens in (100, 10, 1)]
    await till.end(has_failed(shares[:2], KeyError("broken off")))

    [shown] = json.loads(
        "\n".join(await said(capsys, "budget", "show", "--tenant", str(town.tenant), "--json"))
    )

    everything, tags, vision, vectors = shown["budgets"]
    assert (shown["currency"], everything["lost"], everything["calls"], everything["requests"]) == (
        "EUR",
        2,
        3,
        1,
    )
    assert everything["lost_tokens"] == 110
    assert everything["tokens"] == {"limit": 7000, "used": 110, "reserved": 1, "left": 6889}
    assert everything["microunits"] == {
        "limit": 7_000_000,
        "used": 110_000,
        "reserved": 1_000,
        "left": 6_889_000,
    }
    assert vision["tokens"] == {"limit": None, "used": 110, "reserved": 1, "left": None}
    nothing = {"limit": None, "used": 0, "reserved": 0, "left": None}
    assert (tags["tokens"], vectors["tokens"]) == (nothing, nothing)


@pytest.mark.parametrize("stage", ["tags", "vectors"])
async def test_those_who_wait_for_a_budget_go_on_when_it_is_set(
    town: Town, capsys: pytest.CaptureFixture[str], stage: str
) -> None:
    weather = {"tags": town.world.tagger.weather, "vectors": town.world.embedder.weather}[stage]
    weather.always = SPENT
    await stuck_at(town, f"{stage}:BudgetExhaustedError", 7)
    weather.always = None

    told = await said(capsys, "budget", "set", str(town.tenant), "--stage", stage, "--tokens", "900")

    result = await within(town.wait(town.post(town.ref(7))))
    assert "1 that waited for it go on" in told
    assert result.state == "indexed"


async def test_only_those_are_told_that_wait_for_that_budget(town: Town, temporal_client: Client) -> None:
    town.world.tagger.weather.always = SPENT
    await stuck_at(town, "tags:BudgetExhaustedError", 8)
    town.world.tagger.weather.always = RejectedError("no")
    await stuck_at(town, "tags:RejectedError", 9)
    town.world.tagger.weather.always = None

    told = [
        await wake(temporal_client, town.tenant, Stage.VISION, "anna"),
        await wake(temporal_client, UUID(int=5), "", "anna"),
        await wake(temporal_client, town.tenant, "", "anna"),
    ]

    assert told == [0, 0, 1]
    assert (await within(town.wait(town.post(town.ref(8))))).state == "indexed"
    assert (await town.post(town.ref(9)).describe()).status is WorkflowExecutionStatus.RUNNING
