"""What cannot be asked is said in a sentence, by whoever asks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from cli.campaign.following import progress_of
from cli.explain.engine import told_by_engine
from contracts.errors import UnavailableError
from tests.build import SHORT, a_post
from tests.workflows.town import Town, until
from workflows.answering import asked

pytestmark = pytest.mark.services


@pytest.fixture
async def campaign(town: Town) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """A campaign that goes on as long as its post looks at a picture; it knows no query ``status``."""
    ref = town.ref()
    town.world.attach(ref, town.file())
    town.world.eyes.gate.clear()
    await town.start(a_post(ref, text=SHORT))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    yield await town.start_campaign()
    town.world.eyes.gate.set()


async def test_a_query_that_fails_is_said_in_our_words(campaign: WorkflowHandle[Any, Any]) -> None:
    with pytest.raises(UnavailableError, match="cannot say"):
        await asked(campaign.query("status"), 10)


async def test_a_workflow_whose_query_fails_is_explained_without_it(
    town: Town, campaign: WorkflowHandle[Any, Any]
) -> None:
    facts = await told_by_engine(town.client, campaign.id, begun=True)

    assert (facts["status"], facts["says"]) == ("running", None)


async def test_a_campaign_that_nobody_knows_is_no_trace(town: Town) -> None:
    with pytest.raises(UnavailableError, match="goes on as soon as"):
        await progress_of(town.client, "campaign:nobody")
