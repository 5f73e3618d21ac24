"""What a post, an album and a channel picture may cost: history events and regular activities, in real histories."""

import pytest

from contracts.post import PostRef
from tests.build import LONG, SHORT, a_channel_photo, a_post, an_album
from tests.workflows.town import Town, counted, within

pytestmark = pytest.mark.services


async def test_a_text_stays_within_40_events_and_5_activities(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref, text=LONG))

    events, scheduled = await counted(town.post(ref))

    assert events <= 40
    assert scheduled.total() <= 5


@pytest.mark.parametrize("text", [LONG, SHORT])
async def test_a_post_with_one_picture_with_words_stays_within_60_events(town: Town, text: str) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта в городском саду")
    await town.run(a_post(ref, text=text))

    events, _ = await counted(town.post(ref))

    assert events <= 60


@pytest.mark.parametrize("looked_at", [True, False], ids=["posts_first", "album_first"])
@pytest.mark.parametrize("count", [2, 5, 10])
async def test_an_album_of_n_items_stays_within_20_and_9n_events(
    town: Town, count: int, looked_at: bool
) -> None:
    refs = await an_arrived_album(town, count, looked_at=looked_at)
    await town.run_album(an_album(town.album_ref(), refs))

    events, _ = await counted(town.client.get_workflow_handle(town.album_ref().workflow_id))

    assert events <= 20 + 9 * count


async def test_a_channel_picture_stays_within_20_events_and_2_activities(town: Town) -> None:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    await town.run_photo(a_channel_photo(ref))

    events, scheduled = await counted(town.client.get_workflow_handle(ref.workflow_id))

    assert events <= 20
    assert scheduled.total() <= 2


async def test_a_run_that_finds_nothing_stale_runs_no_regular_activity(town: Town) -> None:
    ref = town.ref()
    for _ in range(2):
        await town.run(a_post(ref, text=LONG))

    _, scheduled = await counted(town.post(ref))

    assert not scheduled


async def an_arrived_album(town: Town, count: int, *, looked_at: bool) -> tuple[PostRef, ...]:
    """Items that are in the archive; their pictures were looked at by the posts, or by nobody."""
    refs = tuple(town.ref(number, grouped_id=town.album_ref().grouped_id) for number in range(1, count + 1))
    for ref in refs:
        if not looked_at:
            await town.run(a_post(ref, text=""))
        town.world.attach(ref, town.file(str(ref.message_id)), words=f"табличка {ref.message_id}")
        if looked_at:
            await within(town.run(a_post(ref, text="")))
    return refs
