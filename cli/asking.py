"""Asking the running service over its local port."""

from typing import Any

import httpx

from cli.errors import CommandError
from cli.running import needed, reach
from contracts.errors import UnavailableError
from runtime.settings import Settings


def ask(settings: Settings, path: str, words: dict[str, str]) -> Any:
    """Return the service's JSON answer.

    Raises:
        CommandError: no service runs, or it refuses what was asked.
        UnavailableError: it does not answer.
    """
    address = needed(reach(settings).http, settings)
    try:
        answer = httpx.get(f"{address}{path}", params=words, timeout=30, trust_env=False)
        said = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise UnavailableError(
            f"the service does not answer at {address} ({error}); see `postloom status`"
        ) from error
    if answer.status_code == httpx.codes.BAD_REQUEST:
        raise CommandError(said["error"], 2)
    if "error" in said:
        raise UnavailableError(f"the service cannot answer now: {said['error']}")
    return said
