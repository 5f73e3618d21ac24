"""Names and numbers of a provider, whatever it says: an answer is not lost for them."""

from typing import Any

import pytest

from adapters.model_names import model_name
from adapters.openai_compatible.chat import Completion
from adapters.openai_compatible.tagging import OpenAITagger
from adapters.usage import counted_usage
from contracts.asking import TagAnswer
from tests.adapters.remote import gigachat
from tests.build import LONG, TENANT
from tests.servers.gigachat.serving import fake_gigachat
from tests.servers.gigachat.state import MODELS

#: What days and months of such answers come to must still be a number that is written down.
MOST = 10_000_000


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        (7, 7), (1.5, 2), (None, 0), (-3, 0), (2**62, MOST), (10**400, MOST), (float("inf"), MOST),
        (float("nan"), 0), ("12", 0), ({}, 0),
    ],
    ids=str,
)  # fmt: skip
def test_a_count_is_a_number_within_reason(told: object, counted: int) -> None:
    usage = counted_usage(told, told, told)

    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (counted,) * 3


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("GigaChat-2:2.0.28.2", "GigaChat-2:2.0.28.2"), ("meta-llama/Llama-3.1@fp8", "meta-llama/Llama-3.1@fp8"),
        ("a\x00b", "a_b"), ("a\ud800b", "a_b"), ("two words\n", "two_words"), ("x" * 500, "x" * 80),
        ("", "asked"), (" ", "asked"), (None, "asked"), (7, "asked"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_name_can_be_written_down(told: object, name: str) -> None:
    assert model_name(told, "asked") == name


class Saying:
    """A service of OpenAI's form that answers with tags, and with ``said`` besides."""

    def __init__(self, **said: Any) -> None:
        self._said = said

    async def complete(self, body: object) -> Completion:
        choice = {"message": {"content": '{"tags": ["мост"]}'}, "finish_reason": "stop"}
        return Completion.model_validate({"choices": [choice], **self._said})


async def answered(**said: Any) -> TagAnswer:
    return await OpenAITagger(Saying(**said), "llama").propose(LONG, TENANT)  # type: ignore[arg-type]


async def test_an_odd_count_loses_no_answer() -> None:
    answer = await answered(
        usage={
            "prompt_tokens": 1.5,
            "completion_tokens": 2**62,
            "prompt_tokens_details": {"cached_tokens": "no"},
        }
    )

    assert answer.tags == ("мост",)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (2, MOST)


@pytest.mark.parametrize(("told", "name"), [("a\x00b", "a_b"), (7, "llama")])
async def test_an_odd_name_loses_no_answer(told: object, name: str) -> None:
    assert (await answered(model=told)).model == name


async def test_an_odd_name_at_gigachat_loses_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "GigaChat-2", ("chat", "Giga\x00Chat" + "x" * 200))

    async with fake_gigachat() as fake, gigachat(fake) as tagger:
        answer = await tagger.propose(LONG, TENANT)

    assert answer.model.startswith("Giga_Chat") and len(answer.model) == 80
