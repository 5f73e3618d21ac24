"""Of how many values an answer is made, counted before it is unfolded: each of them takes tens of bytes of memory."""

import re
from typing import Final

from contracts.errors import RefusedError

#: More values than Crawl4AI says of a page with tens of thousands of links and pictures.
MOST_VALUES: Final = 500_000
#: A string, whatever stands in it and whether it ends or not, or the beginning of a value. Goes over a document once.
_PART: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{,]', re.DOTALL)
_QUOTE: Final = ord('"')


def check(document: bytes) -> None:
    """Do nothing where the JSON may be unfolded; looks no further than to the first value too many.

    Raises:
        RefusedError: it has more than ``MOST_VALUES`` values (``too_large``).
    """
    values = 0
    for part in _PART.finditer(document):
        values += document[part.start()] != _QUOTE
        if values > MOST_VALUES:
            raise RefusedError("The page has more links and pictures than are read.", "too_large")
