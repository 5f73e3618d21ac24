"""Later."""

from typing import Final

from tests.chaos.table import Fault

FAULTS: Final[tuple[Fault, ...]] = ()
