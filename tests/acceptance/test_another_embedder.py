"""Another vector size, with the whole service: search goes on, only vectors are made anew, then search changes over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.postgres.door import Directory
from adapters.postgres.vectors import VectorRecords
from cli.service import Service, running_service
from cli.whole import search_of
from contracts.post import PostRef, Refresh
from contracts.streams import POSTS_PARSED
from runtime.settings import Settings, TemporalSettings
from tests.acceptance.producer import entry
from tests.build import a_tenant, an_embedder
from workers.filling import switch_if_full
from workers.questions import Question
from workflows.starting import refresh_post

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

POSTS = 6
DEADLINE = 90.0
TENANT = a_tenant()
REFS = """
SELECT p.id AS post_id, p.tenant_id, p.channel_id, c.tg_channel_id, p.telegram_message_id AS message_id, p.trace_id
FROM posts p JOIN channels c ON c.id = p.channel_id ORDER BY p.telegram_message_id
"""


@asynccontextmanager
async def started(folder: Path, size: int) -> AsyncIterator[Service]:
    settings = Settings(data_dir=folder, vector_size=size, temporal=TemporalSettings(ui=False))
    async with running_service(settings, print) as service:
        yield service


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await condition():
            await asyncio.sleep(0.1)


async def write(service: Service, *entries: dict[str, str]) -> None:
    for fields in entries:
        mapped: Any = fields
        await service.stores.redis.xadd(POSTS_PARSED, mapped)


async def refs(service: Service) -> list[PostRef]:
    return [PostRef.model_validate(dict(row)) for row in await service.stores.pool.fetch(REFS)]


async def runs(service: Service) -> dict[str, int]:
    rows = await service.stores.pool.fetch("SELECT stage, sum(runs)::int AS runs FROM post_stages GROUP BY 1")
    return {row["stage"]: row["runs"] for row in rows}


async def indexed(service: Service, count: int) -> None:
    """Wait until so many posts are indexed and no workflow is open."""

    async def is_indexed() -> bool:
        running = await service.client.count_workflows("ExecutionStatus='Running'")
        return running.count == 0 and await VectorRecords(service.stores.pool).count(TENANT) == count

    await until(is_indexed)


async def found(service: Service, words: str) -> list[UUID]:
    answer = await search_of(service).search(Question(text=words, limit=3))
    return [hit.post_id for hit in answer.hits]


async def one_edited_one_new(service: Service) -> None:
    """Let message 1 become another text, and message 7 come."""
    edit = {**entry(TENANT, 1), "text": "Планетарий откроется в воскресенье." * 3, "is_edited": "True"}
    await write(service, edit, {**entry(TENANT, 7), "text": "Дирижабль пролетит над рекой в субботу." * 3})
    await indexed(service, POSTS + 1)


async def all_refreshed(service: Service) -> None:
    for ref in await refs(service):
        await refresh_post(service.client, ref, Refresh(reason="another embedder", event_id="once"))

    async def is_full() -> bool:
        return await service.stores.vectors.count(TENANT) == POSTS + 1

    await until(is_full)
    await indexed(service, POSTS + 1)


async def test_search_goes_on_while_vectors_are_made_anew_and_nothing_else_is(tmp_path: Path) -> None:
    async with started(tmp_path, 128) as service:
        await Directory(service.stores.pool).add_tenant(TENANT, "reader")
        await write(service, *(entry(TENANT, number) for number in range(1, POSTS + 1)))
        await indexed(service, POSTS)
        hits = await found(service, "каток открывается")

    async with started(tmp_path, 256) as service:
        vectors = service.stores.vectors
        same_hits = await found(service, "каток открывается")
        await one_edited_one_new(service)
        posts, before = {ref.message_id: ref.post_id for ref in await refs(service)}, await runs(service)
        fresh_hits = [(await found(service, words))[0] for words in ("планетарий", "дирижабль")]
        meanwhile = await vectors.searched_by(TENANT)
        await all_refreshed(service)
        await switch_if_full(TENANT, vectors, VectorRecords(service.stores.pool))
        after, left = await runs(service), (await vectors.layout(TENANT)).there
        last_hits = [(await found(service, words))[0] for words in ("планетарий", "дирижабль")]

    assert same_hits == hits != []
    assert fresh_hits == last_hits == [posts[1], posts[7]]
    assert (meanwhile, [c.embedder for c in left]) == (an_embedder(128), [an_embedder(256)])
    assert {stage: after[stage] - before[stage] for stage in after if after[stage] != before[stage]} == {
        "vectors": POSTS - 1
    }
