"""The accounts at other people's services, opened as the settings say and closed when nobody needs them any more."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from runtime.settings import Settings, SettingsError

if TYPE_CHECKING:  # what imports them pays seconds, and the command line is to be quick
    from adapters.gigachat.account import Account
    from adapters.openai_compatible.chat import ChatService


@asynccontextmanager
async def gigachat_account(settings: Settings) -> AsyncIterator["Account"]:
    """The account at GigaChat while the context is open; nothing is asked yet.

    Raises:
        SettingsError: there is no key, or the certificate file is none.
    """
    account = await asyncio.to_thread(_gigachat, settings)
    try:
        yield account
    finally:
        await account.close()


def _gigachat(settings: Settings) -> "Account":
    from adapters.gigachat.account import Access, Account  # noqa: PLC0415  as above

    chosen = settings.gigachat
    try:
        if (key := chosen.key()) is None:
            raise SettingsError("POSTLOOM_GIGACHAT__CREDENTIALS is missing")
        return Account(
            Access(
                chosen.base_url, chosen.auth_url, key, chosen.scope, chosen.ca_bundle, chosen.timeout,
                chosen.concurrency,
            )
        )  # fmt: skip
    except ssl.SSLError as error:
        raise SettingsError(
            f"POSTLOOM_GIGACHAT__CA_BUNDLE: {chosen.ca_bundle} holds no certificate"
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"POSTLOOM_GIGACHAT: {error}") from error


@asynccontextmanager
async def openai_service(settings: Settings) -> AsyncIterator["ChatService"]:
    """The service that speaks like OpenAI while the context is open; nothing is asked yet.

    Raises:
        SettingsError: its key cannot be read.
    """
    from adapters.openai_compatible.chat import Access, ChatService  # noqa: PLC0415  as above

    chosen = settings.openai
    try:
        access = Access(chosen.base_url, chosen.key(), chosen.timeout, chosen.concurrency)
    except ValueError as error:
        raise SettingsError(f"POSTLOOM_OPENAI: {error}") from error
    service = ChatService(access)
    try:
        yield service
    finally:
        await service.close()
