"""What activities are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from temporalio.client import Client

from domain.policy import Policies
from domain.standards import Standards
from workers.providers import Providers
from workers.stores import Stores

Activity = Callable[..., Any]


@dataclass(frozen=True)
class Parts:
    """What activities are made of. ``campaign_room`` is how many posts may be open before campaigns step back."""

    client: Client
    stores: Stores
    providers: Providers
    policies: Policies
    campaign_room: int = 30

    @property
    def standards(self) -> Standards:
        """What posts are measured by."""
        return Standards(self.providers.versions, self.policies, self.providers.ocr_version)
