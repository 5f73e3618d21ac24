"""Services that answer more than anybody can hold: plainly, or packed so that a few kilobytes become it."""

import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
import zstandard

from adapters.gigachat.account import Account
from adapters.gigachat.embedding import learn_identity
from adapters.gigachat.seeing import GigaChatSight
from contracts.errors import (
    PipelineError,
    RateLimitedError,
    UnansweredError,
    UnavailableError,
    UnusableAnswerError,
)
from contracts.sight import RawPicture
from tests.adapters.pictures import a_png
from tests.adapters.remote import an_account, gigachat, openai
from tests.build import LONG, TENANT
from tests.servers.gigachat.files import told
from tests.servers.gigachat.serving import KEY, FakeGigaChat
from tests.servers.gigachat.state import State, StoredFile
from tests.servers.hostile_site import Answer, HostileSite, endless, plain

#: Bytes. What is packed becomes so many; nobody who asks may ever hold half of them.
LARGE: Final = 64 << 20
OAUTH, CHAT, FILES = "/api/v2/oauth", "/api/v1/chat/completions", "/api/v1/files"
TOKEN = plain(json.dumps({"access_token": "token", "expires_at": 4_000_000_000_000}).encode())
FILE = plain(json.dumps(told(StoredFile("f", b"", 1, "f"))).encode())

Ask = Callable[[FakeGigaChat], Awaitable[Any]]


def packed(status: str = "200 OK", name: str = "zstd") -> Answer:
    """A few kilobytes, packed."""
    white = b" " * LARGE
    body = zstandard.compress(white) if name == "zstd" else gzip.compress(white)
    return plain(body, status=status, kind="application/json", extra={"Content-Encoding": name})


@asynccontextmanager
async def serving(**answers: Answer) -> AsyncIterator[tuple[FakeGigaChat, HostileSite]]:
    """Run a service that answers so; a token is given and a file taken where nothing else is said."""
    usual = {"oauth": TOKEN, "files": FILE, "chat": packed()}
    said = {**usual, **answers}
    paths = {
        OAUTH: said["oauth"], FILES: said["files"], CHAT: said["chat"], "/openai/v1/chat/completions": said["chat"],
        "/api/v1/embeddings": said["chat"], "/api/v1/files/f/delete": said.get("delete", said["chat"]),
    }  # fmt: skip
    async with HostileSite(paths) as site:
        yield FakeGigaChat(f"http://{site.address}", State(KEY)), site


async def tags_by_gigachat(fake: FakeGigaChat) -> None:
    async with gigachat(fake) as tagger:
        await tagger.propose(LONG, TENANT)


async def tags_by_openai(fake: FakeGigaChat) -> None:
    async with openai(fake) as tagger:
        await tagger.propose(LONG, TENANT)


async def a_look(fake: FakeGigaChat) -> None:
    async with an_account(fake) as account:
        await seen_by(account)


async def vectors(fake: FakeGigaChat) -> None:
    async with an_account(fake) as account:
        await learn_identity(account, "Embeddings", 512)


async def seen_by(account: Account) -> None:
    await GigaChatSight(account, "GigaChat-2-Pro", 4_000_000).see(
        [RawPicture("0" * 64, a_png((10, 10)), "image/png")]
    )


everybody = pytest.mark.parametrize("ask", [tags_by_gigachat, tags_by_openai, a_look, vectors])


async def error_of(ask: Ask, fake: FakeGigaChat) -> PipelineError:
    with pytest.raises(PipelineError) as raised:
        await ask(fake)
    return raised.value


async def held(ask: Ask, fake: FakeGigaChat) -> int:
    """Ask twice, the first time for whatever is loaded only once; return the most bytes held at a time."""
    await error_of(ask, fake)
    tracemalloc.start()
    try:
        await error_of(ask, fake)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@everybody
@pytest.mark.parametrize(
    "answer", [packed(), packed(name="gzip"), endless()], ids=["zstd", "gzip", "endless"]
)
async def test_no_answer_is_larger_than_allowed(ask: Ask, answer: Answer) -> None:
    async with serving(chat=answer) as (fake, _):
        error, most = await error_of(ask, fake), await held(ask, fake)

    assert type(error) is UnusableAnswerError and ("more than" in str(error) or "packed" in str(error)), error
    assert most < LARGE // 4


@everybody
async def test_a_refusal_is_heard_whatever_its_body_is(ask: Ask) -> None:
    for body in (packed("429 Too Many Requests"), plain(b"x" * LARGE, status="429 Too Many Requests")):
        async with serving(chat=body) as (fake, _):
            error = await error_of(ask, fake)

        assert isinstance(error, RateLimitedError)


@pytest.mark.parametrize("place", ["oauth", "files"])
async def test_what_is_no_question_that_costs_something_is_not_counted_as_one(place: str) -> None:
    async with serving(**{place: packed()}) as (fake, site):
        error, most = await error_of(a_look, fake), await held(a_look, fake)

    assert isinstance(error, UnavailableError) and not isinstance(
        error, UnansweredError | UnusableAnswerError
    )
    assert most < LARGE // 4
    assert not any(path == CHAT for _, path in site.asked)


async def test_a_paid_answer_is_kept_though_the_deletion_is_answered_by_a_bomb() -> None:
    said = json.dumps({"pictures": [{"picture": 1, "description": "мост"}]})
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10, "precached_prompt_tokens": 0}
    answer = {
        "choices": [{"message": {"role": "assistant", "content": said}, "index": 0, "finish_reason": "stop"}],
        "created": 1, "model": "GigaChat-2-Pro", "usage": usage, "object": "chat.completion",
    }  # fmt: skip
    async with serving(chat=plain(json.dumps(answer).encode()), delete=packed()) as (fake, site):
        await a_look(fake)

    assert site.asked[-1][1] == "/api/v1/files/f/delete"


async def test_nobody_asks_for_something_packed() -> None:
    async with an_account(FakeGigaChat("http://127.0.0.1:9", State(KEY))) as account:
        clients = (account.sdk._aclient, account.sdk._auth_aclient)

    assert {client.headers["Accept-Encoding"] for client in clients} == {"identity"}
