"""What connects two posts, the closest kind first, and how they are told together."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.index import Neighbour


class Path(NamedTuple):
    """A way from a post ``p`` to another post ``o``; ``name`` is the Cypher that says what they share."""

    via: str
    relationship: str
    pattern: str
    name: str


PATHS: Final = (
    Path("reply", "REPLIES_TO", "-[:REPLIES_TO]->", "'answered'"),
    Path("reply", "REPLIES_TO", "<-[:REPLIES_TO]-", "'answers'"),
    Path("forward", "FORWARDED_FROM_POST", "-[:FORWARDED_FROM_POST]->", "'forwarded'"),
    Path("forward", "FORWARDED_FROM_POST", "<-[:FORWARDED_FROM_POST]-", "'forwards'"),
    Path("album", "CONTAINS", "<-[:CONTAINS]-(t:Album)-[:CONTAINS]->", "t.grouped_id"),
    Path("page", "REFERS_TO", "-[:REFERS_TO]->(t:WebPage)<-[:REFERS_TO]-", "t.url"),
    Path("tag", "TAGGED_AS", "-[:TAGGED_AS]->(t:Tag)<-[:TAGGED_AS]-", "t.name"),
)


def nearest(found: Iterable[tuple[str, str, Sequence[Any], int]], limit: int) -> tuple[Neighbour, ...]:
    """Return posts that were found as (via, post id, what is shared, how much), in the order of ``PATHS``.

    Each once, those that share most first; of several kinds the closest is named.
    """
    posts: dict[str, Neighbour] = {}
    for via, id, names, weight in found:
        shared = ", ".join(sorted(map(str, names)))
        known = posts.get(id)
        posts[id] = (
            known.model_copy(update={"weight": known.weight + weight})
            if known
            else Neighbour(post_id=UUID(id), via=via, name=shared, weight=weight)
        )
    # Stable: among equals the closest kind stays first.
    return tuple(sorted(posts.values(), key=lambda neighbour: -neighbour.weight)[:limit])
