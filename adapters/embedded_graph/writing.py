"""How a drawing gets into the graph: what is no longer drawn goes, what is new comes, the rest stays."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from adapters.drawing.rows import Drawing, Edge
from adapters.drawing.schema import KEPT_BY, OWNED, RELATIONSHIPS
from adapters.embedded_graph import cypher
from adapters.embedded_graph.store import Run


def write(run: Run, drawing: Drawing) -> None:
    """Make the graph equal to ``drawing``, as far as the drawn posts, pictures and albums own it."""
    former = _former(run, drawing)
    for label, rows in drawing.nodes.items():
        run(cypher.MERGE[label], rows=list(rows.values()))
    for label, rows in drawing.stubs.items():
        run(cypher.STUB[label], rows=list(rows.values()))
    wanted = {_identity(edge): edge for edge in drawing.edges}
    gone = [edge for edge in former if _identity(edge) not in wanted]
    known = {_identity(edge) for edge in former}
    for edge in gone:
        run(cypher.CUT[edge.kind], source=edge.source, target=edge.target)
    _create(run, [edge for identity, edge in wanted.items() if identity not in known])
    for edge in drawing.added:
        run(cypher.ADD[edge.kind], source=edge.source, target=edge.target)
    ends: dict[str, set[str]] = defaultdict(set)
    for edge in gone:
        source, target, _ = RELATIONSHIPS[edge.kind]
        ends[source].add(edge.source)
        ends[target].add(edge.target)
    sweep(run, ends)


def sweep(run: Run, candidates: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Remove those nodes (keys by label) that nothing holds any more; return how many of each label went."""
    keys = {label: set(found) for label, found in candidates.items()}
    if "Image" in keys:
        labels = run(cypher.LABELS_OF, keys=list(keys["Image"]))
        keys["Label"] = keys.get("Label", set()) | {key for (key,) in labels}
    found = ((label, keys[label]) for label in KEPT_BY if keys.get(label))
    return {label: len(run(cypher.SWEEP[label], keys=list(of_label))) for label, of_label in found}


def _former(run: Run, drawing: Drawing) -> list[Edge]:
    edges: list[Edge] = []
    for label in OWNED:
        keys = list(drawing.nodes.get(label, ()))
        if keys and label == "Post":  # most posts are new
            keys = [key for (key,) in run(cypher.FILLED_POSTS, keys=keys)]
        if keys:
            edges += [Edge(*row) for query in cypher.OWNED_BY[label] for row in run(query, keys=keys)]
    return edges


def _identity(edge: Edge) -> Edge:
    """Return what makes it the same relationship: a place in an album does, a confidence does not."""
    return edge if edge.kind == "CONTAINS" else edge._replace(value=None)


def _create(run: Run, edges: Iterable[Edge]) -> None:
    by_kind: dict[str, list[dict[str, object]]] = defaultdict(list)
    for edge in edges:
        by_kind[edge.kind].append(edge._asdict())
    for kind, rows in by_kind.items():
        run(cypher.CREATE[kind], rows=rows)
