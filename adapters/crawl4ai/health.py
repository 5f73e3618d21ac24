"""How a Crawl4AI server is: which version it has, and whether it takes our token."""

from dataclasses import dataclass
from typing import Any, Final

import httpx

from contracts.errors import UnavailableError

#: Earlier ones follow links to forbidden addresses, and take code from whoever asks.
LEAST: Final = (0, 9)


@dataclass(frozen=True)
class Health:
    """``lets_us_in`` is whether the token, or none, is enough."""

    version: str
    lets_us_in: bool

    @property
    def is_recent(self) -> bool:
        """Whether the server keeps its browser from forbidden addresses."""
        numbers = self.version.split(".")[:2]
        return all(number.isdecimal() for number in numbers) and tuple(map(int, numbers)) >= LEAST


def health_of(url: str, token: str | None, seconds: float) -> Health:
    """Ask the server how it is; within ``seconds`` for each of two questions.

    Raises:
        UnavailableError: it does not answer, or is no Crawl4AI.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with httpx.Client(base_url=url, trust_env=False, timeout=seconds) as client:
            said: Any = client.get("/health").raise_for_status().json()
            inside = client.get("/hooks/info", headers=headers).status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        raise UnavailableError(f"does not answer ({type(error).__name__})") from error
    version = said.get("version") if isinstance(said, dict) else None
    if not isinstance(version, str):
        raise UnavailableError("something else than Crawl4AI answers")
    return Health(version, lets_us_in=inside not in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})
