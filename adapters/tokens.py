"""How many tokens a text takes at most, without asking anybody."""

import re
from itertools import accumulate
from typing import Final

#: GigaChat documents three to four characters a token for prose; the lower end is taken.
PER_TOKEN: Final = 3
#: What surrounds each message in the model's own form: role, borders.
PER_MESSAGE: Final = 16
_PROSE: Final = re.compile(r"[A-Za-zА-Яа-яЁё\s]")


def tokens(text: str) -> int:
    """Return how many tokens ``text`` takes at most.

    Letters of Russian and English and white space count three to a token; any other character is one. Only scripts
    and signs that a tokenizer breaks into bytes, emoji above all, can take more: what was taken is settled later.
    """
    return -(-sum(map(_thirds, text)) // PER_TOKEN)


def cut(text: str, most: int) -> str:
    """Return the longest beginning of ``text`` that takes at most ``most`` tokens."""
    text = text[: most * PER_TOKEN]
    fits = sum(total <= most * PER_TOKEN for total in accumulate(map(_thirds, text)))
    return text[:fits]


def _thirds(character: str) -> int:
    return 1 if _PROSE.match(character) else PER_TOKEN
