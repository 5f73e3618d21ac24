"""The whole service: a campaign tags every post once more, and one that is asked for again tags nobody."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.postgres.door import Directory
from cli.service import running_service
from contracts.campaign import CampaignInput, CampaignProgress, Selection
from contracts.encoding import decode
from contracts.stages import Stage
from contracts.streams import POSTS_TAGGED
from runtime.settings import Settings, TemporalSettings
from tests.acceptance.producer import entry
from tests.acceptance.test_posts import Office, has_group, until
from tests.build import a_tenant
from workflows.campaigning import start_campaign

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

POSTS = 40


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """The service over a tenant whose posts were written and have all ended."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("campaigns"), temporal=TemporalSettings(ui=False))
    async with running_service(settings, print) as service:
        office = Office(service, a_tenant())
        await Directory(service.stores.pool).add_tenant(office.tenant, "office")
        await office.write(*(entry(office.tenant, number) for number in range(1, POSTS + 1)))
        await until(lambda: has_group(service))
        await until(lambda: office.is_concluded(POSTS))
        await office.settled()
        yield office


async def run(office: Office, id: str, **values: Any) -> CampaignProgress:
    selection = Selection.model_validate({"tenant_id": office.tenant, **values})
    campaign = CampaignInput(campaign_id=id, selection=selection, per_second=20)
    return await (await start_campaign(office.service.client, campaign)).result()


async def tagged(office: Office, trigger: str) -> Counter[str]:
    """How often each post was announced as tagged for that reason."""
    entries = await office.service.stores.redis.xrange(POSTS_TAGGED)
    events = [decode(fields) for _, fields in entries]
    return Counter(event["post_id"] for event in events if event["trigger"] == trigger)


async def test_every_post_is_tagged_once_more_and_announced_once(office: Office) -> None:
    before = await office.measured()

    first, again = await run(office, "one"), await run(office, "one")

    manual = await tagged(office, "manual")
    assert (first.state, first.told, first.done, first.parked) == ("finished", POSTS, POSTS, 0)
    assert again.done == POSTS
    assert (len(manual), set(manual.values())) == (POSTS, {1})
    assert len(await tagged(office, "initial")) == POSTS
    after = await office.measured()
    assert after["runs"] == before["runs"] + POSTS
    changed = {name for name, count in after.items() if count != before[name]}
    assert changed == {POSTS_TAGGED, "runs"}


async def test_who_asked_is_kept_with_the_tags(office: Office) -> None:
    rows = await office.service.stores.pool.fetch(
        "SELECT e.data FROM post_enrichment e JOIN posts p ON p.id = e.post_id "
        "WHERE p.tenant_id = $1 AND e.kind = 'tags'",
        office.tenant,
    )

    assert {row["data"]["forced_by"] for row in rows} == {"one"}
    assert "one" not in json.dumps([row["data"]["tags"] for row in rows])


async def test_what_has_no_tags_is_found_as_failed(office: Office) -> None:
    ended = await run(office, "failed", failed_only=True)

    assert ended.done == POSTS // 10


async def test_what_lost_a_record_is_brought_up_to_date(office: Office) -> None:
    pool = office.service.stores.pool
    await pool.execute(
        "DELETE FROM post_stages s USING posts p WHERE p.id = s.post_id AND p.tenant_id = $1 "
        "AND s.stage = 'vectors' AND p.telegram_message_id <= 3",
        office.tenant,
    )

    ended = await run(office, "stale", kind="stale")

    assert ended.estimate
    assert (ended.done, ended.estimate.stages) == (3, {Stage.VECTORS: 3})
    assert (await run(office, "stale again", kind="stale")).estimate == type(ended.estimate)()
