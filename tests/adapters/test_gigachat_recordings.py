"""What was recorded of the real GigaChat, through the real libraries and our adapters, and beside the fake."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import httpx
import langchain_gigachat
import pytest
from gigachat import GigaChat
from gigachat.exceptions import NotFoundError
from pydantic import BaseModel, Field, SecretStr

from adapters.gigachat.account import Access, Account
from adapters.gigachat.embedding import GigaChatEmbedder, learn_identity
from adapters.gigachat.tagging import GigaChatTagger
from contracts.asking import Usage
from contracts.errors import RejectedError, UnusableAnswerError
from tests.adapters.recordings import (
    FOLDER,
    MISSING,
    OAUTH,
    Asked,
    Replay,
    events,
    exchanges,
    names,
    read,
    replaying,
    shape,
)
from tests.build import TENANT
from tests.servers.gigachat.serving import KEY, fake_gigachat

pytestmark = pytest.mark.skipif(FOLDER is None, reason=MISSING)

#: A user and a password instead of a key: asked for in another way than we ask.
BY_PASSWORD: Final = "content-length", "0"


class Out(BaseModel):  # without a docstring, which would be a part of its schema
    answer: str
    n: int = Field(ge=0, le=10)


class StructuredAnswer(Out):
    """Structured answer returned by response_format=json_schema."""


SCHEMA: Final = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["answer", "n"],
    "additionalProperties": False,
}
FUNCTION: Final[dict[str, Any]] = {
    "name": "get_order_status",
    "description": "Get delivery status for an order.",
    "parameters": {
        "type": "object",
        "properties": {"order_id": {"type": "string", "description": "Order identifier."}},
        "required": ["order_id"],
    },
    "return_parameters": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("order_id", "status", "eta")},
        "required": ["order_id", "status", "eta"],
    },
}
ASK: Final = {"content": "Return JSON exactly.", "role": "user"}


def said(text: str, model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


async def chat(sdk: GigaChat) -> None:
    assert (await sdk.achat(said("Say Hello", "GigaChat"))).choices[0].message.content == "Hello."


async def wrong_model(sdk: GigaChat) -> None:
    with pytest.raises(NotFoundError):
        await sdk.achat(said("Hello", "NonExistentModel"))


async def parse(sdk: GigaChat) -> None:
    _, parsed = await sdk.achat_parse(said("Return", "GigaChat-3-Ultra"), response_format=Out)
    assert parsed == Out(answer="ok", n=3)


async def response_format(sdk: GigaChat) -> None:
    form = {"type": "json_schema", "schema": SCHEMA, "strict": True}
    answer = await sdk.achat(said("Return", "GigaChat-3-Ultra", response_format=form))
    assert Out.model_validate_json(answer.choices[0].message.content).n == 3


async def embed_one(sdk: GigaChat) -> None:
    assert len((await sdk.aembeddings(["Hello, world!"])).data[0].embedding) == 1024


async def embed_two(sdk: GigaChat) -> None:
    assert [item.index for item in (await sdk.aembeddings(["First text", "Second text"])).data] == [0, 1]


async def models(sdk: GigaChat) -> None:
    assert {"GigaChat", "Embeddings"} <= {model.id_ for model in (await sdk.aget_models()).data}


async def stream(sdk: GigaChat) -> None:
    chunks = [chunk async for chunk in sdk.astream(said("Count", "GigaChat"))]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage and chunks[-1].usage.total_tokens == 59


async def count_tokens(sdk: GigaChat) -> None:
    assert (await sdk.atokens_count(["Hello, world!"], model="GigaChat"))[0].tokens == 4


async def chat_v2(sdk: GigaChat) -> None:
    answer = await sdk.achat.create(
        {"model": "GigaChat-3-Ultra", "messages": [{"role": "user", "content": "Say"}]}
    )
    assert answer.messages and answer.finish_reason == "stop"


async def parse_v2(sdk: GigaChat) -> None:
    question = {"model": "GigaChat-3-Ultra", "messages": [{"role": "user", "content": "Return"}]}
    _, parsed = await sdk.achat.parse(question, response_format=StructuredAnswer)
    assert parsed.n == 3


async def call_v2(sdk: GigaChat) -> None:
    asked: dict[str, Any] = {"role": "user", "content": [{"text": "Check order A-1024."}]}
    tools = [{"functions": {"specifications": [FUNCTION]}}]
    forced = {"mode": "forced", "function_name": FUNCTION["name"]}
    question = {"model": "GigaChat-3-Ultra", "messages": [asked], "tools": tools, "tool_config": forced}
    first = (await sdk.achat.create(question)).messages[0]
    call, state = first.model_dump(exclude_none=True)["content"], "019e8373"
    result = {
        "name": FUNCTION["name"],
        "result": {"order_id": "A-1024", "status": "packed", "eta": "tomorrow"},
    }
    after = [
        {"role": "assistant", "content": call, "tools_state_id": state},
        {"role": "tool", "content": [{"function_result": result}], "tools_state_id": state},
    ]
    second = await sdk.achat.create({**question, "messages": [asked, *after], "tool_config": None})
    assert second.finish_reason == "stop"


CALLS: Final[dict[str, Callable[[GigaChat], Awaitable[None]]]] = {
    "chat_simple": chat,
    "chat_model_not_found": wrong_model,
    "chat_parse_json_schema": parse,
    "chat_response_format_json_schema": response_format,
    "embeddings_single": embed_one,
    "embeddings_multiple": embed_two,
    "get_models": models,
    "stream_simple": stream,
    "tokens_count_single": count_tokens,
    "primary_chat_create_simple": chat_v2,
    "primary_chat_parse_json_schema": parse_v2,
    "primary_chat_function_tool_roundtrip": call_v2,
}


@asynccontextmanager
async def an_account(replay: Replay) -> AsyncIterator[Account]:
    base = f"{replay.address}/api/v1"
    account = Account(Access(base, f"{replay.address}{OAUTH}", SecretStr(KEY), "GIGACHAT_API_PERS"))
    try:
        yield account
    finally:
        await account.close()


def without_tokens(asked: list[Asked]) -> list[Asked]:
    return [one for one in asked if one.path != OAUTH]


def test_every_recording_has_its_call() -> None:
    assert set(names()) == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
async def test_the_library_asks_as_it_was_recorded_and_understands_the_answer(name: str) -> None:
    recorded = [one.asked for one in exchanges(name)]

    async with replaying(name) as replay, an_account(replay) as account:
        await CALLS[name](account.sdk)

    made = without_tokens(replay.asked)
    assert [(one.method, one.path) for one in made] == [(o.method, o.path) for o in without_tokens(recorded)]
    assert [shape(one.body) for one in made] == [shape(one.body) for one in without_tokens(recorded)]
    for one in made:
        assert one.headers["authorization"] == "Bearer REDACTED"
        assert one.headers.get("content-type") == without_tokens(recorded)[0].headers.get("content-type")


@pytest.mark.parametrize("name", CALLS)
async def test_a_token_is_asked_for_as_it_was_recorded(name: str) -> None:
    recorded = [one.asked for one in exchanges(name) if one.asked.path == OAUTH]

    async with replaying(name) as replay, an_account(replay) as account:
        await CALLS[name](account.sdk)

    made = [one for one in replay.asked if one.path == OAUTH]
    assert len(made) == len(recorded)
    for was, one in zip(recorded, made, strict=True):
        assert (one.method, shape(one.body)) == (was.method, shape(was.body))
        if "rquid" in was.headers:
            assert one.headers["content-type"] == was.headers["content-type"]
            assert {"rquid", "authorization", "user-agent"} <= set(one.headers)


Chain = Literal["chat_simple", "chat_parse_json_schema", "stream_simple"]


@pytest.mark.parametrize("name", ["chat_simple", "chat_parse_json_schema", "stream_simple"])
async def test_gigachain_asks_the_same_with_an_empty_list_of_functions_besides(name: Chain) -> None:
    recorded = without_tokens([one.asked for one in exchanges(name)])

    async with replaying(name) as replay:
        chain = langchain_gigachat.GigaChat(
            base_url=f"{replay.address}/api/v1", auth_url=f"{replay.address}{OAUTH}", credentials=KEY,
            model=recorded[0].body["model"], streaming=name == "stream_simple",
        )  # fmt: skip
        try:
            if name == "stream_simple":
                parts = [part async for part in chain.astream("Count")]
                assert parts[-1].usage_metadata is None or len(parts) > 1
            elif name == "chat_simple":
                assert (await chain.ainvoke("Say Hello")).content == "Hello."
            else:
                parsed = await chain.with_structured_output(Out, method="json_schema").ainvoke("Return")
                assert parsed == Out(answer="ok", n=3)
        finally:
            await chain._client.aclose()

    (one,) = without_tokens(replay.asked)
    assert one.body.pop("functions") == []
    assert (one.method, one.path, shape(one.body)) == (
        recorded[0].method,
        recorded[0].path,
        shape(recorded[0].body),
    )


# -- our adapters over what was recorded


async def test_our_tagger_asks_as_the_library_does_and_finds_no_tags_in_a_greeting() -> None:
    recorded = without_tokens([one.asked for one in exchanges("chat_response_format_json_schema")])

    async with replaying("chat_simple") as replay, an_account(replay) as account:
        with pytest.raises(UnusableAnswerError) as raised:
            await GigaChatTagger(account, "GigaChat").propose("Мост открыт.", TENANT)

    (one,) = without_tokens(replay.asked)
    assert raised.value.usage == Usage(input_tokens=17, output_tokens=3, cached_tokens=2)
    assert set(one.body) == {"model", "messages", "functions", "response_format", "temperature", "max_tokens"}
    assert set(one.body["response_format"]) == set(recorded[0].body["response_format"])
    assert shape(one.body["messages"]) == shape(recorded[0].body["messages"])


async def test_a_structured_answer_of_the_real_service_is_read() -> None:
    async with replaying("chat_parse_json_schema") as replay, an_account(replay) as account:
        with pytest.raises(UnusableAnswerError) as raised:  # it was asked for something else than tags
            await GigaChatTagger(account, "GigaChat-3-Ultra").propose("Мост открыт.", TENANT)

    assert raised.value.usage == Usage(input_tokens=24, output_tokens=21)


async def test_a_model_that_the_real_service_does_not_have_is_rejected() -> None:
    async with replaying("chat_model_not_found") as replay, an_account(replay) as account:
        with pytest.raises(RejectedError, match="404: No such model; is there such a model"):
            await GigaChatTagger(account, "NonExistentModel").propose("Мост открыт.", TENANT)


async def test_our_embedder_learns_the_size_and_keeps_the_order() -> None:
    async with replaying("embeddings_single") as replay, an_account(replay) as account:
        identity = await learn_identity(account, "Embeddings", 512)
    async with replaying("embeddings_multiple") as replay, an_account(replay) as account:
        embedder, texts = GigaChatEmbedder(account, identity, 512), ["First text", "Second text"]
        vectors, usage, _ = await embedder.embed(texts)

    assert identity.size == 1024
    assert round(vectors[0][0], 3) == 0.886
    assert len(vectors) == 2 and vectors[0] != vectors[1]
    assert usage == Usage(input_tokens=14)
    assert usage.total_tokens <= embedder.estimate(texts).total_tokens


# -- the fake beside what was recorded


@pytest.mark.parametrize("name", CALLS)
async def test_the_fake_answers_in_the_shape_of_the_real_service(name: str) -> None:
    async with fake_gigachat() as fake, httpx.AsyncClient(base_url=fake.address) as client:
        token, _ = fake.state.new_token()
        for recorded in exchanges(name):
            if recorded.asked.path == OAUTH:
                continue
            answer = await client.request(
                recorded.asked.method, recorded.asked.path, json=recorded.asked.body,
                headers={"Authorization": f"Bearer {token}"},
            )  # fmt: skip

            assert answer.status_code == recorded.status
            assert answer.headers["x-request-id"] and answer.headers["x-session-id"]
            if name == "stream_simple":
                assert _streams(answer.text) == _streams(recorded.answer)
            else:
                assert shape(answer.json()) == shape(read(recorded.answer))


def _streams(body: str) -> list[Any]:
    """The shapes of the first event, of those in the middle, and of the last two."""
    all_of_them = [shape(event) for event in events(body)]
    return [all_of_them[0], *all_of_them[-2:]]


@pytest.mark.parametrize("name", ["chat_simple", "primary_chat_create_simple"])
async def test_the_fake_gives_tokens_in_both_recorded_shapes(name: str) -> None:
    recorded = next(one for one in exchanges(name) if one.asked.path == OAUTH)
    form = "tok" if "tok" in read(recorded.answer) else "access_token"

    async with fake_gigachat(form=form) as fake, httpx.AsyncClient() as client:
        answer = await client.post(
            fake.auth_url, data={"scope": "GIGACHAT_API_PERS"},
            headers={"Authorization": f"Basic {KEY}", "RqUID": "6f0b1291-c7f3-43c6-bb2e-9f3efb2dc98e"},
        )  # fmt: skip

    assert answer.status_code == recorded.status
    assert shape(answer.json()) == shape(read(recorded.answer))
