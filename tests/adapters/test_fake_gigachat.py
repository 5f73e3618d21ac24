"""The fake GigaChat itself: what it asks for, what it refuses, what it counts. Its shapes are tested by recordings."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.adapters.pictures import a_png, an_animation
from tests.servers.gigachat.files import MOST_BYTES
from tests.servers.gigachat.serving import KEY, FakeGigaChat, fake_gigachat

ID = "6f0b1291-c7f3-43c6-bb2e-9f3efb2dc98e"


@pytest.fixture
async def fake() -> AsyncIterator[FakeGigaChat]:
    async with fake_gigachat() as running:
        yield running


@pytest.fixture
async def client(fake: FakeGigaChat) -> AsyncIterator[httpx.AsyncClient]:
    token, _ = fake.state.new_token()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=fake.base_url, headers=headers) as opened:
        yield opened


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "GigaChat", "messages": [{"role": "user", "content": text}], **more}


async def upload(client: httpx.AsyncClient, body: bytes) -> httpx.Response:
    return await client.post(
        "/files", files={"file": ("a.jpg", body, "image/jpeg")}, data={"purpose": "general"}
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": f"Basic {KEY}", "RqUID": ID}, 200),
        ({"Authorization": f"Basic {KEY}"}, 400),
        ({"Authorization": "Basic b3RoZXI=", "RqUID": ID}, 401),
        ({"Authorization": "Basic ~", "RqUID": ID}, 400),
        ({"RqUID": ID}, 400),
    ],
)
async def test_a_token_is_given_for_the_key_alone(
    fake: FakeGigaChat, headers: dict[str, str], status: int
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(fake.auth_url, headers=headers, data={"scope": "GIGACHAT_API_PERS"})

    assert answer.status_code == status


async def test_nothing_is_answered_without_a_token_that_lives(
    fake: FakeGigaChat, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/models")).status_code == 200
    fake.state.tokens.clear()

    answer = await client.get("/models")

    assert (answer.status_code, answer.json()["status"]) == (401, 401)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (a_png(), 200),
        (an_animation("GIF"), 400),
        (an_animation("WEBP"), 400),
        (b"no picture", 400),
        (b"\0" * (MOST_BYTES + 1), 413),
    ],
    ids=["png", "gif", "webp", "nothing", "large"],
)
async def test_files_are_taken_as_it_is_documented(
    client: httpx.AsyncClient, body: bytes, status: int
) -> None:
    answer = await upload(client, body)

    assert answer.status_code == status
    assert ("id" in answer.json()) == (status == 200)


async def test_a_file_can_be_read_listed_and_deleted_once(client: httpx.AsyncClient) -> None:
    id = (await upload(client, a_png())).json()["id"]

    assert (await client.get(f"/files/{id}")).json()["bytes"] == len(a_png())
    assert (await client.get(f"/files/{id}/content")).content == a_png()
    assert [file["id"] for file in (await client.get("/files")).json()["data"]] == [id]
    assert (await client.post(f"/files/{id}/delete")).json() == {"id": id, "deleted": True}
    assert (await client.post(f"/files/{id}/delete")).status_code == 404


@pytest.mark.parametrize(("in_each", "messages", "status"), [(1, 10, 200), (2, 1, 400), (1, 11, 400)])
async def test_one_picture_in_a_message_and_ten_in_a_request(
    client: httpx.AsyncClient, in_each: int, messages: int, status: int
) -> None:
    ids = [(await upload(client, a_png())).json()["id"] for _ in range(in_each * messages)]
    asked = [
        {"role": "user", "content": "?", "attachments": ids[in_each * at : in_each * (at + 1)]}
        for at in range(messages)
    ]

    answer = await client.post("/chat/completions", json={"model": "GigaChat-2-Pro", "messages": asked})

    assert answer.status_code == status


async def test_the_text_between_the_marks_is_what_it_tags(client: httpx.AsyncClient) -> None:
    text = "<<<ДАННЫЕ ab>>>\nМост через реку открыли\n<<<КОНЕЦ ab>>>"

    answer = (await client.post("/chat/completions", json=said(text))).json()

    assert answer["choices"][0]["message"]["content"].count('"') == 2 * 3  # tags, and two words
    assert "открыли" in answer["choices"][0]["message"]["content"]


async def test_a_function_that_must_be_called_is(client: httpx.AsyncClient) -> None:
    function = {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    question = said("?", functions=[function], function_call={"name": "f"})

    choice = (await client.post("/chat/completions", json=question)).json()["choices"][0]

    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "f", "arguments": {"n": 3}}


async def test_too_many_tokens_end_the_answer(client: httpx.AsyncClient) -> None:
    text = "<<<ДАННЫЕ ab>>>\nоткрыли набережную\n<<<КОНЕЦ ab>>>"

    choice = (await client.post("/chat/completions", json=said(text, max_tokens=3))).json()["choices"][0]

    assert choice["finish_reason"] == "length"


async def test_everything_is_counted(fake: FakeGigaChat, client: httpx.AsyncClient) -> None:
    usage = (await client.post("/chat/completions", json=said("Привет"))).json()["usage"]
    await client.post(
        "/chat/completions", json={"model": "none", "messages": [{"role": "user", "content": ""}]}
    )
    await client.post("/embeddings", json={"model": "Embeddings", "input": ["мост"]})

    ledger = await fake.ledger()

    assert ledger["calls"] == {"chat": 2, "embeddings": 1}
    assert ledger["statuses"] == {"200": 2, "404": 1}
    assert ledger["tokens"]["input_tokens"] == usage["prompt_tokens"]
    assert ledger["tokens"]["embedded_tokens"] > 0


async def test_a_fault_lasts_as_long_or_as_often_as_it_was_wished_for(
    fake: FakeGigaChat, client: httpx.AsyncClient
) -> None:
    await fake.fail(status=500, times=2)
    often = [(await client.post("/chat/completions", json=said("?"))).status_code for _ in range(3)]
    await fake.fail(status=502, seconds=0.3)
    late = [(await client.post("/chat/completions", json=said("?"))).status_code]
    async with asyncio.timeout(5):
        while late[-1] != 200:
            late.append((await client.post("/chat/completions", json=said("?"))).status_code)

    assert often == [500, 500, 200]
    assert set(late) == {502, 200}


async def test_a_fault_that_does_not_exist_is_refused(fake: FakeGigaChat) -> None:
    async with httpx.AsyncClient() as client:
        wrong = [{"how": "explode"}, {"colour": "red"}]
        answers = [await client.post(f"{fake.address}/_fake/faults", json=wish) for wish in wrong]

    assert [answer.status_code for answer in answers] == [400, 400]


async def test_more_requests_at_a_time_than_allowed_are_turned_away() -> None:
    async with fake_gigachat(streams=1) as fake:
        token, _ = fake.state.new_token()
        await fake.fail(how="fenced", latency=0.3, times=None)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=fake.base_url, headers=headers) as client:
            answers = await asyncio.gather(
                *(client.post("/chat/completions", json=said("?")) for _ in range(3))
            )

    assert sorted(answer.status_code for answer in answers) == [200, 429, 429]


async def test_it_runs_as_a_program_that_says_what_to_set() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.servers.gigachat", "--port", "0",
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        assert program.stdout is not None
        async with asyncio.timeout(60):
            first = (await program.stdout.readline()).decode().strip()
        name, _, base_url = first.partition("=")
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{base_url}/models")
    finally:
        program.terminate()
        await program.wait()

    assert name == "POSTLOOM_GIGACHAT__BASE_URL"
    assert answer.status_code == 401
