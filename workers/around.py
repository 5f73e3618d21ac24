"""What can be put around the parts of a service from outside: to count what they do, or to hurt them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from temporalio.worker import Interceptor

from workers.providers import Providers
from workers.stores import Stores

T = TypeVar("T")


def _as_they_are(parts: T) -> T:
    return parts


@dataclass(frozen=True)
class Around:
    """Interceptors around every activity, and what stands in for the stores and the providers."""

    interceptors: Sequence[Interceptor] = ()
    stores: Callable[[Stores], Stores] = _as_they_are
    providers: Callable[[Providers], Providers] = _as_they_are


NOTHING: Final = Around()
