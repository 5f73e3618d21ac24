"""The provider that fails on purpose."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from adapters.faulty_tagger import FaultyTagger, is_refused, spent
from contracts.asking import Asker, TagAnswer
from contracts.errors import BudgetExhaustedError, PipelineError, RejectedError, UnavailableError
from runtime.provider_settings import ProviderSettings
from runtime.settings import FaultySettings, Settings
from tests.build import an_asker
from workers.policies import load_policies
from workers.providers import local_providers


class Steady:
    """Proposes the same tag for everything."""

    provider, model, version = "steady", "one", "3"

    async def tags_for(self, text: str, asker: Asker) -> TagAnswer:
        return TagAnswer(tags=("bridge",), provider=self.provider, model=self.model)


POLICIES = load_policies(None)
TEXTS = [f"news of day {number}" for number in range(400)]
BAD = next(text for text in TEXTS if is_refused(text, 10))
GOOD = next(text for text in TEXTS if not is_refused(text, 10))


def test_about_one_text_in_so_many_is_refused() -> None:
    refused = sum(is_refused(text, 10) for text in TEXTS)

    assert 20 <= refused <= 60
    assert all(is_refused(text, 1) for text in TEXTS)


@pytest.mark.parametrize("error", [RejectedError, UnavailableError])
async def test_what_is_refused_fails_as_it_was_told_to(error: type[PipelineError]) -> None:
    tagger = FaultyTagger(Steady(), 10, error)

    with pytest.raises(error, match="one in 10"):
        await tagger.tags_for(BAD, an_asker())
    assert (await tagger.tags_for(GOOD, an_asker())).tags == ("bridge",)


async def test_a_budget_that_is_spent_begins_anew_at_midnight_utc() -> None:
    before = datetime.now(UTC)

    with pytest.raises(BudgetExhaustedError) as refused:
        await FaultyTagger(Steady(), 1, spent).tags_for(BAD, an_asker())

    goes_on_at = refused.value.goes_on_at
    assert goes_on_at
    assert (goes_on_at.astimezone(UTC).time(), goes_on_at.date() > before.date()) == (time(), True)
    assert goes_on_at - datetime.now(UTC) <= timedelta(days=1)


async def test_it_is_mended_as_soon_as_the_file_is_there(tmp_path: Path) -> None:
    mended = tmp_path / "mended"
    tagger = FaultyTagger(Steady(), 1, RejectedError, mended)
    with pytest.raises(RejectedError):
        await tagger.tags_for(BAD, an_asker())

    mended.touch()

    assert (await tagger.tags_for(BAD, an_asker())).tags == ("bridge",)


def test_it_says_of_itself_what_the_real_tagger_says() -> None:
    tagger = FaultyTagger(Steady(), 10, RejectedError)

    assert (tagger.provider, tagger.model, tagger.version) == ("steady", "one", "3")


def test_the_setting_chooses_it_and_makes_nothing_stale() -> None:
    faulty = FaultySettings(one_in=1, until=Path("mended"))
    usual, chosen = (
        local_providers(
            Settings(_env_file=None, providers=ProviderSettings(tags=tags), faulty=faulty), POLICIES
        )
        for tags in ("local", "faulty")
    )

    assert not isinstance(usual.tagger, FaultyTagger)
    assert isinstance(chosen.tagger, FaultyTagger)
    assert usual.versions == chosen.versions
