"""Qdrant's words and ours: errors, conditions, points."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from math import isfinite

from qdrant_client import models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from contracts.errors import RateLimitedError, RejectedError, UnavailableError
from contracts.index import SearchHit, SearchQuery


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words.

    Raises:
        RejectedError: Qdrant will never take this input.
        UnavailableError: it did not answer, the collection is gone, or another process holds the folder.
    """
    try:
        yield
    except ResourceExhaustedResponse as error:
        raise RateLimitedError(f"qdrant: {error}", timedelta(seconds=error.retry_after_s)) from error
    except UnexpectedResponse as error:
        kind = RejectedError if error.status_code in {400, 413, 422} else UnavailableError
        raise kind(f"qdrant answered {error.status_code}: {error.reason_phrase}") from error
    except ValueError as error:
        raise RejectedError(f"qdrant: {error}") from error
    except (ResponseHandlingException, RuntimeError, sqlite3.Error, OSError) as error:
        raise UnavailableError(f"qdrant: {error}") from error


def check(name: str, size: int, vector: Sequence[float]) -> None:
    """Accept a vector that fits the collection.

    Raises:
        RejectedError: it has another size, or holds what is no number.
    """
    if len(vector) != size:
        raise RejectedError(
            f"a vector of {len(vector)} numbers does not fit collection {name}, whose vectors have {size}"
        )
    if not all(map(isfinite, vector)):
        raise RejectedError(f"a vector for collection {name} holds what is no number")


def where(query: SearchQuery) -> models.Filter | None:
    """Return the conditions of a search, None when it has none."""
    must: list[models.Condition] = []
    if query.channel_id is not None:
        channel = models.MatchValue(value=str(query.channel_id))
        must.append(models.FieldCondition(key="channel_id", match=channel))
    if query.tag is not None:
        must.append(models.FieldCondition(key="tags", match=models.MatchValue(value=query.tag.lower())))
    if query.since is not None:
        since = models.Range(gte=query.since.timestamp())
        must.append(models.FieldCondition(key="posted_at_ts", range=since))
    return models.Filter(must=must) if must else None


def hit(point: models.ScoredPoint) -> SearchHit:
    """Return a found point in our words."""
    payload = point.payload or {}
    return SearchHit.model_validate(
        {
            "post_id": point.id,
            "score": point.score,
            "text": payload.get("text_short") or "",
            "tags": payload.get("tags") or (),
            "posted_at": payload.get("posted_at"),
            "link": payload.get("telegram_post_url"),
            "channel_id": payload.get("channel_id"),
        }
    )
