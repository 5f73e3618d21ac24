"""Vectors that were paid for, in a real database: found again for the same text, gone with their post."""

import struct

import asyncpg
import pytest

from adapters.postgres.deleting import FORGET_POST
from adapters.postgres.paid_vectors import PaidVectorMemory
from adapters.postgres.posts import PostArchive
from adapters.postgres.vectors import VectorRecords
from contracts.identity import digest
from contracts.post import PostRef
from tests.adapters.saved import save
from tests.build import an_embedder

pytestmark = pytest.mark.services

SMALL, OTHER = an_embedder(3), an_embedder(3, model="other")
VECTOR = (0.886, -1.5e-7, 3.0)
TEXT, EDITED = digest("Мост открыт"), digest("Мост закрыт")


@pytest.fixture
async def memory(pool: asyncpg.Pool, archive: PostArchive, ref: PostRef) -> PaidVectorMemory:
    await save(archive, ref)
    return PaidVectorMemory(pool)


async def test_a_vector_is_found_again_with_the_numbers_that_the_index_keeps(
    memory: PaidVectorMemory, ref: PostRef
) -> None:
    await memory.keep(ref.post_id, SMALL, TEXT, VECTOR)

    found = await memory.find(ref.post_id, SMALL, TEXT)

    assert found == struct.unpack("<3f", struct.pack("<3f", *VECTOR))


async def test_another_text_or_another_embedder_has_none(memory: PaidVectorMemory, ref: PostRef) -> None:
    await memory.keep(ref.post_id, SMALL, TEXT, VECTOR)

    assert await memory.find(ref.post_id, SMALL, EDITED) is None
    assert await memory.find(ref.post_id, OTHER, TEXT) is None


async def test_of_each_embedder_the_last_is_kept(memory: PaidVectorMemory, ref: PostRef) -> None:
    await memory.keep(ref.post_id, SMALL, TEXT, VECTOR)
    await memory.keep(ref.post_id, OTHER, TEXT, VECTOR)

    await memory.keep(ref.post_id, SMALL, EDITED, (1.0, 2.0, 3.0))

    assert await memory.find(ref.post_id, SMALL, TEXT) is None
    assert await memory.find(ref.post_id, SMALL, EDITED) == (1.0, 2.0, 3.0)
    assert await memory.find(ref.post_id, OTHER, TEXT) is not None


async def test_it_goes_with_its_post_and_none_is_kept_of_one_that_is_gone(
    memory: PaidVectorMemory, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await memory.keep(ref.post_id, SMALL, TEXT, VECTOR)
    await pool.execute(FORGET_POST, ref.post_id, ref.tenant_id)
    gone = await memory.find(ref.post_id, SMALL, TEXT)

    await memory.keep(ref.post_id, SMALL, TEXT, VECTOR)

    assert (gone, await memory.find(ref.post_id, SMALL, TEXT)) == (None, None)


async def test_those_of_a_collection_that_goes_are_let_go_of(
    memory: PaidVectorMemory, pool: asyncpg.Pool, ref: PostRef
) -> None:
    for embedder in (SMALL, OTHER):
        await memory.keep(ref.post_id, embedder, TEXT, VECTOR)

    await VectorRecords(pool).forget(ref.tenant_id, SMALL)

    assert await memory.find(ref.post_id, SMALL, TEXT) is None
    assert await memory.find(ref.post_id, OTHER, TEXT) is not None
