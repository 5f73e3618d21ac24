"""Faults that take seconds, each over the whole service in processes of its own. `make chaos` has them all.

What a repeated entry and a damaged one come to is tested in `tests/acceptance`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.case import Scenario, played
from tests.chaos.faults import crashes, entries, hostile, tenants
from tests.chaos.house import House, a_house
from tests.chaos.orders import BETWEEN, OUTSIDE, Death
from tests.chaos.table import Outcome, Wish

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

Play = Callable[[Scenario], Awaitable[Outcome]]


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with a_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def play(house: House) -> Play:
    """Plays a scenario in the house, for a tenant of its own."""
    return lambda scenario: played(scenario, house, Wish(house.folder))


async def test_a_relay_that_dies_before_it_remembers_what_it_told_repeats_nothing(tmp_path: Path) -> None:
    death = Death(where="events.append_all", moment=BETWEEN, during=OUTSIDE)

    outcome = await crashes.die(Wish(tmp_path), [death])

    assert outcome.wrong == {}
    assert outcome.found.posts > 2


async def test_albums_come_together_in_any_order(play: Play) -> None:
    assert (await play(entries.in_disorder)).wrong == {}


async def test_a_message_from_a_producer_and_an_import_is_one_post(play: Play) -> None:
    assert (await play(entries.from_two_sides)).wrong == {}


async def test_edits_of_nothing_but_white_space_run_no_stage(play: Play) -> None:
    assert (await play(entries.false_edits)).wrong == {}


async def test_new_reactions_are_counted_and_run_no_stage(play: Play) -> None:
    assert (await play(entries.only_reactions)).wrong == {}


async def test_poison_ends_like_any_other_post(play: Play) -> None:
    assert (await play(entries.poison)).wrong == {}


async def test_a_hostile_export_takes_nothing_from_outside(play: Play) -> None:
    assert (await play(hostile.hostile_exports)).wrong == {}


async def test_two_tenants_of_one_channel_see_nothing_of_each_other(play: Play) -> None:
    assert (await play(tenants.two_tenants)).wrong == {}


def test_every_activity_has_its_deaths() -> None:
    dying = {death.during or death.where for death in crashes.every_death()}

    assert set(crashes.every_activity()) <= dying
