"""Parks in a real database: kept once, read by who waits, closed when their workflow did not outlive them."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from adapters.postgres.albums import AlbumArchive
from adapters.postgres.outbox import Outbox
from adapters.postgres.parked import ParkRecords
from adapters.postgres.parks import Parks
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from contracts.dead_letters import parked as letter_of
from contracts.parking import BY_ITSELF, Parked, Settled
from contracts.post import Decision, PostInput, PostRef, Problem
from contracts.stages import Stage
from tests.adapters.saved import save
from tests.build import CHANNEL, MOMENT, STANDARDS, a_tenant, an_album_event, an_album_ref, an_edit

pytestmark = pytest.mark.services

LINK = "https://t.me/c/1234567890/7"


def a_park(ref: PostRef, **values: Any) -> Parked:
    problem = Problem(stage=Stage.TAGS, error="RejectedError", message="the tagger refuses", attempts=3)
    known = {
        "workflow_id": ref.workflow_id, "run_id": "r1", "number": 1, "tenant_id": ref.tenant_id,
        "post_id": ref.post_id, "tg_channel_id": ref.tg_channel_id, "trace_id": ref.trace_id, "problems": (problem,),
        "since": MOMENT, "until": MOMENT,
    }  # fmt: skip
    return Parked.model_validate({**known, **values})


async def begin(pool: asyncpg.Pool, park: Parked) -> None:
    await Parks(pool).keep(park, letter_of(park))


async def waiting(pool: asyncpg.Pool, ref: PostRef, run: str = "r1") -> dict[str, Any]:
    place = (ref.workflow_id, run, ref.tenant_id, ref.tg_channel_id)
    return (await ParkRecords(pool).waiting([place]))[ref.workflow_id]


async def test_who_waits_is_told_with_its_names_its_sentence_and_its_tries(
    archive: PostArchive, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await save(archive, ref, telegram_post_url=LINK)
    await begin(pool, a_park(ref))
    await begin(pool, a_park(ref))

    row = await waiting(pool, ref)

    assert (row["link"], row["channel"], row["tenant"]) == (LINK, "Город", str(ref.tenant_id))
    assert (row["message"], row["since"]) == ("the tagger refuses", MOMENT)
    assert row["problems"][0]["attempts"] == 3


async def test_of_several_parks_of_a_run_the_open_one_is_told(pool: asyncpg.Pool, ref: PostRef) -> None:
    first, second = a_park(ref), a_park(ref, number=2, problems=(a_park(ref).problems[0],))
    await begin(pool, first)
    await Parks(pool).end(Settled(parked=first, decision=Decision(action="retry", by="anna", note="mended")))
    assert (await waiting(pool, ref))["since"] is None

    await begin(pool, second)

    assert (await waiting(pool, ref))["since"] == MOMENT
    earlier, now = await ParkRecords(pool).of(ref.workflow_id)
    assert (earlier["action"], earlier["decided_by"], earlier["note"]) == ("retry", "anna", "mended")
    assert now["ended_at"] is None


async def test_a_park_that_could_not_be_recorded_while_it_lasted_is_recorded_with_its_end(
    pool: asyncpg.Pool, ref: PostRef
) -> None:
    park = a_park(ref)

    await Parks(pool).end(Settled(parked=park, woken_by="edit"))
    await begin(pool, park)  # an attempt that was on its way meanwhile

    [row] = await ParkRecords(pool).of(ref.workflow_id)
    assert (row["reason"], row["woken_by"], row["ended_at"] is not None) == (
        "tags:RejectedError",
        "edit",
        True,
    )
    assert await Outbox(pool).unsent(ref.workflow_id) == []


async def test_the_letter_of_a_park_lies_ready_for_as_long_as_it_lasts(
    pool: asyncpg.Pool, ref: PostRef
) -> None:
    park = a_park(ref)
    await begin(pool, park)
    [letter] = await Outbox(pool).unsent(ref.workflow_id)

    for woken_by in ("edit", "edit"):
        await Parks(pool).end(Settled(parked=park, woken_by=woken_by))

    assert letter.event.idempotency_key == park.key
    assert await Outbox(pool).unsent(ref.workflow_id) == []


async def test_a_park_of_an_earlier_run_is_nobodys_now(pool: asyncpg.Pool, ref: PostRef) -> None:
    await begin(pool, a_park(ref))

    assert (await waiting(pool, ref, run="r2"))["since"] is None


async def test_one_that_was_never_recorded_is_told_by_its_channel(pool: asyncpg.Pool, ref: PostRef) -> None:
    assert (await waiting(pool, ref))["channel"] == "Город"
    stranger = ("post:x", "r", a_tenant(), CHANNEL)
    assert (await ParkRecords(pool).waiting([stranger]))["post:x"]["channel"] is None
    assert await ParkRecords(pool).waiting([]) == {}


async def test_what_runs_left_open_is_closed_with_its_letters_and_who_started_it_again(
    pool: asyncpg.Pool, ref: PostRef
) -> None:
    parks = Parks(pool)
    await begin(pool, a_park(ref))
    left = await parks.left_open(ref.workflow_id)
    await begin(pool, a_park(ref, run_id="r2"))

    for _ in range(2):
        await parks.close(left, "restart", "anna")

    closed, still_open = await ParkRecords(pool).of(ref.workflow_id)
    assert (closed["woken_by"], closed["decided_by"]) == ("restart", "anna")
    assert closed["ended_at"] is not None
    assert still_open["ended_at"] is None
    now = await parks.left_open(ref.workflow_id)
    assert (len(now.parks), len(now.letters)) == (1, 1)
    assert now.letters[0] not in left.letters


async def test_a_letter_keeps_what_the_archive_has_not_got(pool: asyncpg.Pool, ref: PostRef) -> None:
    unsaved = PostInput(ref=ref, event=an_edit(ref, text="новее"))
    await begin(pool, a_park(ref, unsaved=unsaved))

    (letter,) = (await Parks(pool).left_open(ref.workflow_id)).letters

    assert letter.unsaved == unsaved
    await Parks(pool).forget_letter(ref.workflow_id, a_park(ref).key)
    assert (await Parks(pool).left_open(ref.workflow_id)).letters == ()


async def test_a_post_is_not_concluded_while_a_park_of_it_is_open(
    archive: PostArchive, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await save(archive, ref)
    stages = StageStore(pool)
    before = await stages.conclude(ref, [], "indexed")
    await begin(pool, a_park(ref))

    state = await archive.state(ref, STANDARDS)
    left = await stages.conclude(ref, [], "indexed")

    assert (before, state.concluded, left) == (False, False, True)
    await Parks(pool).close(await Parks(pool).left_open(ref.workflow_id), "later run", None)
    assert (await archive.state(ref, STANDARDS)).concluded
    assert not await stages.conclude(ref, [], "indexed")


async def test_an_album_whose_park_was_left_open_has_something_to_do(
    pool: asyncpg.Pool, ref: PostRef
) -> None:
    album = an_album_ref(tenant=ref.tenant_id)
    await AlbumArchive(pool).save(album, an_album_event(album, (ref,)))
    await begin(pool, a_park(ref, workflow_id=album.workflow_id, post_id=None, what="album"))

    assert (await AlbumArchive(pool).state(album, STANDARDS)).unsent > 0


async def test_what_goes_on_by_itself_has_a_record_and_no_letter(pool: asyncpg.Pool, ref: PostRef) -> None:
    await Parks(pool).keep(a_wait(ref, MOMENT), None)

    row = await waiting(pool, ref)
    assert (await Parks(pool).left_open(ref.workflow_id)).letters == ()
    assert (row["until"], row["problems"][0]["goes_on_at"]) == (
        MOMENT,
        MOMENT.isoformat().replace("+00:00", "Z"),
    )


async def test_a_wait_that_is_tried_in_vain_keeps_its_beginning_and_gets_another_moment(
    pool: asyncpg.Pool, ref: PostRef
) -> None:
    await Parks(pool).keep(a_wait(ref, MOMENT), None)
    later = a_wait(ref, MOMENT + timedelta(days=1), since=MOMENT + timedelta(hours=1))

    for park in (later, later, a_wait(ref, MOMENT)):  # the last one was held up on its way
        await Parks(pool).keep(park, None)

    [row] = await ParkRecords(pool).of(ref.workflow_id)
    assert (row["since"], row["until"]) == (MOMENT, MOMENT + timedelta(days=1))


async def test_a_wait_that_has_ended_gets_no_other_moment(pool: asyncpg.Pool, ref: PostRef) -> None:
    await Parks(pool).keep(a_wait(ref, MOMENT), None)
    await Parks(pool).end(Settled(parked=a_wait(ref, MOMENT), woken_by=BY_ITSELF))

    await Parks(pool).keep(a_wait(ref, MOMENT + timedelta(days=1)), None)

    [row] = await ParkRecords(pool).of(ref.workflow_id)
    assert (row["until"], row["woken_by"]) == (MOMENT, BY_ITSELF)


async def test_a_park_that_lasts_gets_its_letter_once(pool: asyncpg.Pool, ref: PostRef) -> None:
    for _ in range(2):
        await begin(pool, a_park(ref))

    assert len((await Parks(pool).left_open(ref.workflow_id)).letters) == 1


async def test_what_a_run_waits_for_itself_is_none_of_what_earlier_ones_left(
    pool: asyncpg.Pool, ref: PostRef
) -> None:
    await begin(pool, a_park(ref))
    await begin(pool, a_park(ref, run_id="r2"))

    left = await Parks(pool).left_open(ref.workflow_id, "r2")

    assert (len(left.parks), len(left.letters)) == (1, 1)
    everything = await Parks(pool).left_open(ref.workflow_id)
    assert (len(everything.parks), len(everything.letters)) == (2, 2)


def a_wait(ref: PostRef, until: datetime, **values: Any) -> Parked:
    spent = Problem(stage=Stage.VISION, error="BudgetExhaustedError", message="spent", goes_on_at=until)
    return a_park(ref, **{"problems": (spent,), "until": until, "goes_on_at": until, **values})
