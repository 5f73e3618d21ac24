"""A mistake of ours in reading an answer: it was paid for, so it counts as one of the few that are of no use."""

from typing import Never

import pytest

from adapters.gigachat import seeing
from adapters.gigachat import tagging as by_gigachat
from adapters.gigachat.seeing import GigaChatSight
from adapters.openai_compatible import tagging as by_openai
from contracts.errors import UnusableAnswerError
from contracts.sight import RawPicture
from tests.adapters.pictures import a_png
from tests.adapters.remote import an_account, gigachat, openai
from tests.build import LONG, TENANT
from tests.servers.gigachat.serving import fake_gigachat


def mistaken(*_: object) -> Never:
    raise KeyError("a mistake of ours")


async def test_tags_that_we_cannot_read_are_paid_for_and_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, opened in ((by_gigachat, gigachat), (by_openai, openai)):
        monkeypatch.setattr(module, "tags_in", mistaken)
        async with fake_gigachat() as fake, opened(fake) as tagger:
            with pytest.raises(UnusableAnswerError, match="KeyError") as raised:
                await tagger.propose(LONG, TENANT)

        assert raised.value.usage and raised.value.usage.total_tokens > 0


async def test_a_look_that_we_cannot_read_is_paid_for_and_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeing, "results", mistaken)
    async with fake_gigachat() as fake, an_account(fake) as account:
        with pytest.raises(UnusableAnswerError, match="KeyError") as raised:
            await GigaChatSight(account, "GigaChat-2-Pro", 4_000_000).see(
                [RawPicture("0" * 64, a_png((10, 10)), "image/png")]
            )

    assert raised.value.usage and raised.value.usage.total_tokens > 0
