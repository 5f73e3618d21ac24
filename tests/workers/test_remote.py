"""Which models the settings bring in, in which order they are asked, and what becomes stale when they change."""

import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from activities.metering import Meter
from adapters.hashing_embedder import hashing
from contracts.asking import Asker
from contracts.errors import BrakedError, UnavailableError
from contracts.post import Versions
from contracts.spending import Past, RequestEnded, Share, ShareState, Wish
from contracts.stages import Stage
from domain.policy import Policies
from runtime.provider_settings import GigaChatSettings, OpenAISettings, ProviderSettings
from runtime.settings import Settings, SettingsError
from tests.activities.fake_models import FakePaidVectors
from tests.adapters.pictures import a_png
from tests.build import LONG, MOMENT, an_asker
from tests.servers.gigachat.serving import KEY, FakeGigaChat, fake_gigachat
from workers.embedders import settle_embedder, wanted_embedder
from workers.providers import Providers, local_providers
from workers.remote import Paying, open_remote, with_remote


class Till:
    """Lets everybody through but those whose brake is on; remembers how requests ended."""

    def __init__(self, braked: Sequence[str] = ()) -> None:
        self.braked, self.ended = braked, list[RequestEnded]()

    async def reserve(self, wish: Wish) -> Share:
        await self.check(wish.provider)
        return Share(wish=wish)

    async def check(self, provider: str) -> None:
        if provider in self.braked:
            raise BrakedError(provider, retry_after=MOMENT - MOMENT, goes_on_at=MOMENT)

    async def end(self, ended: RequestEnded) -> None:
        self.ended.append(ended)

    async def past(self, asker: Asker, provider: str) -> Past:
        return Past()


@pytest.fixture(scope="module")
async def fake() -> AsyncIterator[FakeGigaChat]:
    async with fake_gigachat() as running:
        yield running


def wanted(
    fake: FakeGigaChat, folder: Path, given: dict[str, Any] | None = None, **providers: Any
) -> Settings:
    gigachat = GigaChatSettings(
        base_url=fake.base_url, auth_url=fake.auth_url, credentials=SecretStr(KEY), **(given or {})
    )
    openai = OpenAISettings(base_url=fake.openai_url, api_key=SecretStr(KEY), model="llama")
    return Settings(
        _env_file=None, data_dir=folder, gigachat=gigachat, openai=openai,
        providers=ProviderSettings(**providers),
    )  # fmt: skip


@cache
def local() -> Providers:
    """The local ones; their dictionaries are loaded once."""
    return local_providers(Settings(_env_file=None), Policies())


@asynccontextmanager
async def opened(
    settings: Settings, till: Till | None = None, policies: Policies | None = None
) -> AsyncIterator[Providers]:
    policies = policies or Policies()
    meter = Meter(till or Till(), policies.spending, lambda ended: None)
    async with open_remote(settings, policies) as remote:
        yield with_remote(local(), remote, Paying(meter, FakePaidVectors()), settings, policies)


async def versions(settings: Settings, policies: Policies | None = None) -> Versions:
    async with opened(settings, policies=policies) as providers:
        return providers.versions


def changed(one: Versions, other: Versions) -> set[str]:
    return {name for name, value in one.model_dump().items() if value != other.model_dump()[name]}


async def test_without_a_wish_nobody_else_is_asked(fake: FakeGigaChat, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)

    async with opened(settings) as providers:
        assert (providers.tagger.provider, providers.vision.provider) == ("local", "local")
        assert providers.embedders.wanted.identity == hashing(512)
        assert providers.versions == local().versions


async def test_tags_and_pictures_are_asked_for_and_metered(fake: FakeGigaChat, tmp_path: Path) -> None:
    till = Till()

    async with opened(wanted(fake, tmp_path, tags="gigachat", vision="gigachat"), till) as providers:
        tags = await providers.tagger.tags_for(LONG, an_asker())
        facts = await providers.vision.look(a_png(), "image/png", an_asker())

    assert (tags.provider, facts.provider) == ("gigachat", "gigachat")
    assert [ended.endings[0].state for ended in till.ended] == [ShareState.SETTLED] * 2
    assert [ended.endings[0].usage.total_tokens > 0 for ended in till.ended] == [True] * 2
    assert facts.tokens_used == till.ended[1].endings[0].usage.total_tokens


@pytest.mark.parametrize(
    ("braked", "asked"),
    [
        ((), "gigachat"),
        (("gigachat",), "openai"),
        (("gigachat", "openai"), "local"),
        (("openai",), "gigachat"),
    ],
)
async def test_the_next_one_is_asked_while_a_brake_is_on(
    fake: FakeGigaChat, tmp_path: Path, braked: tuple[str, ...], asked: str
) -> None:
    settings = wanted(fake, tmp_path, tags="gigachat,openai,local")

    async with opened(settings, Till(braked)) as providers:
        answer = await providers.tagger.tags_for(LONG, an_asker())

    assert answer.provider == asked
    assert answer.tags


