"""Tokens as providers count them."""

from contracts.asking import Usage


def counted_usage(asked: int | None, answered: int | None, cached: int | None) -> Usage:
    """Return the usage that a provider told of; what it left out, or counted below nothing, is none."""
    return Usage(
        input_tokens=max(0, asked or 0),
        output_tokens=max(0, answered or 0),
        cached_tokens=max(0, cached or 0),
    )


def shares(tokens: int, count: int) -> tuple[int, ...]:
    """Return ``tokens`` in ``count`` whole parts that are as equal as can be."""
    part, rest = divmod(tokens, count)
    return tuple(part + (place < rest) for place in range(count))
