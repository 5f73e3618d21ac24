"""redis-py's errors in our words, at one place."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from contracts.errors import UnavailableError


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words. A full or starting Redis is as good as one that is not there: try later.

    Raises:
        UnavailableError: Redis did not answer, or would not take the command now.
    """
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise UnavailableError(f"redis: {type(error).__name__}: {error}") from error
