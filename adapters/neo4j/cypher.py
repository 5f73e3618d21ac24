"""The Cypher of the graph on a server. Only our own labels and relationships are spliced in; values are parameters.

Each key begins with its tenant. No property stands in the pattern of a MERGE of a relationship: another value of it
would be a second relationship.
"""

from typing import Final

from adapters.drawing.paths import PATHS, Path
from adapters.drawing.schema import ALSO, KEPT_BY, LABELS, OWNED, RELATIONSHIPS

#: Whoever writes for a tenant holds its node until the end: no two writers meet in the middle of each other's work.
TENANT: Final = "Tenant"
HOLD: Final = f"UNWIND $tenants AS tenant MERGE (t:{TENANT} {{key: tenant}}) SET t.tenant_id = tenant"

#: By what readers of other programs know these, beside our keys.
_KNOWN_BY: Final = {
    "Post": "post_id",
    "Channel": "channel_id",
    "Album": "album_id",
    "Image": "sha256",
    "Tag": "name",
}

STUB: Final = {
    label: (
        f"UNWIND $rows AS r MERGE (n:{label} {{key: r.key}}) "
        f"ON CREATE SET n.tenant_id = r.tenant_id, n.{id} = r.id{', n.filled = false' * (label == 'Post')}"
    )
    for label, id in (("Post", "post_id"), ("Channel", "channel_id"))
}

IS_FILLED: Final = "MATCH (p:Post {key: $key}) WHERE p.filled RETURN p.key"
FILLED_IDS: Final = "UNWIND $keys AS k MATCH (p:Post {key: k}) WHERE p.filled RETURN p.post_id"
POST_IDS: Final = "MATCH (p:Post {tenant_id: $tenant}) WHERE p.filled RETURN p.post_id"
ALBUM: Final = "MATCH (a:Album {key: $key}) RETURN a.key"
CHANNEL_PHOTO: Final = (
    "MATCH (c:Channel {key: $channel})-[:HAS_IMAGE]->(n:Image {key: $picture}) RETURN n.key LIMIT 1"
)
LABELS_OF: Final = "UNWIND $keys AS k MATCH (:Image {key: k})-[:HAS_LABEL]->(n:Label) RETURN DISTINCT n.key"

DELETE_ALBUM: Final = "MATCH (a:Album {key: $key}) DETACH DELETE a"
#: The type of each relationship of a post, whether it leaves the post, and the other end.
AROUND: Final = (
    "MATCH (p:Post {key: $key})-[e]-(n) WHERE n.key <> $key RETURN DISTINCT type(e), startNode(e) = p, n.key"
)
#: Who answers or forwards a post says so when it is deleted too: to these the post is only an id from then on.
POINTING: Final = frozenset({"REPLIES_TO", "FORWARDED_FROM_POST"})
DELETE_POST: Final = "MATCH (p:Post {key: $key}) DETACH DELETE p"
EMPTY_POST: Final = (
    "MATCH (p:Post {key: $key}) OPTIONAL MATCH (p)-[e]-(n) "
    "WHERE NOT (type(e) IN $pointing AND endNode(e) = p AND n.key <> $key) DELETE e "
    "WITH DISTINCT p SET p = {key: p.key, tenant_id: p.tenant_id, post_id: p.post_id, filled: false}"
)


def _schema() -> list[str]:
    keys = [
        f"CREATE CONSTRAINT postloom_{label.lower()}_key IF NOT EXISTS FOR (n:{label}) REQUIRE n.key IS UNIQUE"
        for label in (TENANT, *LABELS)
    ]
    tenants = [
        f"CREATE INDEX postloom_{label.lower()}_tenant IF NOT EXISTS FOR (n:{label}) ON (n.tenant_id)"
        for label in LABELS
    ]
    names = [
        f"CREATE INDEX postloom_{label.lower()}_name IF NOT EXISTS FOR (n:{label}) ON (n.{name})"
        for label, name in _KNOWN_BY.items()
    ]
    return keys + tenants + names