@pytest.mark.parametrize(("braked", "asked"), [((), "vllm"), (("openai",), "vllm"), (("vllm",), "local")])
async def test_a_service_like_openai_is_called_as_the_setting_says(
    fake: FakeGigaChat, tmp_path: Path, braked: tuple[str, ...], asked: str
) -> None:
    usual = wanted(fake, tmp_path, tags="openai,local")
    settings = usual.model_copy(update={"openai": usual.openai.model_copy(update={"name": "vllm"})})

    async with opened(settings, Till(braked)) as providers:
        answer = await providers.tagger.tags_for(LONG, an_asker())
        version = providers.versions.tags

    assert answer.provider == asked
    assert version.startswith("vllm-llama-")


async def test_without_a_last_resort_everybody_waits(fake: FakeGigaChat, tmp_path: Path) -> None:
    settings = wanted(fake, tmp_path, tags="gigachat,openai")

    async with opened(settings, Till(("gigachat", "openai"))) as providers:
        with pytest.raises(BrakedError):
            await providers.tagger.tags_for(LONG, an_asker())


async def test_what_becomes_stale_is_exactly_what_was_changed(fake: FakeGigaChat, tmp_path: Path) -> None:
    await settle_embedder(wanted(fake, tmp_path, embedder="gigachat"))
    usual = await versions(wanted(fake, tmp_path, tags="gigachat", vision="gigachat"))

    async def against(given: dict[str, Any] | None = None, **providers: Any) -> set[str]:
        chosen = {"tags": "gigachat", "vision": "gigachat", **providers}
        return changed(usual, await versions(wanted(fake, tmp_path, given, **chosen)))

    assert await against() == set()
    assert await against(tags="local") == {"tags"}
    assert await against(tags="gigachat,openai,local") == set()
    assert await against(tags="openai,gigachat") == {"tags"}
    assert await against({"model": "GigaChat-2-Max"}) == {"tags"}
    assert await against({"vision_model": "GigaChat-2-Max"}) == {"vision"}
    assert await against(vision="local") == {"vision"}
    assert await against(embedder="gigachat") == {"vectors"}
    assert await against({"concurrency": 3, "timeout": 9, "scope": "GIGACHAT_API_B2B"}) == set()


async def test_a_version_names_provider_wanted_model_and_prompt(fake: FakeGigaChat, tmp_path: Path) -> None:
    named = await versions(wanted(fake, tmp_path, tags="gigachat", vision="gigachat"))

    assert named.tags.startswith("gigachat-GigaChat-2-tags.v1-")
    assert named.vision.startswith("gigachat-GigaChat-2-Pro-vision.v1-")
    assert named.vision.endswith(Policies().vision_version())


async def test_the_size_of_vectors_is_asked_for_once_and_known_when_gigachat_is_away(
    fake: FakeGigaChat, tmp_path: Path
) -> None:
    settings = wanted(fake, tmp_path, embedder="gigachat")
    with pytest.raises(UnavailableError, match="start the service"):
        wanted_embedder(settings)
    await settle_embedder(settings)
    await fake.fail(path="/embeddings", status=503)

    await settle_embedder(settings)

    assert (wanted_embedder(settings).provider, wanted_embedder(settings).size) == ("gigachat", 1024)


async def test_a_gigachat_that_never_answered_is_a_sentence(fake: FakeGigaChat, tmp_path: Path) -> None:
    await fake.fail(path="/embeddings", status=503)

    with pytest.raises(UnavailableError, match="never asked"):
        await settle_embedder(wanted(fake, tmp_path, embedder="gigachat"))


async def test_both_the_old_and_the_new_embedder_are_here_while_a_collection_is_filled(
    fake: FakeGigaChat, tmp_path: Path
) -> None:
    settings = wanted(fake, tmp_path, embedder="gigachat")
    await settle_embedder(settings)
    theirs, till = wanted_embedder(settings), Till()

    async with opened(settings, till) as forth, opened(wanted(fake, tmp_path), till) as back:
        sizes = [
            len(await embedder.vector_of("мост открыт", [an_asker(Stage.VECTORS)]))
            for providers in (forth, back)
            for identity in (theirs, hashing(512))
            if (embedder := providers.embedders.of(identity))
        ]

        assert sizes == [1024, 512] * 2
        assert [ended.endings[0].state for ended in till.ended] == [ShareState.SETTLED] * 2
        assert [(ended.provider, ended.stage) for ended in till.ended] == [("gigachat", "vectors")] * 2
        assert forth.embedders.wanted.identity == theirs
        assert back.embedders.wanted.identity == hashing(512)


async def test_a_certificate_file_that_is_none_stops_the_start_with_a_sentence(
    fake: FakeGigaChat, tmp_path: Path
) -> None:
    (tmp_path / "root.pem").write_text("no certificate")

    with pytest.raises(SettingsError, match="holds no certificate"):
        async with opened(wanted(fake, tmp_path, {"ca_bundle": tmp_path / "root.pem"}, tags="gigachat")):
            pass


def test_the_command_line_pays_nothing_for_other_peoples_libraries() -> None:
    program = (
        "import sys, cli.main, cli.doctor.models, workers.remote;"
        "print([name for name in sys.modules if name.split('.')[0] in ('gigachat', 'langchain_core', 'langsmith')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
