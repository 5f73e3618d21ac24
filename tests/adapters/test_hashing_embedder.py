import hashlib
import math
import subprocess
import sys

import pytest

from adapters.hashing_embedder import HashingEmbedder
from contracts.errors import RejectedError


@pytest.fixture(scope="module")
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


async def nearness(embedder: HashingEmbedder, one: str, other: str) -> float:
    first, second = await embedder.embed([one, other])
    return math.fsum(a * b for a, b in zip(first, second, strict=True))


async def test_every_vector_has_the_size_and_length_one(embedder: HashingEmbedder) -> None:
    vectors = await embedder.embed(["Через реку построили мост", "a bridge over the river"])

    assert [len(vector) for vector in vectors] == [512, 512]
    assert all(math.isclose(math.hypot(*vector), 1) for vector in vectors)
    assert all(type(value) is float for vector in vectors for value in vector)


async def test_the_size_is_a_setting() -> None:
    embedder = HashingEmbedder(64)

    (vector,) = await embedder.embed(["мост"])

    assert (len(vector), embedder.identity.size, embedder.identity.model) == (64, 64, "hashing-64")


async def test_no_texts_have_no_vectors(embedder: HashingEmbedder) -> None:
    assert await embedder.embed([]) == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("мост", "опоры старого моста разрушены"),
        ("мост", "через реку построили мосты"),
        ("нейросеть", "новые нейросети рисуют картинки"),
        ("ёлка", "на площади поставили елки"),
        ("network", "Neural networks draw pictures"),
        ("世界", "你好世界"),
    ],
)
async def test_the_forms_of_a_word_meet(embedder: HashingEmbedder, query: str, text: str) -> None:
    assert await nearness(embedder, query, text) > 0.25


async def test_a_misspelt_word_is_nearer_than_another_one(embedder: HashingEmbedder) -> None:
    assert await nearness(embedder, "нейросетть", "нейросети") > 0.15
    assert await nearness(embedder, "нейросетть", "собаки") < 0.15


@pytest.mark.parametrize(
    ("one", "other"),
    [("мост через реку", "нейросети рисуют картинки"), ("кошка и собака", "the stock market fell")],
)
async def test_texts_without_a_word_in_common_are_far(
    embedder: HashingEmbedder, one: str, other: str
) -> None:
    assert abs(await nearness(embedder, one, other)) < 0.2


@pytest.mark.parametrize(
    "text",
    [
        "😀",
        "😀" * 4096,
        "...",
        "7",
        "и не",
        "你好",
        "مرحبا بالعالم",
        "https://example.org/a-page",
        "а" * 50_000,
        "\ufe0f",
    ],
)
async def test_whatever_is_not_empty_has_a_vector(embedder: HashingEmbedder, text: str) -> None:
    (vector,) = await embedder.embed([text])

    assert math.isclose(math.hypot(*vector), 1)


@pytest.mark.parametrize("text", ["", " \n\t "])
async def test_an_empty_text_is_rejected(embedder: HashingEmbedder, text: str) -> None:
    with pytest.raises(RejectedError):
        await embedder.embed(["мост", text])


async def test_another_process_gives_the_same_floats(embedder: HashingEmbedder) -> None:
    text = "Нейросети рисуют мосты over the river"
    code = (
        "import asyncio, hashlib; from adapters.hashing_embedder import HashingEmbedder as E; "
        f"print(hashlib.sha256(repr(asyncio.run(E().embed([{text!r}]))).encode()).hexdigest())"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = hashlib.sha256(repr(await embedder.embed([text])).encode()).hexdigest()

    assert told.stdout.strip() == here
