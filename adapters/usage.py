"""Tokens as providers count them."""

import math
from typing import Final

from contracts.asking import Usage
from contracts.spending import Estimate

#: No model reads or writes more in one answer; whoever counts more is not believed beyond it.
_MOST: Final = 10_000_000


def counted_usage(asked: object, answered: object, cached: object) -> Usage:
    """Return the usage that a provider told of; what it left out, or counted below nothing, is none.

    A part of a token is a whole one. What is no number is none either: an answer is not lost for its count.
    """
    return Usage(input_tokens=_count(asked), output_tokens=_count(answered), cached_tokens=_count(cached))


def _count(told: object) -> int:
    if not isinstance(told, int | float) or not told > 0:  # which nothing is compared to "not a number"
        return 0
    return math.ceil(min(told, _MOST))


def usage_or_estimate(usage: Usage, estimate: Estimate) -> Usage:
    """Return what the provider counted; where it counted nothing, which no answer takes, the estimate."""
    if usage.total_tokens:
        return usage
    return Usage(input_tokens=estimate.input_tokens, output_tokens=estimate.output_tokens, is_estimate=True)


def shares(tokens: int, count: int) -> tuple[int, ...]:
    """Return ``tokens`` in ``count`` whole parts that are as equal as can be."""
    part, rest = divmod(tokens, count)
    return tuple(part + (place < rest) for place in range(count))
