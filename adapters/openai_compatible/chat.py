"""Chat completions of OpenAI and of everything that speaks like it, by plain HTTP."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from adapters.answer_bodies import bound
from adapters.http_errors import Service, refused, unreachable
from adapters.places import Places
from contracts.errors import (
    PipelineError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnansweredError,
    UnavailableError,
    UnusableAnswerError,
)

#: Seconds that a whole call may take beyond its timeout, which is of one silence: so it is known what was silent.
GRACE: Final = 5.0
#: Bytes of an answer that are read; a longer one is none.
MAX_BODY: Final = 1 << 20


class NotTakenError(Exception):
    """The service refuses the form of the request; ``ours`` is what that means when no other form is left."""

    def __init__(self, ours: PipelineError) -> None:
        super().__init__(str(ours))
        self.ours = ours


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(_Lenient):
    """What was said; ``refusal`` where the model would not."""

    content: str | None = None
    refusal: str | None = None


class Choice(_Lenient):
    """One answer, and why it ended."""

    message: Message
    finish_reason: str | None = None


class Details(_Lenient):
    """Which of the tokens cost less."""

    cached_tokens: Any = None


class Counted(_Lenient):
    """The tokens of an answer, whatever was put there: ``counted_usage`` takes numbers."""

    prompt_tokens: Any = None
    completion_tokens: Any = None
    prompt_tokens_details: Details | None = None


class Completion(_Lenient):
    """An answer; many services leave out the rest."""

    choices: tuple[Choice, ...]
    model: Any = None
    usage: Counted | None = None


class Code(_Lenient):
    """What kind of error it is."""

    code: str | int | None = None


class Failed(_Lenient):
    """An error."""

    error: Code


@dataclass(frozen=True)
class Access:
    """How to reach a service. Without a key none is sent; ``timeout`` in seconds."""

    base_url: str
    key: SecretStr | None = None
    timeout: float = 30.0
    at_a_time: int = 4


class ChatService:
    """One service at one address."""

    def __init__(self, access: Access) -> None:
        key = access.key.get_secret_value() if access.key else ""
        self._service = Service(
            "the OpenAI-compatible service", "POSTLOOM_OPENAI__API_KEY", "POSTLOOM_OPENAI__MODEL",
            "SSL_CERT_FILE", (key,),
        )  # fmt: skip
        self._timeout, self._places = access.timeout, Places(self._service.name, access.at_a_time)
        self._client = httpx.AsyncClient(
            base_url=access.base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=access.timeout,
        )
        bound(self._client, MAX_BODY)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return one of the places of those who ask. Raises BusyError where none becomes free soon."""
        return self._places.place()

    async def complete(self, body: dict[str, Any]) -> Completion:
        """Return what is answered to ``body``, by one request of somebody who has a place.

        Raises:
            NotTakenError: the service does not know some part of ``body``.
            PipelineError: it cannot be asked now, or not this.
        """
        with self._our_errors():
            async with asyncio.timeout(self._timeout + GRACE):
                status, headers, answer = await self._post(body)
        if status == 200:
            return _completion(answer)
        error = self._refused(status, headers, answer)
        raise NotTakenError(error) if type(error) is RejectedError and status == 400 else error

    async def _post(self, body: dict[str, Any]) -> tuple[int, httpx.Headers, bytes]:
        response = await self._client.post("/chat/completions", json=body)
        return response.status_code, response.headers, response.content

    def _refused(self, status: int, headers: httpx.Headers, answer: bytes) -> PipelineError:
        error = refused(self._service, status, headers, answer)
        if status == 400 and _is_filtered(answer):
            return RefusedError(str(error), "blacklist")
        if isinstance(error, RateLimitedError) and b"insufficient_quota" in answer:
            return UnavailableError(str(error))  # nothing that a short wait would mend
        if 300 <= status < 400:
            return UnavailableError(f"{error}: it sends elsewhere; correct POSTLOOM_OPENAI__BASE_URL")
        return error

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise unreachable(self._service, error) from error
        except TimeoutError as error:
            raise UnansweredError(f"{self._service.name} did not answer in time") from error

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def _is_filtered(answer: bytes) -> bool:
    """Whether an error says that the question is not answered because of what it is about, as Azure says it."""
    try:
        return Failed.model_validate_json(answer).error.code == "content_filter"
    except ValidationError:
        return False


def _completion(body: bytes) -> Completion:
    try:
        return Completion.model_validate_json(body)
    except ValidationError as error:
        raise UnusableAnswerError("the OpenAI-compatible service answered something else") from error
