"""What is left of a day's budget, and what a provider that is down does to posts: seen from outside, by commands."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.bench.mix import Mix, write_export
from tests.adapters.pictures import a_png
from tests.ingest.exports import a_picture, an_export
from tests.servers.gigachat.serving import KEY, FakeGigaChat, fake_gigachat
from tests.services_demo.service import ServiceProcess

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

DEADLINE = 150.0
#: Failures in a row that switch the brake on; seconds until the first probe, and between two at most.
LIMIT, FIRST_WAIT, LONGEST_WAIT = 3, 2.0, 4.0
POLICIES = f"""\
schema_version: 1
spending:
  currency: RUB
  prices:
    - {{provider: gigachat, input: 200, output: 400}}
  brake: {{failures: {LIMIT}, first_wait_s: {FIRST_WAIT}, longest_wait_s: {LONGEST_WAIT}}}
"""
#: Requests that the contract with GigaChat allows at a time.
AT_A_TIME = 2
#: A picture takes 1,800 tokens or a little more and is estimated at 2,861: there is room for three, not for four.
FOR_THREE = 7_000


@dataclass(frozen=True)
class Office:
    """``postloom up`` with a GigaChat for words and pictures."""

    service: ServiceProcess
    gigachat: FakeGigaChat

    async def until(self, holds: Callable[[Any], bool]) -> None:
        """Wait until that holds of the status."""
        async with asyncio.timeout(DEADLINE):
            while not holds(await self.service.ask("status")):
                await asyncio.sleep(0.5)


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    (folder / "data").mkdir()
    (folder / "policies.yaml").write_text(POLICIES, encoding="utf-8")
    async with fake_gigachat(streams=AT_A_TIME) as fake:
        service = ServiceProcess(folder / "data", {
            "POSTLOOM_PROVIDERS__TAGS": "gigachat", "POSTLOOM_PROVIDERS__VISION": "gigachat",
            "POSTLOOM_GIGACHAT__BASE_URL": fake.base_url, "POSTLOOM_GIGACHAT__AUTH_URL": fake.auth_url,
            "POSTLOOM_GIGACHAT__CREDENTIALS": KEY, "POSTLOOM_GIGACHAT__CONCURRENCY": str(AT_A_TIME),
            "POSTLOOM_POLICIES": str(folder / "policies.yaml"), "POSTLOOM_TEMPORAL__UI": "false",
        })  # fmt: skip
        await service.start()
        try:
            yield Office(service, fake)
        finally:
            await service.stop()


def pictures(folder: Path) -> Path:
    """An export of ten posts, each with a picture of its own and no words."""
    bodies = [a_png((64 + n, 48), "red") for n in range(10)]
    return an_export(folder, *(a_picture(n, folder, body=body) for n, body in enumerate(bodies, start=1)))


def unfinished(facts: Any) -> int:
    """How many posts are in the archive and on their way."""
    return sum(row["posts"] for row in facts["unfinished"])


async def spent(office: Office, tenant: str) -> dict[str, Any]:
    """What the tenant spent today, by stage; of everything under the empty name."""
    [shown] = await office.service.ask("budget", "show", "--tenant", tenant)
    return {budget["stage"]: budget for budget in shown["budgets"]}


async def test_a_budget_for_three_pictures_of_ten_has_seven_wait_until_it_is_raised(
    office: Office, tmp_path: Path
) -> None:
    service = office.service
    await service.tell("tenants", "add", "thrifty")
    await service.tell("budget", "set", "thrifty", "--stage", "vision", "--tokens", str(FOR_THREE))
    await service.ask("import", str(pictures(tmp_path)), "--tenant", "thrifty")

    await office.until(lambda facts: facts["workflows"]["deferred"] == {"vision:BudgetExhaustedError": 7})
    before = await office.gigachat.ledger()
    stuck = await service.ask("stuck")
    await service.tell("budget", "set", "thrifty", "--stage", "vision", "--tokens", "1000000")
    await office.until(lambda facts: not facts["workflows"]["deferred"] and not facts["unfinished"])

    after, counted = await office.gigachat.ledger(), await spent(office, "thrifty")
    assert sum(before["looks"].values()) == 3
    assert (stuck["go_on_by_themselves"], stuck["need_you"]) == (7, 0)
    assert sorted(after["looks"].values()) == [1] * 10
    assert (counted["vision"]["calls"], counted[""]["lost"]) == (10, 0)
    assert counted[""]["tokens"]["used"] == after["tokens"]["input_tokens"] + after["tokens"]["output_tokens"]


async def test_a_provider_that_is_down_is_left_in_peace_and_posts_go_on_when_it_is_back(
    office: Office, tmp_path: Path
) -> None:
    service, seconds = office.service, 10.0
    before = await office.gigachat.ledger()
    export = write_export(tmp_path, Mix(text=140, link=0, picture=10, albums=0))
    await service.tell("tenants", "add", "patient")
    await service.ask("import", str(export), "--tenant", "patient")
    await office.until(lambda facts: 0 < unfinished(facts) < 120)

    await office.gigachat.fail(status=500, path="/api/", seconds=seconds)
    await office.until(lambda facts: facts["spending"]["brakes"])
    stuck = await service.ask("stuck")
    await office.until(lambda facts: not facts["unfinished"])

    after, counted = await office.gigachat.ledger(), await spent(office, "patient")
    probes = seconds / FIRST_WAIT
    asked_in_vain = after["statuses"]["500"] - before["statuses"].get("500", 0)
    assert LIMIT <= asked_in_vain <= LIMIT + AT_A_TIME - 1 + probes
    assert stuck["need_you"] == 0
    assert (counted["vision"]["calls"], counted[""]["lost"]) == (10, 0)
    assert set(after["looks"].values()) == {1}
    assert counted[""]["tokens"]["used"] == sum(
        after["tokens"][kind] - before["tokens"][kind] for kind in ("input_tokens", "output_tokens")
    )
