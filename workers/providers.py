"""Who does the thinking, in this process: local libraries that need no key and no network model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from activities.indexing import Embedders
from activities.looking import Vision
from activities.reading import Reader
from activities.tagging import Tagger
from adapters.faulty_tagger import FaultyTagger, spent
from adapters.faulty_tagger import Tagger as VersionedTagger
from contracts.errors import PipelineError, RejectedError, UnavailableError
from contracts.post import Versions
from domain.policy import Policies
from runtime.settings import FaultySettings, Settings
from workers.reading import OURSELVES, chosen_reader, crawl_version, reader_name

log = structlog.get_logger(__name__)

_ERRORS: Final[dict[str, Callable[[str], PipelineError]]] = {
    "RejectedError": RejectedError,
    "UnavailableError": UnavailableError,
    "BudgetExhaustedError": spent,
}


@dataclass(frozen=True)
class Providers:
    """One of each kind, and the versions that make their results stale.

    ``ocr`` only reads the words in pictures, where the policy wants no more; None where nothing can. ``together``: so
    many pictures may be in one request to whoever looks.
    """

    tagger: Tagger
    vision: Vision
    reader: Reader
    embedders: Embedders
    versions: Versions
    reader_name: str = OURSELVES
    ocr: Vision | None = None
    ocr_version: str = ""
    together: int = 1


def local_providers(settings: Settings, policies: Policies) -> Providers:
    """Return the providers that run in this process. Their libraries are loaded here, which takes seconds."""
    from adapters.hashing_embedder import HashingEmbedders  # noqa: PLC0415  heavy, and not needed by the command line
    from adapters.local_tagger import LocalTagger  # noqa: PLC0415
    from adapters.local_vision import LocalVision  # noqa: PLC0415
    from adapters.tesseract import Tesseract  # noqa: PLC0415

    tagger = LocalTagger()
    reading = Tesseract.found() if settings.vision.ocr else None
    vision = LocalVision(max_pixels=policies.vision.max_pixels, ocr=reading)
    look = f"{vision.provider}-{vision.model}-{vision.version}-{policies.vision_version()}"
    embedders = HashingEmbedders(settings.vector_size)
    return Providers(
        tagger=_faulty(tagger, settings.faulty) if settings.providers.tags == "faulty" else tagger,
        vision=vision,
        reader=chosen_reader(settings, policies.crawl),
        reader_name=reader_name(settings),
        embedders=embedders,
        versions=Versions(
            vision=look,
            tags=f"{tagger.provider}-{tagger.model}-{tagger.version}",
            crawl=crawl_version(settings, policies),
            enrich="1",
            vectors=embedders.wanted.identity.stage_version,
            graph="1",
        ),
        ocr=vision if reading else None,
        ocr_version=look if reading else "",
    )


def reads_words(settings: Settings) -> bool:
    """Whether something here can read the words in pictures."""
    from adapters.tesseract import Tesseract  # noqa: PLC0415  as above

    return settings.vision.ocr and Tesseract.found() is not None


def _faulty(tagger: VersionedTagger, faulty: FaultySettings) -> Tagger:
    """Return the tagger as one that refuses some posts on purpose, and say so."""
    log.warning(
        "tagger refuses on purpose", one_in=faulty.one_in, error=faulty.error, until=str(faulty.until)
    )
    return FaultyTagger(tagger, faulty.one_in, _ERRORS[faulty.error], faulty.until)
