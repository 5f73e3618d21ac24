"""The gate that every link of a stranger goes through, whoever reads the page behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters.web.target import Rules, Target
from adapters.web.transport import Resolver, addresses, system_resolver
from domain.policy import CrawlPolicy

NO_OVERRIDES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Way:
    """Where a link leads, and the checked addresses that may be connected to for it."""

    target: Target
    addresses: tuple[str, ...]


class Gate:
    """Lets links through that lead to the public internet, as the policy allows.

    ``overrides`` maps a host to the ``address:port`` that the operator vouches for, http only.
    """

    def __init__(
        self,
        policy: CrawlPolicy,
        overrides: Mapping[str, str] = NO_OVERRIDES,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._rules = Rules(policy.allowlist_domains, policy.denylist_domains, overrides)
        self._resolve = resolver

    async def way(self, link: str) -> Way:
        """Return where ``link`` leads, its name resolved once.

        Raises:
            RefusedError: nobody shall go there; says why.
            LinkFailedError: the name server did not answer.
        """
        target = self._rules.target(link)
        return Way(target, await addresses(target, self._resolve))
