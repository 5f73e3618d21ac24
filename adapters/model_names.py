"""Names that providers give their models in an answer: they are written down, and compared with those of prices."""

import re
from typing import Final

_MOST: Final = 80  # characters
_NOT_OF_NAMES: Final = re.compile(r"[^\w.:/@+-]")


def model_name(told: object, asked: str) -> str:
    """Return the name of the model which answered; where it told none, the one that was asked."""
    name = told.strip()[:_MOST] if isinstance(told, str) else ""
    return _NOT_OF_NAMES.sub("_", name) or asked
