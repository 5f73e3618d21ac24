"""How a drawing gets into the graph: what is no longer drawn goes, what is new comes, the rest stays."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from adapters.drawing.rows import Drawing, Edge
from adapters.drawing.schema import KEPT_BY, RELATIONSHIPS
from adapters.neo4j import cypher
from adapters.neo4j.store import Run

#: Keys of nodes by label.
Keys = Mapping[str, set[str]]


async def write(run: Run, drawing: Drawing) -> None:
    """Make the graph equal to ``drawing``, as far as the drawn posts, pictures and albums own it."""
    for label, rows in drawing.nodes.items():
        await run(cypher.MERGE[label], rows=list(rows.values()))
    for label, rows in drawing.stubs.items():
        await run(cypher.STUB[label], rows=list(rows.values()))
    loose = await _cut(run, drawing)
    for kind, edges in _by_kind(drawing.edges).items():
        await run(cypher.DRAW[kind], rows=edges)
    for kind, edges in _by_kind(drawing.added).items():
        await run(cypher.ADD[kind], rows=edges)
    await sweep(run, loose)


async def sweep(run: Run, candidates: Keys) -> dict[str, int]:
    """Remove those nodes that nothing holds any more; return how many of each label went."""
    keys = {label: set(found) for label, found in candidates.items()}
    if keys.get("Image"):
        labels = await run(cypher.LABELS_OF, keys=list(keys["Image"]))
        keys["Label"] = keys.get("Label", set()) | {key for (key,) in labels}
    gone: dict[str, int] = {}
    for label in KEPT_BY:
        if keys.get(label):
            [[gone[label]]] = await run(cypher.SWEEP[label], keys=sorted(keys[label]))
    return gone


def other_end(kind: str, *, leaving: bool) -> str:
    """Return the label at the other end of a post's, a picture's or an album's relationship."""
    source, target, _ = RELATIONSHIPS[kind]
    return target if leaving else source


async def _cut(run: Run, drawing: Drawing) -> Keys:
    """Remove the relationships of drawn nodes that are not drawn; return the nodes that they led to."""
    kept = _kept(drawing.edges)
    loose: dict[str, set[str]] = defaultdict(set)
    for label, cuts in cypher.CUT.items():
        keys = list(drawing.nodes.get(label, ()))
        for leaving, query in cuts if keys else ():
            owners = [{"key": key, "kept": kept[key, leaving]} for key in keys]
            for kind, key in await run(query, owners=owners):
                loose[other_end(kind, leaving=leaving)].add(key)
    return loose


def _kept(edges: Iterable[Edge]) -> Mapping[tuple[str, bool], list[str]]:
    """Return what is drawn from each node, and to it: kind and other end, as the query compares them."""
    kept: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for edge in edges:
        kept[edge.source, True].append(f"{edge.kind} {edge.target}")
        kept[edge.target, False].append(f"{edge.kind} {edge.source}")
    return kept


def _by_kind(edges: Iterable[Edge]) -> dict[str, list[dict[str, object]]]:
    by_kind: dict[str, list[dict[str, object]]] = defaultdict(list)
    for edge in edges:
        by_kind[edge.kind].append(edge._asdict())
    return by_kind
