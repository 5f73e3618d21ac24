"""F33, F34: a tenant never sees another one's things, and is not held up by another one's backlog."""

import time
from statistics import median
from typing import Final
from uuid import UUID

import httpx

from adapters.embedded_graph.graph import EmbeddedGraph
from adapters.postgres.finding import Finder
from contracts.encoding import decode
from contracts.identity import channel_id, post_id
from contracts.streams import POSTS_PARSED, STREAMS, dead_letters
from tests.acceptance.producer import CHANNEL, entry
from tests.chaos.audit import audited
from tests.chaos.batch import Batch, marked
from tests.chaos.case import PATIENCE, Case, in_a_house
from tests.chaos.expected import Expected
from tests.chaos.house import House, until
from tests.chaos.progress import settled
from tests.chaos.table import Fault

CHAT: Final = 7000
#: The words that one tenant's posts have and the other's have not.
OURS: Final = "астролябия"
THEIRS: Final = "барограф"
_STRAYED: Final = "SELECT s3_key FROM media_objects WHERE split_part(s3_key, '/', 2) <> tenant_id::text"


async def two_tenants(case: Case) -> None:
    """Two tenants follow one channel, with the same pictures: nothing of one shows in what the other asks."""
    other = await case.house.tenant("the other one")
    mine = _channel(case, OURS, "mine")
    theirs = _channel(case, THEIRS, "theirs")
    await case.bring(mine)
    await case.house.bring(theirs.written(), other)
    their_case = Expected(other)
    their_case.expect(theirs)
    await case.settle()
    await settled(case.house, their_case, PATIENCE)
    await _knock_with_a_foreign_key(case, other)
    case.found.doubled += [
        *await _searched(case, other),
        *await _explained(case, other),
        *await _objects(case, other),
    ]
    case.found.doubled += await _told(case)
    case.found.add(await audited(case.house, their_case))
    case.found.doubled += await _connected(case, other)


def _channel(case: Case, word: str, name: str) -> Batch:
    batch = Batch(case.folder / name, CHAT)
    for number in range(4):
        batch.add_text(
            text=f"{word} номер {number} показали в городском музее на набережной рядом с вокзалом."
        )
    batch.add_picture()
    return batch


async def _knock_with_a_foreign_key(case: Case, other: UUID) -> None:
    """Our tenant with their channel's id: a dead letter, and no post of anybody."""
    foreign = {
        **entry(case.tenant, 1),
        "channel_id": str(channel_id(other, marked(CHAT))),
        "tg_channel_id": "-1005",
    }
    await case.house.write(foreign)

    async def is_buried() -> bool:
        letters = await case.house.redis.xrange(dead_letters(POSTS_PARSED))
        return "foreign_channel" in [fields["error_code"] for _, fields in letters]

    await until("the foreign key to be refused", is_buried)


async def _searched(case: Case, other: UUID) -> list[str]:
    """Ask the port for their words as us, and for their channel."""
    found = []
    async with httpx.AsyncClient(base_url=case.house.reach().http or "", trust_env=False) as port:
        for name, tenant, foreign in (("us", case.tenant, THEIRS), ("them", other, OURS)):
            answer = (
                await port.get("/search", params={"text": foreign, "tenant": str(tenant), "related": "1"})
            ).json()
            found += [f"{name} found {hit['text']!r}" for hit in answer["hits"] if foreign in str(hit)]
        theirs = {
            "text": "музей",
            "tenant": str(case.tenant),
            "channel": str(channel_id(other, marked(CHAT))),
        }
        if (await port.get("/search", params=theirs)).status_code != 400:
            found.append("their channel could be asked for")
        ours = (await port.get("/search", params={"text": OURS, "tenant": str(case.tenant)})).json()
        if not ours["hits"]:
            case.found.lost.append("our own words were not found")
    return found


async def _explained(case: Case, other: UUID) -> list[str]:
    """A message as the command explains it: one of ours, none of theirs."""
    finder, found = Finder(case.house.pool), []
    for tenant in (case.tenant, other):
        ids = [known.ref.post_id for known in await finder.by_message(str(marked(CHAT)), 1, tenant)]
        if ids != [post_id(tenant, marked(CHAT), 1)]:
            found.append(f"message 1 of {tenant} is {ids}")
    return found


