"""Who turns texts into vectors: the wanted embedder, and those that may have filled collections before it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import structlog

from activities.indexing import Embedder
from contracts.embedding import EmbedderIdentity
from contracts.errors import UnavailableError
from runtime.settings import Settings
from workers.accounts import gigachat_account

log = structlog.get_logger(__name__)

#: In the data folder: how many numbers the vectors of a service's models have, as it said itself.
KNOWN: Final = "embedders.json"


class Family(Protocol):
    """Embedders of one kind."""

    def of(self, identity: EmbedderIdentity) -> Embedder | None: ...


@dataclass(frozen=True)
class KnownEmbedders:
    """The wanted one, and all others that are here."""

    wanted: Embedder
    families: Sequence[Family]

    def of(self, identity: EmbedderIdentity) -> Embedder | None:
        """Return the embedder with that identity, None when none is here."""
        found = (family.of(identity) for family in self.families)
        return next((embedder for embedder in found if embedder), None)


def wanted_embedder(settings: Settings) -> EmbedderIdentity:
    """Return who is to fill the collections of vectors.

    Raises:
        UnavailableError: nobody has asked GigaChat yet how many numbers its vectors have.
    """
    if settings.providers.embedder == "gigachat":
        known = _known(settings.data_dir).get(_name(settings))
        if known is None:
            raise UnavailableError("GigaChat was never asked what its vectors are like: start the service")
        return known
    from adapters.hashing_embedder import hashing  # noqa: PLC0415  heavy, and not needed by the command line

    return hashing(settings.vector_size)


async def settle_embedder(settings: Settings) -> None:
    """Ask GigaChat, where it is to make the vectors, how many numbers they have; what it said before is good too.

    Raises:
        UnavailableError: it does not answer, and never has.
        RejectedError: there is no such model.
        SettingsError: its certificate file is none.
    """
    if settings.providers.embedder != "gigachat":
        return
    try:
        identity = await _ask(settings)
    except UnavailableError as error:
        wanted_embedder(settings)
        log.warning("embedder not asked, taken as it was", reason=str(error))
    else:
        _remember(settings, identity)


async def _ask(settings: Settings) -> EmbedderIdentity:
    from adapters.gigachat.embedding import learn_identity  # noqa: PLC0415  as above

    chosen = settings.gigachat
    async with gigachat_account(settings) as account:
        return await learn_identity(account, chosen.embedding_model, chosen.embedding_tokens)


def _name(settings: Settings) -> str:
    return f"gigachat {settings.gigachat.embedding_model} {settings.gigachat.embedding_tokens}"


def _known(folder: Path) -> dict[str, EmbedderIdentity]:
    try:
        written = json.loads((folder / KNOWN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: EmbedderIdentity.model_validate(identity) for name, identity in written.items()}


def _remember(settings: Settings, identity: EmbedderIdentity) -> None:
    known = {**_known(settings.data_dir), _name(settings): identity}
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    part = settings.data_dir / f"{KNOWN}.part"
    part.write_text(json.dumps({name: one.model_dump() for name, one in known.items()}, indent=1), "utf-8")
    part.replace(settings.data_dir / KNOWN)
