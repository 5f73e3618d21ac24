"""One Crawl4AI server: what it is asked, how much of its answer is taken, and what its refusals mean."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import httpx

from adapters.answer_bodies import UNPACKED, is_packed
from adapters.crawl4ai import verdict
from adapters.crawl4ai.request import crawl_of
from adapters.crawl4ai.results import Result, result_among, result_in
from adapters.http_errors import is_away, told_wait
from adapters.one_thread import OneThread
from contracts.errors import LinkFailedError, PipelineError, RateLimitedError, RefusedError, UnavailableError

_MOST_WORDS: Final = 64 * 1024  # bytes of a refusal
#: Answers are read one at a time: that takes several times their size.
_READING: Final = OneThread("reading of crawled pages")


@dataclass(frozen=True)
class Access:
    """Where the server is, what it knows us by, the most seconds of one silence and bytes of one answer."""

    url: str
    token: str | None = field(repr=False)
    seconds: float
    most_bytes: int


class Crawl4AI:
    """Asks for one page at a time. Opens a connection for each; follows no redirects, knows no proxies."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._trusted = httpx.create_ssl_context() if access.url.startswith("https:") else False

    async def crawl(self, url: str, page_seconds: float) -> Result:
        """Return what the server says of the page, which may be why it has none.

        Servers of 0.9 keep back why a page could not be read, behind a 500 that may as well be about themselves (later
        ones tell); asked for a stream they tell. So whatever ends in a 500 is asked for once more, as a stream.

        Raises:
            RefusedError: its own gate does not let the link through, or the answer is larger than allowed.
            LinkFailedError: the page took longer than it allows.
            RateLimitedError: it asks to come back later.
            UnavailableError: it did not answer, or not properly, or does not take our token.
        """
        body = crawl_of(url, page_seconds)
        with _our_errors(self._access.seconds):
            if (said := await self._post("/crawl", body)) is not None:
                return await _READING.do(partial(result_in, said))
            if (said := await self._post("/crawl/stream", body)) is not None:
                return await _READING.do(partial(result_among, said))
        raise UnavailableError("The crawler failed in whatever way it was asked.")

    async def _post(self, path: str, body: dict[str, Any]) -> bytes | None:
        """Return the answer; None where the crawler failed and does not say at what."""
        async with (
            httpx.AsyncClient(verify=self._trusted, trust_env=False, timeout=self._access.seconds) as client,
            client.stream(
                "POST", f"{self._access.url.rstrip('/')}{path}", json=body, headers=self._headers()
            ) as answer,
        ):
            if answer.status_code == httpx.codes.OK:
                if is_packed(answer):
                    raise UnavailableError("The crawler packs its answers, which nobody asked for.")
                return await _whole(answer, self._access.most_bytes)
            if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
                return None
            raise _refusal(answer, _detail(await _beginning(answer, _MOST_WORDS)))

    def _headers(self) -> dict[str, str]:
        known = {"Authorization": f"Bearer {self._access.token}"} if self._access.token else {}
        return {**UNPACKED, **known}


async def _whole(answer: httpx.Response, most: int) -> bytes:
    """Return the body.

    Raises:
        RefusedError: it has more than ``most`` bytes.
    """
    body = await _beginning(answer, most + 1)
    if len(body) > most:
        raise RefusedError("The page is larger than is read.", "too_large")
    return body


async def _beginning(answer: httpx.Response, most: int) -> bytes:
    """Return the first bytes of the body, at most so many; no more than these and a chunk are ever held."""
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk[: most - len(body)]
        if len(body) >= most:
            break
    return bytes(body)


def _refusal(answer: httpx.Response, detail: str) -> PipelineError:
    """Return who is to blame for a status that is neither a success nor a 500, and for what.

    Only what the crawler itself says (``detail``) is ever about the page: what stands before it has the same numbers.
    """
    status, wait = answer.status_code, told_wait(answer.headers, datetime.now(UTC))
    error: PipelineError = UnavailableError(f"The crawler answered {status}.", is_away=is_away(status))
    match status:
        case 400 if detail.startswith("URL"):
            error = verdict.blocked()
        case 401 | 403:
            error = UnavailableError("The crawler does not let us in: see POSTLOOM_CRAWL4AI__TOKEN.")
        case 400 | 404 | 405 | 413 | 422:
            error = UnavailableError(
                f"The crawler does not take what it is asked ({status}): is it Crawl4AI 0.9 or later?"
            )
        case 429:
            error = RateLimitedError("The crawler asks to come back later.", wait)
        case 503 if "retry-after" in answer.headers:
            error = RateLimitedError("The crawler has too much to do.", wait)
        case 504 if detail:
            error = LinkFailedError("The page took longer than the crawler allows.", "timeout")
    return error


def _detail(said: bytes) -> str:
    try:
        told = json.loads(said)
    except (ValueError, RecursionError):
        return ""
    return str(told.get("detail", "")) if isinstance(told, dict) else ""


@contextmanager
def _our_errors(seconds: float) -> Iterator[None]:
    """Say it in our words: whatever is between us and the crawler is no fault of the page's.

    Raises:
        UnavailableError: the crawler did not answer, or not properly, or was silent for ``seconds``.
    """
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise UnavailableError("The crawler cannot be reached.", is_away=True) from error
    except httpx.TimeoutException as error:
        raise UnavailableError(f"The crawler did not answer within {seconds:g} s.") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
        raise UnavailableError(f"The crawler did not answer properly: {type(error).__name__}.") from error
