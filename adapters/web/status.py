"""What a site's status, and the type of what it gives, say about a link."""

from collections.abc import Collection
from typing import Final

from contracts.errors import LinkFailedError, RefusedError

_REFUSALS: Final = {401: "forbidden", 403: "forbidden", 404: "not_found", 410: "not_found", 451: "forbidden"}


def check_status(status: int) -> None:
    """Do nothing where the site gave a page.

    Raises:
        RefusedError: there is none for us.
        LinkFailedError: there may be one later.
    """
    if 200 <= status < 300:
        return
    if status == 429:
        raise LinkFailedError("The site asks to come back later.", "rate_limited")
    if status == 408:
        raise LinkFailedError("The site did not answer in time.", "timeout")
    if status >= 500:
        raise LinkFailedError(f"The site answered {status}.", "http_5xx")
    raise RefusedError(f"The site answered {status}.", _REFUSALS.get(status, "http_4xx"))


def check_type(content_type: str, allowed: Collection[str]) -> None:
    """Do nothing where ``content_type`` is that of a page, parameters apart.

    Raises:
        RefusedError: it is something else, or nothing at all.
    """
    if content_type.partition(";")[0].strip().lower() not in allowed:
        raise RefusedError("The link leads to something that is no page.", "content_type")