async def _objects(case: Case, other: UUID) -> list[str]:
    """Keys are of the tenant whose row names them; the same bytes lie under both."""
    found = [row["s3_key"] for row in await case.house.pool.fetch(_STRAYED)]
    media = case.house.folder / "objects" / "media"
    tenants = (case.tenant, other)
    return found + [
        f"{t} has no picture of its own" for t in tenants if not list((media / str(t)).rglob("*.png"))
    ]


async def _told(case: Case) -> list[str]:
    """Every event says whose it is: the tenant of the post that it names."""
    rows = await case.house.pool.fetch("SELECT id::text, tenant_id::text FROM posts")
    owners = {row["id"]: row["tenant_id"] for row in rows}
    events = [
        (stream, decode(fields)) for stream in STREAMS for _, fields in await case.house.redis.xrange(stream)
    ]
    return [
        f"an event on {stream} says {event.get('tenant_id')} of post {event.get('post_id')}"
        for stream, event in events
        if event.get("post_id") in owners and event.get("tenant_id") != owners[str(event["post_id"])]
    ]


async def _connected(case: Case, other: UUID) -> list[str]:
    """Their post asked for as us has no neighbours, and ours has none of theirs. The service has stopped."""
    graph = EmbeddedGraph.open(case.house.folder / "graph")
    try:
        around = await graph.neighbours(case.tenant, post_id(other, marked(CHAT), 1), 10)
        ours = await graph.neighbours(case.tenant, post_id(case.tenant, marked(CHAT), 1), 10)
        theirs = await graph.post_ids(other)
    finally:
        await graph.close()
    found = [f"their post has {len(around)} neighbours for us"] if around else []
    return found + [f"{each.post_id} is theirs" for each in ours if each.post_id in theirs]


BACKLOG: Final = 300
IDLE_POSTS: Final = 7
MOST: Final = 60
_MOMENT: Final = """
SELECT extract(epoch FROM e.processed_at)::float8 FROM outbox_events e
JOIN posts p ON e.aggregate_id = p.id::text
WHERE p.tenant_id = $1 AND p.telegram_message_id = $2 AND e.event_type = 'posts.indexed'
"""


async def noisy_neighbour(case: Case) -> None:
    """A quiet tenant's posts, each by itself: on an idle service, and while another tenant has a backlog."""
    noisy = await case.house.tenant("the noisy one")
    await _seconds(case, 0)  # the first post of a process loads what the others find loaded
    idle = [await _seconds(case, number) for number in range(1, 1 + IDLE_POSTS)]
    began = time.monotonic()
    await case.house.write(*(entry(noisy, number) for number in range(1, BACKLOG + 1)))
    busy: list[float] = []
    while await _ended(case.house, noisy) < BACKLOG * 3 // 4 and len(busy) < MOST:
        busy.append(await _seconds(case, 100 + len(busy)))
    case.notes.append(
        f"a post takes {median(idle):.1f} s when nothing else is done; beside another tenant's backlog of {BACKLOG} "
        f"the first one {busy[0]:.1f} s, the median of {len(busy)} {median(busy):.1f} s, the slowest {max(busy):.1f} s"
    )
    theirs = Expected(noisy, foreign=True)
    theirs.expect_entries(CHANNEL, range(1, BACKLOG + 1))
    await settled(case.house, theirs, PATIENCE * 2)
    whole = time.monotonic() - began
    if busy[0] > whole / 4:
        case.found.stuck.append(
            f"the first post waited {busy[0]:.0f} s, the whole backlog took {whole:.0f} s"
        )


async def _ended(house: House, tenant: UUID) -> int:
    return int(
        await house.pool.fetchval("SELECT count(*) FROM posts WHERE tenant_id = $1 AND is_processed", tenant)
    )


async def _seconds(case: Case, number: int) -> float:
    """Write one post of the quiet tenant; return the seconds until it was told as indexed."""
    case.expected.foreign = True
    began = time.time()
    case.expected.expect_entries(CHANNEL, (number,))
    await case.house.write(entry(case.tenant, number))

    async def is_told() -> bool:
        return await case.house.pool.fetchval(_MOMENT, case.tenant, number) is not None

    await until("the quiet tenant's post", is_told, PATIENCE)
    moment: float = await case.house.pool.fetchval(_MOMENT, case.tenant, number)
    return moment - began


FAULTS: Final = (
    Fault("F33", "two tenants, one channel, the same pictures", in_a_house(two_tenants)),
    Fault("F34", "a backlog of another tenant", in_a_house(noisy_neighbour)),
)
