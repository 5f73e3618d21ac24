"""What any graph of posts must do, tried on the embedded one and on Neo4j."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid5

import pytest

from adapters.embedded_graph.graph import EmbeddedGraph
from adapters.neo4j.graph import Neo4jGraph
from contracts.errors import RejectedError
from contracts.index import Detached, Neighbour, PageNode
from tests.adapters.graphs import (
    ONE,
    OTHER,
    a_channel_photo,
    a_full_node,
    a_node,
    an_album,
    around,
    post,
)
from tests.store_servers import Neo4jHere
from workers.graph import Graph

Open = Callable[[], Awaitable[EmbeddedGraph | Neo4jGraph]]


@pytest.fixture(params=["embedded", pytest.param("neo4j", marks=pytest.mark.services)])
def open_graph(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    if request.param == "neo4j":
        neo4j: Neo4jHere = request.getfixturevalue("neo4j")
        return neo4j.emptied_once((ONE, OTHER))

    async def embedded() -> EmbeddedGraph:
        return EmbeddedGraph.open(tmp_path / "graph")

    return embedded


@pytest.fixture
async def graph(open_graph: Open) -> AsyncIterator[Graph]:
    graph = await open_graph()
    yield graph
    await graph.close()


async def test_a_post_brings_everything_it_is_connected_to(graph: Graph) -> None:
    [counts] = await graph.replace_posts([a_full_node("a")])

    assert await graph.counts(ONE) == {
        "AUTHOR_OF": 1, "Author": 1, "Channel": 1, "Entity": 1, "FORWARDED_FROM": 1, "ForwardSource": 1,
        "HAS_IMAGE": 1, "HAS_LABEL": 1, "HAS_POST": 1, "HAS_TOPIC": 1, "Image": 1, "Label": 1, "MENTIONS": 1,
        "Post": 1, "REFERS_TO": 1, "TAGGED_AS": 2, "Tag": 2, "Topic": 1, "WebPage": 1,
    }  # fmt: skip
    assert (counts.nodes, counts.relationships) == (11, 10)


async def test_the_same_write_again_changes_nothing(graph: Graph) -> None:
    nodes = [a_full_node("a"), a_node("b", reply_post_id=post("a"), tags=("ии",))]
    first = await graph.replace_posts(nodes)
    album = await graph.put_album(an_album("a", "b"))
    before = await graph.counts(ONE)

    assert await graph.replace_posts([*nodes, *nodes]) == [*first, *first]
    assert await graph.put_album(an_album("a", "b")) == album

    assert await graph.counts(ONE) == before


async def test_a_retagged_post_loses_its_former_tags(graph: Graph) -> None:
    await graph.replace_posts(
        [a_node("a", tags=("x", "y")), a_node("b", tags=("x",)), a_node("c", tags=("z",))]
    )

    await graph.replace_posts([a_node("a", tags=("y", "z"))])

    assert await around(graph, "a") == [Neighbour(post_id=post("c"), via="tag", name="z", weight=1)]
    assert await around(graph, "b") == []
    counts = await graph.counts(ONE)
    assert (counts["TAGGED_AS"], counts["Tag"]) == (4, 3)


async def test_what_nobody_points_to_goes(graph: Graph) -> None:
    await graph.replace_posts([a_full_node("a")])

    await graph.replace_posts([a_node("a")])

    assert await graph.counts(ONE) == {"Channel": 1, "HAS_POST": 1, "Post": 1}


async def test_tenants_share_nothing(graph: Graph) -> None:
    await graph.replace_posts([a_full_node("a"), a_full_node("a", OTHER)])
    alone = await graph.counts(ONE)

    assert await around(graph, "a") == [] == await around(graph, "a", OTHER)
    assert await graph.counts(OTHER) == alone
    assert await graph.delete_post(OTHER, post("a", ONE)) == Detached()
    assert (await graph.delete_post(OTHER, post("a", OTHER))).nodes == 11
    assert await graph.counts(ONE) == alone and await graph.counts(OTHER) == {}
    assert await graph.neighbours(OTHER, post("a", ONE), 5) == ()


async def test_neighbours_share_most_first_and_say_what(graph: Graph) -> None:
    page = PageNode(url="https://a.example/")
    await graph.replace_posts(
        [
            a_node("a", tags=("x", "y", "z"), pages=(page,)),
            a_node("two tags", tags=("y", "x")),
            a_node("tag and page", tags=("x", "y"), pages=(page,)),
            a_node("answer", reply_post_id=post("a")),
            a_node("stranger", tags=("w",)),
        ]
    )

    assert await around(graph, "a") == [
        Neighbour(post_id=post("tag and page"), via="page", name="https://a.example/", weight=3),
        Neighbour(post_id=post("two tags"), via="tag", name="x, y", weight=2),
        Neighbour(post_id=post("answer"), via="reply", name="answers", weight=1),
    ]
    assert len(await graph.neighbours(ONE, post("a"), 1)) == 1


async def test_a_post_that_is_only_pointed_at_is_there_once_it_arrives(graph: Graph) -> None:
    await graph.replace_posts([a_node("b", reply_post_id=post("a"), forward_post_id=post("c"))])
    assert await graph.post_ids(ONE) == {post("b")}
    assert await around(graph, "b") == [] and (await graph.counts(ONE))["Post"] == 1

    await graph.replace_posts([a_node("a"), a_node("c")])

    assert await graph.post_ids(ONE) == {post("a"), post("b"), post("c")}
    assert {(n.post_id, n.via, n.name) for n in await around(graph, "b")} == {
        (post("a"), "reply", "answered"),
        (post("c"), "forward", "forwarded"),
    }
    assert [n.name for n in await around(graph, "a")] == ["answers"]


async def test_an_album_connects_its_posts_in_their_newest_order(graph: Graph) -> None:
    counts = await graph.put_album(an_album("a", "b", "c"))
    await graph.replace_posts([a_node("a"), a_node("b"), a_node("c")])

    assert (counts.nodes, counts.relationships) == (5, 4)
    assert {n.via for n in await around(graph, "a")} == {"album"} and len(await around(graph, "a")) == 2

    await graph.put_album(an_album("c", "a"))

    assert await around(graph, "a") == [Neighbour(post_id=post("c"), via="album", name="555", weight=1)]
    assert await around(graph, "b") == []
    numbers = await graph.counts(ONE)
    assert (numbers["CONTAINS"], numbers["HAS_ALBUM"], numbers["Album"]) == (2, 1, 1)


async def test_written_posts_and_albums_are_there_and_those_only_pointed_at_are_not(
    graph: Graph,
) -> None:
    channel = uuid5(ONE, "channel")
    await graph.replace_post(a_node("a"))
    await graph.put_album(an_album("a", "b"))

    assert await graph.there(ONE, [post("a"), post("b")]) == {post("a")}
    assert await graph.there(OTHER, [post("a")]) == set()
    assert await graph.has_album(ONE, channel, an_album("a").grouped_id)
    assert not await graph.has_album(ONE, channel, 1)


async def test_a_picture_of_a_post_is_not_one_of_its_channel_s_own(graph: Graph) -> None:
    photo = a_channel_photo()
    sha256, channel = photo.image.sha256, photo.channel_id
    await graph.replace_post(a_node("a", images=(photo.image,)))
    of_a_post = await graph.has_channel_photo(ONE, channel, sha256)

    await graph.put_channel_photo(photo)

    assert not of_a_post
    assert await graph.has_channel_photo(ONE, channel, sha256)


async def test_deleting_a_post_takes_what_only_it_had(graph: Graph) -> None:
    await graph.replace_posts([a_full_node("a"), a_node("b", tags=("ии",))])

    removed = await graph.delete_post(ONE, post("a"))

    assert removed == Detached(nodes=9, tags=1)
    assert await graph.delete_post(ONE, post("a")) == Detached()
    assert await graph.counts(ONE) == {"Channel": 1, "HAS_POST": 1, "Post": 1, "TAGGED_AS": 1, "Tag": 1}


async def test_an_answer_goes_on_pointing_to_a_deleted_post_as_if_it_had_never_come(
    graph: Graph,
) -> None:
    answer = a_node("b", reply_post_id=post("a"))
    await graph.replace_posts([answer])
    before = await graph.counts(ONE)

    await graph.replace_posts([a_full_node("a")])
    await graph.delete_post(ONE, post("a"))

    assert await graph.counts(ONE) == before
    assert await graph.neighbours(ONE, post("b"), 5) == ()


async def test_a_channel_has_its_own_pictures_each_once(graph: Graph) -> None:
    for photo in (a_channel_photo("cat"), a_channel_photo("cat"), a_channel_photo(sha256="cd")):
        await graph.put_channel_photo(photo)

    assert await graph.counts(ONE) == {"Channel": 1, "HAS_IMAGE": 2, "HAS_LABEL": 1, "Image": 2, "Label": 1}


async def test_what_is_seen_anew_in_a_channels_picture_takes_the_place_of_the_old(
    graph: Graph,
) -> None:
    await graph.put_channel_photo(a_channel_photo("cat", "night"))

    await graph.put_channel_photo(a_channel_photo("dog"))

    counts = await graph.counts(ONE)
    assert (counts["HAS_LABEL"], counts["Label"], counts["HAS_IMAGE"]) == (1, 1, 1)


async def test_a_picture_of_a_channel_and_a_post_is_one_and_outlives_the_post(graph: Graph) -> None:
    await graph.put_channel_photo(a_channel_photo("cat"))
    await graph.replace_posts([a_full_node("a")])
    both = await graph.counts(ONE)

    await graph.delete_post(ONE, post("a"))

    assert (both["Image"], both["HAS_IMAGE"], both["Channel"]) == (1, 2, 1)
    assert await graph.counts(ONE) == {"Channel": 1, "HAS_IMAGE": 1, "HAS_LABEL": 1, "Image": 1, "Label": 1}


async def test_quotes_and_braces_are_only_text(graph: Graph) -> None:
    name = "'}) DETACH DELETE n // \" $key"
    await graph.replace_posts([a_node("a", tags=(name,)), a_node("b", tags=(name,), content=name)])

    assert [n.name for n in await around(graph, "a")] == [name]


async def test_posts_written_at_once_arrive_and_a_bad_one_fails_alone(graph: Graph) -> None:
    nodes = [a_node(str(number), tags=("x",)) for number in range(20)]
    bad = a_node("bad").model_copy(update={"content": "\ud800"})

    results = await asyncio.gather(*(graph.replace_post(n) for n in [*nodes, bad]), return_exceptions=True)

    assert isinstance(results.pop(), RejectedError)
    assert {result.relationships for result in results if not isinstance(result, BaseException)} == {2}
    assert await graph.post_ids(ONE) == {node.post_id for node in nodes}


async def test_everything_is_there_after_reopening(open_graph: Open) -> None:
    graph = await open_graph()
    await graph.replace_posts([a_full_node("a")])
    before = await graph.counts(ONE)
    await graph.close()

    graph = await open_graph()
    assert await graph.counts(ONE) == before
    assert await graph.post_ids(ONE) == {post("a")}
    await graph.close()
