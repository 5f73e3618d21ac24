"""The Cypher of the embedded graph. Only our own tables' names are spliced in; values are parameters."""

from typing import Final

from adapters.embedded_graph.schema import KEPT_BY, LABELS, OWNED, RELATIONSHIPS

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

POST_IDS: Final = "MATCH (p:Post) WHERE p.tenant_id = $tenant AND p.filled RETURN p.post_id"

NODES: Final = "MATCH (n) WHERE n.tenant_id = $tenant RETURN label(n), count(*)"
STUBS: Final = "MATCH (n:Post) WHERE n.tenant_id = $tenant AND NOT n.filled RETURN count(*)"
EDGES: Final = "MATCH (n)-[e]->() WHERE n.tenant_id = $tenant RETURN label(e), count(*)"

AROUND: Final = "MATCH (p:Post {key: $key})-[e]-(n) RETURN DISTINCT label(n), n.key"
LABELS_OF: Final = "UNWIND $keys AS k MATCH (:Image {key: k})-[:HAS_LABEL]->(n:Label) RETURN DISTINCT n.key"
DELETE_POST: Final = "MATCH (p:Post {key: $key}) DETACH DELETE p RETURN p.key"

#: Other posts by what they share with this one: kind, post, names of the shared things.
SHARED: Final[dict[str, str]] = {
    kind: (
        f"MATCH (p:Post {{key: $key}}){pattern}(o:Post) WHERE o.key <> $key AND o.filled "
        f"RETURN o.post_id AS id, collect(DISTINCT {name}) AS names, count(*) AS weight "
        "ORDER BY weight DESC, id LIMIT $limit"
    )
    for kind, pattern, name in (
        ("reply", "-[:REPLIES_TO]->", "'answered'"),
        ("reply ", "<-[:REPLIES_TO]-", "'answers'"),
        ("forward", "-[:FORWARDED_FROM_POST]->", "'forwarded'"),
        ("forward ", "<-[:FORWARDED_FROM_POST]-", "'forwards'"),
        ("album", "<-[:CONTAINS]-(t:Album)-[:CONTAINS]->", "cast(t.grouped_id AS STRING)"),
        ("page", "-[:REFERS_TO]->(t:WebPage)<-[:REFERS_TO]-", "t.url"),
        ("tag", "-[:TAGGED_AS]->(t:Tag)<-[:TAGGED_AS]-", "t.name"),
    )
}


def _merge(label: str) -> str:
    columns = {"tenant_id": "STRING", **LABELS[label]}
    # Without the casts a batch in which a value is missing everywhere has a column of the wrong type.
    values = ", ".join(f"n.{name} = cast(r.{name} AS {kind})" for name, kind in columns.items())
    return f"UNWIND $rows AS r MERGE (n:{label} {{key: r.key}}) SET {values}"


def _create(kind: str) -> str:
    source, target, name = RELATIONSHIPS[kind]
    value = f" {{{name}: r.value}}" if name else ""
    return (
        f"UNWIND $rows AS r MATCH (a:{source} {{key: r.source}}), (b:{target} {{key: r.target}}) "
        f"CREATE (a)-[:{kind}{value}]->(b)"
    )


def _cut(kind: str) -> str:
    source, target, _ = RELATIONSHIPS[kind]
    return (
        f"UNWIND $rows AS r "
        f"MATCH (a:{source} {{key: r.source}})-[e:{kind}]->(b:{target} {{key: r.target}}) DELETE e"
    )


def _owned(label: str) -> list[str]:
    out, into = OWNED[label]
    owner = f"UNWIND $keys AS k MATCH (p:{label} {{key: k}})"
    value = "e.position" if label == "Album" else "NULL"
    leaving = f"{owner}-[e:{out}]->(n) RETURN label(e), p.key, n.key, {value}"
    reaching = f"{owner}<-[e:{into}]-(n) RETURN label(e), n.key, p.key, NULL"
    return [leaving, reaching] if into else [leaving]


def _sweep(label: str) -> str:
    stub = "NOT n.filled AND " if label == "Post" else ""
    return (
        f"UNWIND $keys AS k MATCH (n:{label} {{key: k}}) WHERE {stub}NOT EXISTS {{ MATCH {KEPT_BY[label]} }} "
        "DETACH DELETE n RETURN n.key"
    )


MERGE: Final = {label: _merge(label) for label in LABELS}
CREATE: Final = {kind: _create(kind) for kind in RELATIONSHIPS}
CUT: Final = {kind: _cut(kind) for kind in RELATIONSHIPS}
OWNED_BY: Final = {label: _owned(label) for label in OWNED}
SWEEP: Final = {label: _sweep(label) for label in KEPT_BY}
