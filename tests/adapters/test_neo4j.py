"""What is Neo4j's own: its schema, many writers at once, tenants with equal ids, and a server that refuses."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from adapters.neo4j import cypher
from adapters.neo4j.graph import Neo4jGraph
from contracts.errors import RejectedError, UnavailableError
from contracts.index import Neighbour, PageNode
from tests.adapters.graphs import ONE, OTHER, a_channel_photo, a_full_node, a_node, an_album, around, post
from tests.store_servers import DATABASE, Neo4jHere

pytestmark = pytest.mark.services

CROOKED = "`x`'}) DETACH DELETE n // \" $key \\u0027 {}[]\n"


@pytest.fixture
async def graph(neo4j: Neo4jHere) -> AsyncIterator[Neo4jGraph]:
    graph = await neo4j.emptied_once((ONE, OTHER))()
    yield graph
    await graph.close()


async def rows(graph: Neo4jGraph, statement: str, **values: Any) -> list[list[Any]]:
    return await graph._store.read(lambda run: run(statement, **values))


async def schema(graph: Neo4jGraph) -> dict[str, str]:
    """What there is of ours, and which kind of thing each is."""
    found = {
        kind: await rows(graph, f"SHOW {kind} YIELD name WHERE name STARTS WITH 'postloom_' RETURN name")
        for kind in ("INDEX", "CONSTRAINT")
    }
    return {name: kind for kind, names in found.items() for (name,) in names}


async def test_every_key_is_unique_and_several_who_start_at_once_make_the_schema_once(
    graph: Neo4jGraph, neo4j: Neo4jHere
) -> None:
    before = await schema(graph)
    async with graph._store._session() as session:
        for name, kind in before.items():
            await (await session.run(f"DROP {kind} {name}")).consume()
    gone = await schema(graph)

    for started in await asyncio.gather(*(neo4j.graph() for _ in range(3))):
        await started.close()

    assert (gone, await schema(graph)) == ({}, before)
    assert len(before) == len(cypher.SCHEMA)
    twice = "UNWIND [1, 2] AS n CREATE (:Tag {key: 'twice', tenant_id: $tenant})"
    with pytest.raises(RejectedError, match="ConstraintValidationFailed"):
        await graph._store.write([], lambda run: run(twice, tenant=str(ONE)))


async def test_every_search_for_a_key_goes_through_an_index(graph: Neo4jGraph) -> None:
    """Of those by tenant the server decides by how much there is; a handful is read whole."""
    by_key = (cypher.MERGE, cypher.STUB, cypher.DRAW, cypher.ADD, cypher.SWEEP)
    statements = [statement for group in by_key for statement in group.values()]
    statements += [cypher.HOLD, cypher.IS_FILLED, cypher.FILLED_IDS, cypher.ALBUM, cypher.DELETE_ALBUM]
    statements += [cypher.DELETE_POST]
    values = {"rows": [], "keys": [], "key": "", "tenants": []}

    scans = [statement for statement in statements if "Scan" in await plan(graph, statement, values)]

    assert scans == []


async def plan(graph: Neo4jGraph, statement: str, values: dict[str, Any]) -> str:
    """The operators by which a statement would be answered."""
    async with graph._store._session() as session:
        summary = await (await session.run(f"EXPLAIN {statement}", values)).consume()
    return str(summary.plan)


async def test_a_relationship_with_another_value_is_still_one(graph: Neo4jGraph) -> None:
    await graph.replace_posts([a_node("a", tags=("x",))])
    doubt = "MATCH (:Post {tenant_id: $tenant})-[e]->(:Tag) SET e.confidence = 0.3"
    await graph._store.write([ONE], lambda run: run(doubt, tenant=str(ONE)))

    await graph.replace_posts([a_node("a", tags=("x",))])

    found = await rows(graph, "MATCH (:Tag {tenant_id: $t})<-[e]-() RETURN e.confidence", t=str(ONE))
    assert found == [[1.0]]


async def test_moments_are_moments(graph: Neo4jGraph) -> None:
    await graph.replace_posts([a_node("a")])
    await graph.put_album(an_album("a"))

    [[posted_at]] = await rows(graph, "MATCH (p:Post {tenant_id: $t}) RETURN p.posted_at", t=str(ONE))
    [[of_album]] = await rows(graph, "MATCH (a:Album {tenant_id: $t}) RETURN a.posted_at", t=str(ONE))

    assert posted_at.to_native() == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert of_album is None


async def test_tenants_with_equal_ids_and_names_never_meet(graph: Neo4jGraph) -> None:
    ids = {"post_id": uuid4(), "channel_id": uuid4(), "reply_post_id": uuid4()}
    mine = [a_full_node("a").model_copy(update=ids), a_node("mine", tags=("ии",))]
    theirs = [a_full_node("a", OTHER).model_copy(update=ids), a_node("theirs", OTHER, tags=("ии",))]
    await graph.replace_posts([*mine, *theirs])
    await graph.put_channel_photo(a_channel_photo("cat"))
    await graph.put_album(
        an_album("a").model_copy(update={"post_ids": (ids["post_id"],), "tenant_id": OTHER})
    )

    crossing = await rows(
        graph,
        "MATCH (a)-[e]-(b) WHERE a.tenant_id IN $both AND a.tenant_id <> b.tenant_id RETURN count(e)",
        both=[str(ONE), str(OTHER)],
    )

    assert crossing == [[0]]
    assert await graph.neighbours(ONE, ids["post_id"], 9) == (
        Neighbour(post_id=post("mine"), via="tag", name="ии", weight=1),
    )
    assert await graph.post_ids(ONE) == {ids["post_id"], post("mine")}
    await graph.delete_post(ONE, ids["post_id"])
    assert await graph.there(OTHER, [ids["post_id"]]) == {ids["post_id"]}


async def test_whatever_stands_in_a_text_is_only_text(graph: Neo4jGraph) -> None:
    fields: dict[str, Any] = {
        "tags": (CROOKED,), "topics": (CROOKED,), "pages": (PageNode(url=CROOKED, title=CROOKED),),
        "entities": ((CROOKED, CROOKED),), "forward_source": (CROOKED, CROOKED, CROOKED),
        "author": (CROOKED, CROOKED, CROOKED), "content": CROOKED, "channel_title": CROOKED,
    }  # fmt: skip
    await graph.replace_posts([a_node("a", **fields), a_node("b", tags=(CROOKED,)), a_node("c")])

    assert [n.name for n in await around(graph, "a")] == [CROOKED]
    assert await graph.post_ids(ONE) == {post("a"), post("b"), post("c")}
    [[content]] = await rows(graph, "MATCH (p:Post {post_id: $id}) RETURN p.content", id=str(post("a")))
    assert content == CROOKED


async def test_a_name_that_no_index_takes_is_stored(graph: Neo4jGraph) -> None:
    page = PageNode(url="https://a.example/" + "длинно" * 2000)
    await graph.replace_posts([a_node("a", pages=(page,)), a_node("b", pages=(page,))])

    assert await around(graph, "a") == [Neighbour(post_id=post("b"), via="page", name=page.url, weight=1)]


async def test_a_batch_of_two_thousand_posts_is_one_transaction(graph: Neo4jGraph) -> None:
    nodes = [
        a_node(str(n), tags=(f"tag {n % 50}", f"tag {n % 7}"), reply_post_id=post(str(n - 1)))
        for n in range(2000)
    ]

    await graph.replace_posts(nodes)
    await graph.replace_posts(nodes[:200])

    counts = await graph.counts(ONE)
    assert (counts["Post"], counts["HAS_POST"], counts["REPLIES_TO"]) == (2000, 2000, 2000)
    assert counts["TAGGED_AS"] == 4000 - sum(n % 50 == n % 7 for n in range(2000))


async def test_what_one_process_lets_go_of_another_may_take_at_that_moment(
    graph: Neo4jGraph, neo4j: Neo4jHere
) -> None:
    """Always one of two posts has the tag. Once many had it: of such nodes Neo4j locks relationships one by one."""
    other = await neo4j.graph()
    await graph.replace_posts([a_node(str(n), tags=("x",)) for n in range(100)])
    await graph.replace_posts([a_node(str(n), tags=("x",) if n == 0 else ()) for n in range(100)])

    for turn in range(60):
        tags: tuple[tuple[str, ...], tuple[str, ...]] = ((), ("x",)) if turn % 2 else (("x",), ())
        await asyncio.gather(
            graph.replace_post(a_node("1", tags=tags[0], channel_id=uuid5(ONE, "another channel"))),
            other.replace_post(a_node("0", tags=tags[1])),
        )

        counts = await graph.counts(ONE)
        assert (counts.get("Tag"), counts.get("TAGGED_AS")) == (1, 1), turn
    await other.close()


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        (
            {"user": "nobody", "password": "not-the-password"},
            "POSTLOOM_NEO4J__USER and POSTLOOM_NEO4J__PASSWORD",
        ),
        ({"database": "nowhere"}, "POSTLOOM_NEO4J__DATABASE"),
    ],
)
async def test_a_server_that_refuses_is_told_with_the_setting(
    neo4j: Neo4jHere, change: dict[str, str], setting: str
) -> None:
    access = {**neo4j.address.model_dump(), "database": DATABASE, **change}

    with pytest.raises(UnavailableError, match=setting) as told:
        await Neo4jGraph.connected(**access)

    assert access["password"] not in str(told.value)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="neo4j"):
        await Neo4jGraph.connected("bolt://127.0.0.1:1", "neo4j", "secret", DATABASE)


async def test_a_number_that_does_not_fit_is_rejected(graph: Neo4jGraph) -> None:
    with pytest.raises(RejectedError, match="neo4j"):
        await graph.replace_posts([a_node("a", telegram_message_id=2**64)])


async def test_a_tenant_nobody_knows_has_nothing(graph: Neo4jGraph) -> None:
    nobody = UUID(int=7)

    assert (await graph.counts(nobody), await graph.post_ids(nobody)) == ({}, set())
    assert await graph.neighbours(nobody, post("a"), 5) == ()
