"""What is counted of pages that are read."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.post import Frozen


class PageTaken(Frozen):
    """A page that a budget allowed: counted for ``host`` in the hour that began at ``hour``, for all in the ``day``."""

    tenant_id: UUID
    host: str
    hour: AwareDatetime
    day: AwareDatetime
