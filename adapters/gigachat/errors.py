"""What GigaChat's library raises, in our words."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from gigachat.exceptions import ResponseError
from pydantic import ValidationError

from adapters.http_errors import Service, refused, unreachable
from contracts.errors import PipelineError, UnansweredError, UnavailableError, UnusableAnswerError

#: What the libraries raise about a body that is not of GigaChat's form; they check nothing before they take it apart.
_NOT_ITS_FORM = (ValidationError, json.JSONDecodeError, UnicodeDecodeError, TypeError, LookupError)

_PAID = ("/chat/completions", "/embeddings")


@contextmanager
def our_errors(service: Service, auth_url: str, *, is_paid: bool = True) -> Iterator[None]:
    """Say it in our words. Nothing of the library's own words is kept: they hold headers and bodies whole.

    ``is_paid``: whether an answer that did not come in time may cost something.

    Raises:
        PipelineError: what went wrong, as ``adapters/http_errors.py`` tells it.
    """
    try:
        yield
    except ResponseError as error:
        raise _refused(service, auth_url, error) from None
    except httpx.HTTPError as error:
        raise unreachable(service, error, is_paid=_is_paid(error)) from error
    except TimeoutError as error:
        late = f"{service.name} did not answer in time"
        raise (UnansweredError(late) if is_paid else UnavailableError(late)) from error
    except _NOT_ITS_FORM as error:
        raise UnusableAnswerError(f"{service.name} answered something else: {type(error).__name__}") from None


def _refused(service: Service, auth_url: str, error: ResponseError) -> PipelineError:
    """An authorisation that cannot even be read is refused with 400: that is the key's fault, not the question's."""
    is_about_the_key = error.status_code == 400 and str(error.url) == auth_url
    headers = error.headers if error.headers is not None else httpx.Headers()
    return refused(service, 401 if is_about_the_key else error.status_code, headers, error.content or b"")


def _is_paid(error: httpx.HTTPError) -> bool:
    """Whether an answer was asked for that costs something; tokens and files do not."""
    return error.request.url.path.endswith(_PAID)
