"""Adapters of remote models, reaching the fake service on its socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from activities.metered_tagging import TagModel
from adapters.gigachat.account import Access, Account
from adapters.gigachat.tagging import GigaChatTagger
from adapters.openai_compatible.chat import Access as OpenAIAccess
from adapters.openai_compatible.chat import ChatService
from adapters.openai_compatible.tagging import OpenAITagger
from tests.servers.gigachat.serving import KEY, FakeGigaChat


def an_access(fake: FakeGigaChat, **given: Any) -> Access:
    """How to reach the fake; ``given`` wins."""
    usual: dict[str, Any] = {
        "base_url": fake.base_url, "auth_url": fake.auth_url, "credentials": SecretStr(KEY),
        "scope": "GIGACHAT_API_PERS", "timeout": 5.0,
    }  # fmt: skip
    return Access(**{**usual, **given})


@asynccontextmanager
async def an_account(
    fake: FakeGigaChat, patience: float = 5.0, ca_bundle: Path | None = None, **given: Any
) -> AsyncIterator[Account]:
    """An account at the fake."""
    account = Account(an_access(fake, ca_bundle=ca_bundle, **given), patience)
    try:
        yield account
    finally:
        await account.close()


@asynccontextmanager
async def gigachat(fake: FakeGigaChat, model: str = "GigaChat-2", **given: Any) -> AsyncIterator[TagModel]:
    """GigaChat's tagger."""
    async with an_account(fake, **given) as account:
        yield GigaChatTagger(account, model)


@asynccontextmanager
async def openai(fake: FakeGigaChat, model: str = "llama", **given: Any) -> AsyncIterator[TagModel]:
    """The tagger of an OpenAI-compatible service."""
    usual: dict[str, Any] = {"base_url": fake.openai_url, "key": SecretStr(KEY), "timeout": 5.0}
    service = ChatService(OpenAIAccess(**{**usual, **given}))
    try:
        yield OpenAITagger(service, model)
    finally:
        await service.close()
