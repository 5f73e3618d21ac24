"""An album collects its items, waits for their pictures, and is put together."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from contracts.errors import BrakedError, BudgetExhaustedError, RejectedError
from contracts.parking import BY_ITSELF
from contracts.post import Decision, MediaRef, PostRef
from tests.build import LONG, a_post, a_timing, an_album, an_album_event, an_event
from tests.workflows.town import Town, counted, parked, until, within
from workflows.album import AlbumWorkflow
from workflows.attributes import DEFERRED, NEEDS_HUMAN, STATE, STUCK_REASON, WAITING
from workflows.starting import refresh_album

pytestmark = pytest.mark.services


def items_of(town: Town, count: int) -> tuple[PostRef, ...]:
    """Posts of one album, each with its own picture; they have not arrived yet."""
    refs = tuple(town.ref(number, grouped_id=town.album_ref().grouped_id) for number in range(1, count + 1))
    for ref in refs:
        town.world.attach(ref, picture_of(town, ref), words=f"табличка номер {ref.message_id}")
    return refs


def picture_of(town: Town, ref: PostRef) -> MediaRef:
    return town.file(str(ref.message_id))


async def arrive(town: Town, *refs: PostRef) -> None:
    """The first carries the caption."""
    for ref in refs:
        await town.run(a_post(ref, text=LONG if ref.message_id == 1 else ""))


async def test_an_album_whose_items_are_there_is_assembled_complete(town: Town) -> None:
    refs = items_of(town, 3)
    await arrive(town, *refs)

    result = await town.run_album(an_album(town.album_ref(), refs))

    (event,) = town.told_events("album:assembled")
    assert (result.state, result.items, result.missing) == ("complete", 3, ())
    assert (event["items_count"], event["items_analyzed"], event["partial"]) == (3, 3, False)
    assert "табличка номер 2" in event["vision_ocr_text"]
    assert len(town.world.eyes.looks) == 3


async def test_the_summary_refreshes_the_post_with_the_caption(town: Town) -> None:
    refs = items_of(town, 2)
    await arrive(town, *refs)

    await town.run_album(an_album(town.album_ref(), refs))
    await within(town.wait(town.post(refs[0])))

    assert "табличка номер 2" in town.world.tagger.texts[-1]
    assert "табличка номер 2" in str(town.told_events("posts:enriched")[-1]["enrichment_data"]["album_text"])


async def test_an_album_before_its_items_waits_and_says_so(town: Town) -> None:
    refs = items_of(town, 2)
    handle = await town.start_album(an_album(town.album_ref(), refs))

    async def waits() -> bool:
        return (await handle.describe()).typed_search_attributes.get(STATE) == WAITING

    await until(waits)
    await arrive(town, *refs)

    assert (await within(handle.result())).state == "complete"


async def test_items_that_never_arrive_are_missing_at_the_deadline(town: Town) -> None:
    refs = items_of(town, 3)
    await arrive(town, *refs[:2])

    result = await town.run_album(an_album(town.album_ref(), refs, deadline_seconds=0.5))

    (event,) = town.told_events("album:assembled")
    assert (result.state, result.items, result.missing) == ("partial", 2, ("item 3",))
    assert (event["partial"], event["missing"], event["items_analyzed"]) == (True, ["item 3"], 2)


async def test_a_second_look_does_not_wait_once_more_for_items_that_never_came(town: Town) -> None:
    refs = items_of(town, 2)
    await arrive(town, refs[0])
    await town.run_album(an_album(town.album_ref(), refs, deadline_seconds=0.5))

    await refresh_album(town.client, town.album_ref())

    handle = town.client.get_workflow_handle_for(AlbumWorkflow.run, town.album_ref().workflow_id)
    result = await within(handle.result())
    assert (result.state, result.missing) == ("partial", ("item 2",))
    assert len(town.told_events("album:assembled")) == 1


async def test_an_item_that_cannot_be_looked_at_is_named_and_the_rest_is_assembled(town: Town) -> None:
    refs = items_of(town, 3)
    broken = (picture_of(town, refs[1]).object_key or "").encode()
    town.world.eyes.blind[broken] = RejectedError("too dark")
    for ref in refs:
        await town.world.archive.save(ref, an_event(ref), a_timing())

    result = await town.run_album(an_album(town.album_ref(), refs))

    (event,) = town.told_events("album:assembled")
    assert (result.state, result.missing) == ("partial", ("message 2",))
    assert (event["items_analyzed"], event["missing"]) == (2, ["message 2"])


async def test_an_album_that_grows_is_assembled_again(town: Town) -> None:
    refs = items_of(town, 3)
    await arrive(town, *refs)
    await town.run_album(an_album(town.album_ref(), refs[:2]))

    await town.run_album(an_album(town.album_ref(), refs))

    events = town.told_events("album:assembled")
    assert [event["items_count"] for event in events] == [2, 3]


async def test_an_announcement_during_the_run_counts_in_the_same_run(town: Town) -> None:
    refs = items_of(town, 3)
    await arrive(town, refs[0])
    handle = await town.start_album(an_album(town.album_ref(), refs[:2]))

    await handle.signal(AlbumWorkflow.grown, an_album_event(town.album_ref(), refs))
    await arrive(town, *refs[1:])

    assert (await within(handle.result())).items == 3


async def test_an_unchanged_album_is_not_assembled_again(town: Town) -> None:
    refs = items_of(town, 2)
    await arrive(town, *refs)
    await town.run_album(an_album(town.album_ref(), refs))

    await town.run_album(an_album(town.album_ref(), refs))

    _, scheduled = await counted(town.client.get_workflow_handle(town.album_ref().workflow_id))
    assert not scheduled
    assert len(town.told_events("album:assembled")) == 1


async def test_what_the_posts_looked_at_is_not_looked_at_again_for_the_album(town: Town) -> None:
    refs = items_of(town, 2)
    await arrive(town, *refs)

    await town.run_album(an_album(town.album_ref(), refs))

    assert sorted(town.world.eyes.looks) == sorted(
        (picture_of(town, ref).object_key or "").encode() for ref in refs
    )


async def test_an_album_that_cannot_be_put_together_is_parked_and_goes_on_when_told(town: Town) -> None:
    refs = items_of(town, 2)
    await arrive(town, *refs)
    town.world.graph.weather.always = RejectedError("the graph refuses it")
    handle = await town.start_album(an_album(town.album_ref(), refs))

    async def is_parked() -> bool:
        return (await handle.describe()).typed_search_attributes.get(STATE) == NEEDS_HUMAN

    await until(is_parked)
    town.world.graph.weather.always = None
    await handle.signal(AlbumWorkflow.resolve, Decision(action="retry"))
    result = await within(handle.result())

    assert result.state == "complete"
    assert len(town.told_events("album:assembled")) == 1


async def test_an_album_whose_store_is_left_alone_waits_and_goes_on_by_itself(town: Town) -> None:
    refs = items_of(town, 2)
    await arrive(town, *refs)
    now = datetime.now(UTC)
    town.world.graph.weather.always = BrakedError("left alone", timedelta(hours=1), now)
    handle = await town.start_album(an_album(town.album_ref(), refs, park_seconds=0.1))
    await parked(handle, DEFERRED)

    town.world.graph.weather.always = None
    result = await within(handle.result())

    shown = (await handle.describe()).typed_search_attributes
    assert (result.state, shown.get(STATE), shown.get(STUCK_REASON)) == ("complete", "complete", None)
    assert [end.woken_by for end in town.world.parks.ended.values()] == [BY_ITSELF]


async def test_an_album_whose_pictures_wait_for_a_budget_is_put_together_again_with_them(town: Town) -> None:
    refs = items_of(town, 2)
    for ref in refs:
        town.world.attach(ref, picture_of(town, ref), words="афиша")
    town.world.eyes.weather.always = BudgetExhaustedError("spent", datetime.now(UTC) + timedelta(seconds=2))
    posts = [await town.start(a_post(ref, text="")) for ref in refs]
    for post in posts:
        await parked(post, DEFERRED)
    assert (await town.run_album(an_album(town.album_ref(), refs))).state == "partial"

    town.world.eyes.weather.always = None
    for post in posts:
        await within(post.result())

    async def is_complete() -> bool:
        return town.told_events("album:assembled")[-1]["partial"] is False

    await until(is_complete)


async def test_an_album_that_was_given_up_ends_with_the_reason(town: Town) -> None:
    refs = items_of(town, 2)
    await arrive(town, *refs)
    town.world.graph.weather.always = RejectedError("the graph refuses it")
    handle = await town.start_album(an_album(town.album_ref(), refs))

    async def is_parked() -> bool:
        return (await handle.describe()).typed_search_attributes.get(STATE) == NEEDS_HUMAN

    await until(is_parked)
    await handle.signal(AlbumWorkflow.resolve, Decision(action="give-up", by="anna"))

    with pytest.raises(WorkflowFailureError) as failed:
        await within(handle.result())
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "GivenUp"
