"""What docs/spending.md lets people ask the tables, and write into the policy file, is asked and read here."""

import re
from pathlib import Path

import pytest

from adapters.postgres.pool import open_pool
from adapters.postgres.spending import Spending
from domain.policy import Policies
from tests.spent import a_payer, a_policy, a_wish, was_answered
from workers.policies import load_policies

_PAPER = (Path(__file__).parents[2] / "docs" / "spending.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", _PAPER, re.DOTALL)


@pytest.mark.services
async def test_every_query_of_the_paper_is_answered(postgres_dsn: str) -> None:
    async with await open_pool(postgres_dsn, 2) as pool:
        till, tenant = Spending(pool, a_policy()), await a_payer(pool, "acme")
        await till.end(was_answered([await till.reserve(a_wish(tenant, 100))], 60))
        queries = [query for block in blocks("sql") for query in block.split(";") if query.strip()]
        answers = [await pool.fetch(query) for query in queries]

    drift, by_day, by_model, lost = answers
    assert (drift, lost) == ([], [])
    assert [(row["stage"], row["calls"], row["tokens"]) for row in by_day] == [("", 1, 60), ("tags", 1, 60)]
    assert [(row["model_answered"], row["input"] + row["output"]) for row in by_model] == [("words-1:7", 60)]


def test_the_prices_and_budgets_of_the_paper_are_a_policy(tmp_path: Path) -> None:
    (block,) = blocks("yaml")
    (tmp_path / "policies.yaml").write_text(block, encoding="utf-8")

    policies: Policies = load_policies(tmp_path / "policies.yaml")

    price = policies.spending.price("gigachat", "GigaChat-2-Max:2.0")
    assert price and price.cached == 0
    assert policies.spending.limit("vision").tokens_per_day == 500_000
