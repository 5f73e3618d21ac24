"""Where vectors are: on a Qdrant server where one is configured, else in a folder that this process holds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.qdrant import VectorIndex
from runtime.settings import Settings
from workers.embedders import wanted_embedder


@asynccontextmanager
async def open_vectors(settings: Settings) -> AsyncIterator[VectorIndex]:
    """The vector index while the context is open; of a server nothing is asked yet.

    Raises:
        UnavailableError: another process holds the folder.
    """
    wanted, url = wanted_embedder(settings), settings.qdrant_url
    key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
    folder = settings.data_dir / "vectors"
    vectors = VectorIndex.at_url(url, wanted, key) if url else VectorIndex.at_path(folder, wanted)
    try:
        yield vectors
    finally:
        await vectors.close()
