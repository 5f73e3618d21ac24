"""The Cypher of the embedded graph. Only our own tables' names are spliced in; values are parameters.

The shapes matter: with two keyed nodes in one MATCH, or a relationship behind an UNWIND, the planner scans
whole tables (12 000 posts: 11 and 21 ms instead of 0.5 and 0.6 ms).
"""

from typing import Final

from adapters.drawing.paths import PATHS, Path
from adapters.drawing.schema import ALSO, KEPT_BY, LABELS, OWNED, RELATIONSHIPS

FILLED_POSTS: Final = "UNWIND $keys AS k MATCH (p:Post {key: k}) WHERE p.filled RETURN p.key"

#: What is pointed at before it is there itself.
STUB: Final = {
    "Post": (
        "UNWIND $rows AS r MERGE (n:Post {key: r.key}) "
        "ON CREATE SET n.tenant_id = r.tenant_id, n.post_id = r.id, n.filled = false"
    ),
    "Channel": (
        "UNWIND $rows AS r MERGE (n:Channel {key: r.key}) "
        "ON CREATE SET n.tenant_id = r.tenant_id, n.channel_id = r.id"
    ),
}

FILLED_IDS: Final = "UNWIND $keys AS k MATCH (p:Post {key: k}) WHERE p.filled RETURN p.post_id"
ALBUM_KEYS: Final = "MATCH (a:Album {key: $key}) RETURN a.key"
CHANNEL_PHOTO: Final = (
    "MATCH (c:Channel {key: $channel})-[:HAS_IMAGE]->(n:Image) WHERE n.key = $picture RETURN n.key"
)

POST_IDS: Final = "MATCH (p:Post) WHERE p.tenant_id = $tenant AND p.filled RETURN p.post_id"

NODES: Final = "MATCH (n) WHERE n.tenant_id = $tenant RETURN label(n), count(*)"
STUBS: Final = "MATCH (n:Post) WHERE n.tenant_id = $tenant AND NOT n.filled RETURN count(*)"
EDGES: Final = "MATCH (n)-[e]->() WHERE n.tenant_id = $tenant RETURN label(e), count(*)"

AROUND: Final = "MATCH (p:Post {key: $key})-[e]-(n) RETURN DISTINCT label(n), n.key"
LABELS_OF: Final = "MATCH (p:Image)-[:HAS_LABEL]->(n:Label) WHERE p.key IN $keys RETURN DISTINCT n.key"
DELETE_ALBUM: Final = "MATCH (a:Album {key: $key}) DETACH DELETE a"
#: Who answers a post or forwards it: they go on saying so when it is deleted.
POINTING: Final = (
    "MATCH (o:Post)-[e:REPLIES_TO|FORWARDED_FROM_POST]->(p:Post {key: $key}) WHERE o.key <> $key "
    "RETURN label(e), o.key"
)
DELETE_POST: Final = "MATCH (p:Post {key: $key}) DETACH DELETE p RETURN p.key"

KINDS: Final = (
    "MATCH (p:Post {key: $key})-[e:REPLIES_TO|FORWARDED_FROM_POST|CONTAINS|REFERS_TO|TAGGED_AS]-() "
    "RETURN DISTINCT label(e)"
)


def _shared(path: Path) -> str:
    return (
        f"MATCH (p:Post {{key: $key}}){path.pattern}(o:Post) WHERE o.key <> $key AND o.filled "
        f"RETURN o.post_id AS id, collect(DISTINCT {path.name}) AS names, count(*) AS weight "
        "ORDER BY weight DESC, id LIMIT $limit"
    )


def _merge(label: str) -> str:
    columns = {"tenant_id": "STRING", **LABELS[label]}
    # Without the casts a batch in which a value is missing everywhere has a column of the wrong type.
    values = ", ".join(f"n.{name} = cast(r.{name} AS {kind})" for name, kind in columns.items())
    return f"UNWIND $rows AS r MERGE (n:{label} {{key: r.key}}) SET {values}"


def _create(kind: str) -> str:
    source, target, name = RELATIONSHIPS[kind]
    value = f" {{{name}: r.value}}" if name else ""
    return (
        f"UNWIND $rows AS r MATCH (a:{source} {{key: r.source}}) "
        f"WITH a, r MATCH (b:{target} {{key: r.target}}) CREATE (a)-[:{kind}{value}]->(b)"
    )


def _cut(kind: str) -> str:
    source, target, _ = RELATIONSHIPS[kind]
    return f"MATCH (a:{source} {{key: $source}})-[e:{kind}]->(b:{target}) WHERE b.key = $target DELETE e"


def _add(kind: str) -> str:
    source, target = ALSO[kind]
    return f"MATCH (a:{source} {{key: $source}}) WITH a MATCH (b:{target} {{key: $target}}) MERGE (a)-[:{kind}]->(b)"


def _owned(label: str) -> list[str]:
    out, into = OWNED[label]
    value = "e.position" if label == "Album" else "NULL"
    leaving = f"MATCH (p:{label})-[e:{out}]->(n) WHERE p.key IN $keys RETURN label(e), p.key, n.key, {value}"
    reaching = f"MATCH (p:{label})<-[e:{into}]-(n) WHERE p.key IN $keys RETURN label(e), n.key, p.key, NULL"
    return [leaving, reaching] if into else [leaving]


def _sweep(label: str) -> str:
    stub = "NOT n.filled AND " if label == "Post" else ""
    return (
        f"UNWIND $keys AS k MATCH (n:{label} {{key: k}}) WHERE {stub}NOT EXISTS {{ MATCH {KEPT_BY[label]} }} "
        "DETACH DELETE n RETURN n.key"
    )


#: Other posts by what they share with this one.
SHARED: Final = tuple((path, _shared(path)) for path in PATHS)
MERGE: Final = {label: _merge(label) for label in LABELS}
CREATE: Final = {kind: _create(kind) for kind in RELATIONSHIPS}
ADD: Final = {kind: _add(kind) for kind in ALSO}
CUT: Final = {kind: _cut(kind) for kind in RELATIONSHIPS}
OWNED_BY: Final = {label: _owned(label) for label in OWNED}
SWEEP: Final = {label: _sweep(label) for label in KEPT_BY}
