"""The tables that the embedded graph must be told of."""

from typing import Final

from adapters.drawing.schema import ALSO, LABELS, RELATIONSHIPS

_PROPERTY_TYPES: Final = {"confidence": "DOUBLE", "position": "INT64"}


def tables() -> list[str]:
    """Return the statements that declare every table; harmless where it is there already.

    What came later is added to the tables of a graph that is older.
    """
    nodes = [
        f"CREATE NODE TABLE IF NOT EXISTS {label}(key STRING PRIMARY KEY, tenant_id STRING, "
        + ", ".join(f"{name} {kind}" for name, kind in columns.items())
        + ")"
        for label, columns in LABELS.items()
    ]
    relationships = [
        f"CREATE REL TABLE IF NOT EXISTS {kind}(FROM {source} TO {target}"
        + (f", {name} {_PROPERTY_TYPES[name]})" if name else ")")
        for kind, (source, target, name) in RELATIONSHIPS.items()
    ]
    later = [
        f"ALTER TABLE {kind} ADD IF NOT EXISTS FROM {source} TO {target}"
        for kind, (source, target) in ALSO.items()
    ]
    return nodes + relationships + later
