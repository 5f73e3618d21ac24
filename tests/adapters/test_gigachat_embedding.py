"""Embeddings by GigaChat."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.gigachat.account import Account
from adapters.gigachat.embedding import PER_TEXT, GigaChatEmbedder, GigaChatEmbedders, learn_identity
from adapters.hashing_embedder import hashing
from contracts.asking import Usage
from contracts.embedding import EmbedderIdentity
from contracts.errors import RateLimitedError, RejectedError, UnusableAnswerError
from tests.adapters.remote import an_account
from tests.servers.gigachat.serving import FakeGigaChat, fake_gigachat

TEXTS = ("мост открыт", "трамвай ходит", "ледоход начался")


@pytest.fixture
async def fake() -> AsyncIterator[FakeGigaChat]:
    async with fake_gigachat() as running:
        yield running


@pytest.fixture
async def account(fake: FakeGigaChat) -> AsyncIterator[Account]:
    async with an_account(fake) as opened:
        yield opened


@pytest.fixture
async def embedder(account: Account) -> GigaChatEmbedder:
    return GigaChatEmbedder(account, await learn_identity(account, "Embeddings", 512), 512)


def sent(fake: FakeGigaChat) -> list[dict[str, Any]]:
    return [body for path, body in fake.state.bodies if path.endswith("/embeddings")]


@pytest.mark.parametrize(("model", "size"), [("Embeddings", 1024), ("EmbeddingsGigaR", 2560)])
async def test_the_size_is_what_the_service_gives(account: Account, model: str, size: int) -> None:
    identity = await learn_identity(account, model, 512)

    assert (identity.provider, identity.model, identity.size) == ("gigachat", model, size)
    assert EmbedderIdentity.of_slug(identity.slug) == identity


async def test_another_model_or_another_cut_is_another_embedder(account: Account) -> None:
    versions = {
        (await learn_identity(account, model, most)).stage_version
        for model, most in (("Embeddings", 512), ("Embeddings", 256), ("Embeddings-2", 512))
    }

    assert len(versions) == 3


async def test_each_text_gets_its_own_vector(embedder: GigaChatEmbedder) -> None:
    together = await embedder.embed(TEXTS)
    alone = [await embedder.embed([text]) for text in TEXTS]

    assert together.vectors == [one.vectors[0] for one in alone]
    assert {len(vector) for vector in together.vectors} == {embedder.identity.size}


async def test_the_order_is_that_of_the_texts_whatever_order_the_answer_has(
    fake: FakeGigaChat, embedder: GigaChatEmbedder
) -> None:
    expected = await embedder.embed(TEXTS)
    fake.state.shuffled = True

    assert await embedder.embed(TEXTS) == expected


async def test_what_it_took_is_what_the_service_counted_and_no_more_than_was_said_before(
    fake: FakeGigaChat, embedder: GigaChatEmbedder
) -> None:
    before = fake.state.spent["embedded_tokens"]

    answer = await embedder.embed(TEXTS)

    took = fake.state.spent["embedded_tokens"] - before
    assert (answer.usage, answer.model) == (Usage(input_tokens=took), "Embeddings")
    assert 0 < took <= embedder.estimate(TEXTS).total_tokens
    assert len(sent(fake)) == 2


def test_what_is_cut_off_is_not_reserved_either(embedder: GigaChatEmbedder) -> None:
    assert embedder.estimate(["мост " * 5000]).total_tokens == 512 + PER_TEXT


async def test_a_long_text_is_cut_to_what_the_model_reads(
    fake: FakeGigaChat, embedder: GigaChatEmbedder
) -> None:
    await embedder.embed(["мост " * 5000])

    assert len(sent(fake)[-1]["input"][0]) == 512 * 3


@pytest.mark.parametrize("texts", [[""], ["мост", " \n"]])
async def test_an_empty_text_is_rejected_before_anybody_is_asked(
    fake: FakeGigaChat, embedder: GigaChatEmbedder, texts: list[str]
) -> None:
    with pytest.raises(RejectedError):
        await embedder.embed(texts)

    assert len(sent(fake)) == 1


async def test_vectors_of_another_size_are_not_taken(account: Account) -> None:
    identity = await learn_identity(account, "Embeddings", 512)
    embedder = GigaChatEmbedder(account, identity.model_copy(update={"size": 999}), 512)

    with pytest.raises(UnusableAnswerError, match="1024 numbers instead of 999") as raised:
        await embedder.embed(TEXTS)

    assert raised.value.usage is not None
    assert raised.value.usage.input_tokens > 0


async def test_failures_are_ours(fake: FakeGigaChat, embedder: GigaChatEmbedder) -> None:
    await fake.fail(path="/embeddings", status=429, retry_after="2")
    await fake.fail(path="/embeddings", how="html")

    with pytest.raises(RateLimitedError):
        await embedder.embed(TEXTS)
    with pytest.raises(UnusableAnswerError):
        await embedder.embed(TEXTS)
    assert len((await embedder.embed(TEXTS)).vectors) == 3


async def test_a_model_that_is_none_for_that_is_told_by_its_setting(account: Account) -> None:
    with pytest.raises(RejectedError, match="No such model"):
        await learn_identity(account, "GigaChat", 512)


async def test_every_embedder_of_the_account_is_here_and_nobody_elses_is(account: Account) -> None:
    identity = await learn_identity(account, "Embeddings", 512)
    embedders = GigaChatEmbedders(account, 512)

    found = embedders.of(identity)

    assert found is not None
    assert len((await found.embed(["мост"])).vectors[0]) == 1024
    assert embedders.of(hashing(512)) is None
    assert embedders.of(identity.model_copy(update={"version": "0-512"})) is None
