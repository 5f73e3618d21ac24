"""What a service says by HTTP, in our words: may the same call succeed later, and when."""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from adapters.answer_bodies import BodyError
from contracts.errors import (
    PipelineError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnansweredError,
    UnavailableError,
    UnusableAnswerError,
)
from domain.text import normalized, storable

#: What is waited for where a service does not say how long.
USUAL_WAIT: Final = timedelta(seconds=5)
#: Nobody is believed who says to wait longer.
LONGEST_WAIT: Final = timedelta(hours=1)
_QUOTED: Final = 200
#: Raised before the question was whole on its way.
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.WriteError,
    httpx.WriteTimeout,
)
_ABOUT_THE_KEY: Final = frozenset({401, 403})
_ABOUT_THE_CONTENT: Final = {413: "too_large", 415: "unsupported", 422: "unprocessable"}


@dataclass(frozen=True)
class Service:
    """A service by its name, and the settings that mend what can be wrong with it; ``secrets`` are never quoted."""

    name: str
    key: str
    model: str
    ca_bundle: str
    secrets: tuple[str, ...] = field(default=(), repr=False)


def refused(service: Service, status: int, headers: Mapping[str, str], body: bytes) -> PipelineError:
    """Return the error of an answer with ``status``; what the service said is quoted, cut and without secrets."""
    said = f"{service.name} answered {status}{_quoted(service, body)}"
    if status in _ABOUT_THE_KEY:  # not quoted: what is said of a key may hold it
        return UnavailableError(
            f"{service.name} answered {status}: it does not accept the key in {service.key}"
        )
    if status == 429:
        return RateLimitedError(said, told_wait(headers, datetime.now(UTC)))
    if status == 404:
        return RejectedError(f"{said}; is there such a model ({service.model})?")
    if reason := _ABOUT_THE_CONTENT.get(status):
        return RefusedError(said, reason)
    if status == 504:
        return UnansweredError(said)
    return RejectedError(said) if status == 400 else UnavailableError(said, is_away=is_away(status))


def is_away(status: int) -> bool:
    """Whether a service that answers so will be back by itself: it is down, or was too slow."""
    return status >= 500 or status == 408


def unreachable(service: Service, error: httpx.HTTPError, *, is_paid: bool = True) -> UnavailableError:
    """Return the error of a call that got no answer, or one that is not read.

    ``is_paid``: had it been answered, that would cost something.
    """
    if isinstance(error, BodyError):
        said = f"{service.name} answered {error}"
        return UnusableAnswerError(said) if is_paid else UnavailableError(said)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return UnavailableError(
            f"the certificate of {service.name} is signed by nobody who is trusted here: put the root "
            f"certificate into a file and name it in {service.ca_bundle}"
        )
    said = f"{service.name} did not answer: {type(error).__name__}"
    may_have_cost = is_paid and not isinstance(error, _NOT_SENT)
    return UnansweredError(said) if may_have_cost else UnavailableError(said, is_away=True)


def told_wait(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return what ``Retry-After`` says, in seconds or as a date, within reason; else the usual wait."""
    said = headers.get("retry-after", "").strip()
    try:
        seconds = float(said) if _is_number(said) else (parsedate_to_datetime(said) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return USUAL_WAIT
    return timedelta(seconds=min(max(seconds, 0), LONGEST_WAIT.total_seconds()))


def _is_number(said: str) -> bool:
    return said.replace(".", "", 1).isdigit()


def _quoted(service: Service, body: bytes) -> str:
    """Return what the body says in ``{"message"}`` or ``{"error": {"message"}}``, empty where it says nothing."""
    try:
        said: Any = json.loads(body[:10_000])
    except (ValueError, RecursionError):
        return ""
    for name in ("error", "message"):
        said = said.get(name, said) if isinstance(said, dict) else said
    if not isinstance(said, str):
        return ""
    for secret in filter(None, service.secrets):
        said = said.replace(secret, "***")
    return f": {normalized(storable(said))[:_QUOTED]}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
