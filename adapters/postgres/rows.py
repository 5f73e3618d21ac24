"""SQL that lives in files beside this module, loaded by name."""

from functools import cache
from pathlib import Path


@cache
def query(name: str) -> str:
    """Return the text of ``sql/<name>.sql``."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")
