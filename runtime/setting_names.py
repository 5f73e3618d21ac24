"""The names of all settings, and the variables that look like one and are none."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from dotenv import dotenv_values
from pydantic import BaseModel

from runtime.settings import Settings

_PREFIX: Final = "POSTLOOM_"


def names_of(part: type[BaseModel] = Settings, prefix: str = _PREFIX) -> Iterator[str]:
    """Yield the name of every setting's variable."""
    for name, field in part.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from names_of(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def strangers() -> list[str]:
    """Return a sentence for each variable of the environment and of ``.env`` that begins as settings do and is none."""
    known = sorted(names_of())
    given = {name.upper() for name in (*os.environ, *dotenv_values(".env"))}
    return [
        _sentence(name, known) for name in sorted(given) if name.startswith(_PREFIX) and name not in known
    ]


def _sentence(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.8)
    return f"there is no setting {name}" + (f"; is {near[0]} meant?" if near else "")