def _merge(label: str) -> str:
    columns = {"tenant_id": "STRING", **LABELS[label]}
    values = ", ".join(f"n.{name} = {_value(name, kind)}" for name, kind in columns.items())
    return f"UNWIND $rows AS r MERGE (n:{label} {{key: r.key}}) SET {values}"


def _value(name: str, kind: str) -> str:
    return f"datetime(r.{name} + 'Z')" if kind == "TIMESTAMP" else f"r.{name}"


def _draw(kind: str, ends: tuple[str, str], value: str | None) -> str:
    source, target = ends
    set_value = f" SET e.{value} = r.value" if value else ""
    return (
        f"UNWIND $rows AS r MATCH (a:{source} {{key: r.source}}) MATCH (b:{target} {{key: r.target}}) "
        f"MERGE (a)-[e:{kind}]->(b){set_value}"
    )


def _cut(label: str, kinds: str, *, leaving: bool) -> str:
    pattern = f"-[e:{kinds}]->(m)" if leaving else f"<-[e:{kinds}]-(m)"
    return (
        f"UNWIND $owners AS o MATCH (n:{label} {{key: o.key}}){pattern} "
        "WHERE NOT type(e) + ' ' + m.key IN o.kept WITH e, type(e) AS kind, m.key AS key "
        "DELETE e RETURN kind, key"
    )


def _sweep(label: str) -> str:
    stub = "NOT n.filled AND " if label == "Post" else ""
    return (
        f"UNWIND $keys AS k MATCH (n:{label} {{key: k}}) WHERE {stub}NOT EXISTS {{ MATCH {KEPT_BY[label]} }} "
        "DETACH DELETE n RETURN count(*)"
    )


def _shared(place: int, path: Path) -> str:
    return (
        f"MATCH (p:Post {{key: $key}}){path.pattern}(o:Post) "
        "WHERE o.key <> $key AND o.filled AND o.tenant_id = $tenant "
        f"RETURN {place} AS place, o.post_id AS id, collect(DISTINCT {path.name}) AS names, count(*) AS weight "
        "ORDER BY weight DESC, id LIMIT $limit"
    )


def _counts() -> list[str]:
    filled = {"Post": " WHERE n.filled"}
    nodes = [
        f"MATCH (n:{label} {{tenant_id: $tenant}}){filled.get(label, '')} "
        f"RETURN '{label}' AS name, count(*) AS number"
        for label in LABELS
    ]
    ends = [(kind, source) for kind, (source, _, _) in RELATIONSHIPS.items()]
    ends += [(kind, source) for kind, (source, _) in ALSO.items()]
    edges = [
        f"MATCH (:{source} {{tenant_id: $tenant}})-[e:{kind}]->() RETURN '{kind}' AS name, count(e) AS number"
        for kind, source in ends
    ]
    return nodes + edges


SCHEMA: Final = tuple(_schema())
MERGE: Final = {label: _merge(label) for label in LABELS}
DRAW: Final = {kind: _draw(kind, (a, b), value) for kind, (a, b, value) in RELATIONSHIPS.items()}
ADD: Final = {kind: _draw(kind, ends, None) for kind, ends in ALSO.items()}
#: By label: how to cut what leaves a node, and what reaches it.
CUT: Final = {
    label: tuple(
        (leaving, _cut(label, kinds, leaving=leaving))
        for leaving, kinds in ((True, out), (False, into))
        if kinds
    )
    for label, (out, into) in OWNED.items()
}
SWEEP: Final = {label: _sweep(label) for label in KEPT_BY}
#: Other posts by what they share with this one; ``place`` is that of the path.
SHARED: Final = " UNION ALL ".join(_shared(place, path) for place, path in enumerate(PATHS))
COUNTS: Final = " UNION ALL ".join(_counts())
