"""The fake's files, models, embeddings and token counts."""

import time
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

from tests.servers.gigachat.answers import counted, vector_of
from tests.servers.gigachat.questions import RefusalError
from tests.servers.gigachat.state import MODELS, State, StoredFile

MOST_BYTES: Final = 15 * 1024 * 1024
_FORMATS: Final = frozenset({"JPEG", "PNG", "TIFF", "BMP"})


def stored(state: State, name: str, body: bytes, purpose: str) -> dict[str, Any]:
    """Keep a picture and return what is said of it.

    Raises:
        RefusalError: it is none, of a kind that is not taken, or too large.
    """
    if len(body) > MOST_BYTES:
        raise RefusalError(413, "Request entity too large")
    if _format(body) not in _FORMATS:
        raise RefusalError(400, "Invalid file: images are jpeg, png, tiff or bmp")
    if len(state.files) >= state.most_files:
        raise RefusalError(507, "No room")
    file = StoredFile(name, body, int(time.time()))
    state.files[file.id] = file
    state.file_counts["uploaded"] += 1
    return told(file, purpose)


def told(file: StoredFile, purpose: str = "general") -> dict[str, Any]:
    """Return what is said of a file."""
    return {
        "bytes": len(file.body),
        "created_at": file.created_at,
        "filename": file.name,
        "id": file.id,
        "object": "file",
        "purpose": purpose,
        "access_policy": "private",
    }


def deleted(state: State, id: str) -> dict[str, Any]:
    """Forget a file. Raises RefusalError where there is none."""
    if state.files.pop(id, None) is None:
        raise RefusalError(404, "No such file")
    state.file_counts["deleted"] += 1
    return {"id": id, "deleted": True}


def _format(body: bytes) -> str | None:
    try:
        with Image.open(BytesIO(body)) as picture:
            return picture.format
    except (UnidentifiedImageError, OSError):
        return None


def models() -> dict[str, Any]:
    """Return the list of models."""
    data = [
        {"id": name, "object": "model", "owned_by": "salutedevices", "type": kind}
        for name, (kind, _) in MODELS.items()
    ]
    return {"object": "list", "data": data}


def embeddings(state: State, body: dict[str, Any]) -> dict[str, Any]:
    """Return one embedding for each text. Raises RefusalError where the model is none for that."""
    model, texts = body.get("model", ""), _texts(body)
    if MODELS.get(model, ("",))[0] != "embedder":
        raise RefusalError(404, "No such model")
    state.spent["embedded_tokens"] += sum(map(tokens_of, texts))
    data = [
        {
            "object": "embedding", "index": index, "embedding": vector_of(text, model),
            "usage": {"prompt_tokens": tokens_of(text)},
        }
        for index, text in enumerate(texts)
    ]  # fmt: skip
    return {"object": "list", "model": model, "data": data[::-1] if state.shuffled else data}


def tokens_of(text: str) -> int:
    """Return how many tokens are counted for a text that is embedded."""
    return counted(text) + 5


def token_counts(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how many tokens each text is."""
    return [{"object": "tokens", "tokens": counted(text), "characters": len(text)} for text in _texts(body)]


def _texts(body: dict[str, Any]) -> Sequence[str]:
    texts = body.get("input")
    if isinstance(texts, str):
        return [texts]
    if not isinstance(texts, list) or not texts:
        raise RefusalError(400, "Invalid params: input is required")
    return texts
