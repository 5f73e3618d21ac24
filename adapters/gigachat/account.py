"""One account at GigaChat: its key and token, its connections, and how many requests may run at a time."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from gigachat import GigaChat
from pydantic import SecretStr

from adapters.answer_bodies import bound
from adapters.gigachat.errors import our_errors
from adapters.http_errors import Service
from adapters.places import PATIENCE, Places

PROVIDER: Final = "gigachat"
#: Seconds that a whole call may take beyond its timeout, which is of one silence: so it is known what was silent.
GRACE: Final = 5.0
#: Bytes of an answer; the largest are 32 vectors of a few thousand numbers.
MAX_BODY: Final = 4 << 20


@dataclass(frozen=True)
class Access:
    """How to reach an account. ``timeout`` in seconds; ``at_a_time``: requests that its contract allows."""

    base_url: str
    auth_url: str
    credentials: SecretStr
    scope: str
    ca_bundle: Path | None = None
    timeout: float = 30.0
    at_a_time: int = 1


class Account:
    """Everything that asks GigaChat shares one: one token, renewed when it ends or is not accepted any more."""

    def __init__(self, access: Access, patience: float = PATIENCE) -> None:
        key = access.credentials.get_secret_value()
        self.service = Service(
            "GigaChat", "POSTLOOM_GIGACHAT__CREDENTIALS", "POSTLOOM_GIGACHAT__MODEL",
            "POSTLOOM_GIGACHAT__CA_BUNDLE", (key,),
        )  # fmt: skip
        self.timeout, self._auth_url = access.timeout + GRACE, access.auth_url
        self._places = Places(self.service.name, access.at_a_time, patience)
        # What is not given, be it empty, the library takes from GIGACHAT_… of the environment.
        self.sdk = GigaChat(
            base_url=access.base_url, auth_url=access.auth_url, credentials=key, scope=access.scope,
            ssl_context=_trusting(access.ca_bundle), timeout=access.timeout, max_retries=0,
            access_token="", user="", password="", ca_bundle_file="", cert_file="", verify_ssl_certs=True,
        )  # fmt: skip
        for client in (self.sdk._aclient, self.sdk._auth_aclient):  # noqa: SLF001  it takes no client of ours
            bound(client, MAX_BODY)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return one of the places of those who ask, which is held while the context is open.

        Raises:
            BusyError: all were taken for as long as anybody should wait here.
        """
        return self._places.place()

    @asynccontextmanager
    async def asking(self, seconds: float, *, is_paid: bool = True) -> AsyncIterator[GigaChat]:
        """Give GigaChat's client to one caller, who has a place, for at most so many seconds.

        ``is_paid``: whether an answer that did not come in time may cost something.

        Raises:
            PipelineError: what went wrong with GigaChat.
        """
        with our_errors(self.service, self._auth_url, is_paid=is_paid):
            async with asyncio.timeout(seconds):
                yield self.sdk

    async def close(self) -> None:
        """Close its connections."""
        await self.sdk.aclose()


def _trusting(ca_bundle: Path | None) -> ssl.SSLContext:
    """Return what trusts the usual authorities, and those of ``ca_bundle`` besides."""
    context = httpx.create_ssl_context()
    if ca_bundle:
        context.load_verify_locations(ca_bundle)
    return context
