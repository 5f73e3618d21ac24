"""Other people's models, where the settings want some: who is asked, through the meter, in which order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from activities.metered_embedding import EmbeddingModel, MeteredEmbedder, PaidVectors
from activities.metered_seeing import MeteredVision, SightModel
from activities.metered_tagging import MeteredTagger, TagModel
from activities.metering import Meter
from activities.tagging import Tagger
from contracts.asking import Asker, TagAnswer
from contracts.embedding import EmbedderIdentity
from contracts.errors import BrakedError
from domain.policy import Policies
from runtime.settings import Settings
from workers.accounts import gigachat_account, openai_service
from workers.embedders import Family, KnownEmbedders, wanted_embedder
from workers.providers import Providers

if TYPE_CHECKING:  # as in workers/accounts.py
    from adapters.gigachat.account import Account
    from adapters.openai_compatible.chat import ChatService


class ModelFamily(Protocol):
    """Models of one kind that turn texts into vectors."""

    def of(self, identity: EmbedderIdentity) -> EmbeddingModel | None: ...


@dataclass(frozen=True)
class Remote:
    """What is there of other people's: empty where the settings want nobody."""

    tags: tuple[TagModel, ...] = ()
    sight: SightModel | None = None
    embedders: ModelFamily | None = None


@dataclass(frozen=True)
class Paying:
    """How other people's models are paid: by the meter, and for vectors no second time."""

    meter: Meter
    vectors: PaidVectors


class MeteredFamily:
    """Embedders of one kind, all of which want to be paid."""

    def __init__(self, family: ModelFamily, paying: Paying) -> None:
        self._family, self._paying = family, paying

    def of(self, identity: EmbedderIdentity) -> MeteredEmbedder | None:
        """Return the embedder with that identity, None when it is none of these."""
        model = self._family.of(identity)
        return MeteredEmbedder(model, self._paying.meter, self._paying.vectors) if model else None


class WithLastResort:
    """A tagger that wants to be paid, and the local one while nobody else may be asked."""

    def __init__(self, paid: Tagger, local: Tagger) -> None:
        self.provider, self.model = paid.provider, paid.model
        self._paid, self._local = paid, local

    async def tags_for(self, text: str, asker: Asker) -> TagAnswer:
        """Return what the first proposes who may be asked; it says who that was."""
        try:
            return await self._paid.tags_for(text, asker)
        except BrakedError:
            return await self._local.tags_for(text, asker)


@asynccontextmanager
async def open_remote(settings: Settings, policies: Policies) -> AsyncIterator[Remote]:
    """Open what the settings want; nobody is asked yet. Their libraries are loaded here, which takes seconds.

    Raises:
        SettingsError: a key or a certificate cannot be used.
    """
    async with AsyncExitStack() as stack:
        names, account, service = settings.providers.names, None, None
        if "gigachat" in names or settings.gigachat.credentials or settings.gigachat.credentials_file:
            account = await stack.enter_async_context(gigachat_account(settings))
        if "openai" in names:
            service = await stack.enter_async_context(openai_service(settings))
        yield await asyncio.to_thread(_remote, settings, policies, account, service)


def _remote(
    settings: Settings, policies: Policies, account: "Account | None", service: "ChatService | None"
) -> Remote:
    makers: dict[str, Callable[[], TagModel]] = {}
    if account:
        makers["gigachat"] = lambda: _gigachat_tagger(settings, account)
    if service:
        makers["openai"] = lambda: _openai_tagger(settings, service)
    return Remote(
        tags=tuple(makers[name]() for name in settings.providers.taggers if name in makers),
        sight=_sight(settings, policies, account)
        if account and settings.providers.vision == "gigachat"
        else None,
        embedders=_embedders(settings, account) if account else None,
    )


def _gigachat_tagger(settings: Settings, account: "Account") -> TagModel:
    from adapters.gigachat.tagging import GigaChatTagger  # noqa: PLC0415  heavy, and only where it is wanted

    return GigaChatTagger(account, settings.gigachat.model)


def _openai_tagger(settings: Settings, service: "ChatService") -> TagModel:
    from adapters.openai_compatible.tagging import OpenAITagger  # noqa: PLC0415  as above

    return OpenAITagger(service, settings.openai.model, provider=settings.openai.name)


def _sight(settings: Settings, policies: Policies, account: "Account") -> SightModel:
    from adapters.gigachat.seeing import GigaChatSight  # noqa: PLC0415  as above

    return GigaChatSight(account, settings.gigachat.vision_model, policies.vision.max_pixels)


def _embedders(settings: Settings, account: "Account") -> ModelFamily:
    from adapters.gigachat.embedding import GigaChatEmbedders  # noqa: PLC0415  as above

    return GigaChatEmbedders(account, settings.gigachat.embedding_tokens)


def with_remote(
    local: Providers, remote: Remote, paying: Paying, settings: Settings, policies: Policies
) -> Providers:
    """Return the providers, other people's in the places where they are wanted, the local ones in all others.

    A version names provider, wanted model and prompt: whatever changes of them makes that stage stale, no other.
    """
    tagger, vision, embedders, versions = local.tagger, local.vision, local.embedders, local.versions
    if remote.tags:
        paid = MeteredTagger(remote.tags, paying.meter)
        last = settings.providers.taggers[-1] == "local"
        tagger = WithLastResort(paid, local.tagger) if last else paid
        versions = versions.model_copy(update={"tags": f"{paid.provider}-{paid.model}-{paid.version}"})
    if remote.sight:
        vision = seen = MeteredVision(remote.sight, paying.meter)
        look = f"{seen.provider}-{seen.model}-{seen.version}-{policies.vision_version()}"
        versions = versions.model_copy(update={"vision": look})
    if remote.embedders:
        embedders = _all_embedders(local, MeteredFamily(remote.embedders, paying), settings)
        versions = versions.model_copy(update={"vectors": embedders.wanted.identity.stage_version})
    together = remote.sight.most if remote.sight else local.together
    return replace(
        local, tagger=tagger, vision=vision, embedders=embedders, versions=versions, together=together
    )


def _all_embedders(local: Providers, family: Family, settings: Settings) -> KnownEmbedders:
    wanted = family.of(wanted_embedder(settings)) or local.embedders.wanted
    return KnownEmbedders(wanted, (local.embedders, family))
