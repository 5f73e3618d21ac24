"""Tokens as providers count them."""

from contracts.asking import Usage
from contracts.spending import Estimate


def counted_usage(asked: int | None, answered: int | None, cached: int | None) -> Usage:
    """Return the usage that a provider told of; what it left out, or counted below nothing, is none."""
    return Usage(
        input_tokens=max(0, asked or 0),
        output_tokens=max(0, answered or 0),
        cached_tokens=max(0, cached or 0),
    )


def usage_or_estimate(usage: Usage, estimate: Estimate) -> Usage:
    """Return what the provider counted; where it counted nothing, which no answer takes, the estimate."""
    if usage.total_tokens:
        return usage
    return Usage(input_tokens=estimate.input_tokens, output_tokens=estimate.output_tokens, is_estimate=True)


def shares(tokens: int, count: int) -> tuple[int, ...]:
    """Return ``tokens`` in ``count`` whole parts that are as equal as can be."""
    part, rest = divmod(tokens, count)
    return tuple(part + (place < rest) for place in range(count))
