"""Duplicates, disorder, edits and deletions end where the same changes end in order."""

from pathlib import Path

import pytest
from temporalio.client import Client

from contracts.identity import tenant_id
from domain.policy import Policies
from runtime.embedded.stack import StackAddresses
from runtime.settings import Settings
from tests.acceptance.changes import in_order, shuffled
from tests.acceptance.disorder import End, Site, differences, run_through, told_twice
from tests.stack import a_database
from workers.providers import local_providers

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

SEED, POSTS = 20261124, 40
TENANT = tenant_id("disorder")


class Runs:
    """Runs over fresh stores, one after the other."""

    def __init__(self, site: Site, stack: StackAddresses, folder: Path, redis_url: str) -> None:
        self._site, self._stack, self._folder, self._redis = site, stack, folder, redis_url
        self._count = 0

    async def end_of(self, *, disorder: bool, live: bool) -> End:
        """Run the changes of the seed; return what they left."""
        self._count += 1
        changes = in_order(SEED, POSTS, TENANT)
        settings = Settings(data_dir=self._folder / str(self._count))
        async with a_database(self._stack.postgres) as postgres:
            return await run_through(
                self._site,
                settings,
                (postgres, self._redis),
                shuffled(changes, SEED) if disorder else changes,
                live=live,
            )


@pytest.fixture(scope="module")
async def runs(
    temporal_client: Client, stack: StackAddresses, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Runs:
    folder = tmp_path_factory.mktemp("disorder")
    providers = local_providers(Settings(data_dir=folder), Policies())
    return Runs(Site(temporal_client, providers, TENANT), stack, folder, redis_url)


@pytest.fixture(scope="module")
async def ordered(runs: Runs) -> End:
    return await runs.end_of(disorder=False, live=False)


async def test_changes_that_wait_end_the_same_to_the_last_key_in_any_order(runs: Runs, ordered: End) -> None:
    end = await runs.end_of(disorder=True, live=False)

    assert differences(ordered, end) == []
    assert told_twice(end) == []


async def test_changes_that_come_while_posts_are_built_end_in_the_same_state(
    runs: Runs, ordered: End
) -> None:
    end = await runs.end_of(disorder=True, live=True)

    assert differences(ordered, end, keys=False) == []
    assert told_twice(end) == []


async def test_something_happened(ordered: End) -> None:
    assert len(ordered.rows["posts"]) + len(ordered.rows["tombstones"]) == POSTS
    assert len(ordered.rows["tombstones"]) > 2
    assert len(ordered.points) == len(ordered.rows["posts"])
    assert len(ordered.keys["stream:posts:deleted"]) == len(ordered.rows["tombstones"])
