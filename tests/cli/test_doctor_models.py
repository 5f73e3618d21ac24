"""What the doctor says of other people's models."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from cli.doctor.checks import Finding
from cli.doctor.models import model_findings
from runtime.provider_settings import GigaChatSettings, ProviderSettings
from runtime.settings import Settings
from tests.servers.gigachat.serving import KEY, FakeGigaChat, fake_gigachat


@pytest.fixture
async def fake() -> AsyncIterator[FakeGigaChat]:
    async with fake_gigachat() as running:
        yield running


async def examined(fake: FakeGigaChat, providers: dict[str, Any], **gigachat: Any) -> list[Finding]:
    usual = {"base_url": fake.base_url, "auth_url": fake.auth_url, "credentials": SecretStr(KEY)}
    return await model_findings(
        Settings(
            _env_file=None,
            providers=ProviderSettings(**providers),
            gigachat=GigaChatSettings(**{**usual, **gigachat}),
        )
    )


async def test_nobody_is_examined_who_is_not_asked(fake: FakeGigaChat) -> None:
    assert await examined(fake, {}) == []
    assert (await fake.ledger())["calls"] == {}


async def test_a_service_that_has_the_wanted_models_is_well(fake: FakeGigaChat) -> None:
    (one,) = await examined(fake, {"tags": "gigachat", "vision": "gigachat"})

    assert one.ok
    assert one.found == "answers, and has GigaChat-2, GigaChat-2-Pro"
    assert "chat" not in (await fake.ledger())["calls"]


async def test_a_model_that_is_not_there_is_named_with_those_that_are(fake: FakeGigaChat) -> None:
    (one,) = await examined(fake, {"embedder": "gigachat"}, embedding_model="Embeddings-9")

    assert not one.ok
    assert "has no Embeddings-9" in one.found and "EmbeddingsGigaR" in one.do


async def test_a_key_that_is_not_accepted_is_told_by_its_setting(fake: FakeGigaChat) -> None:
    (one,) = await examined(fake, {"tags": "gigachat"}, credentials=SecretStr("b3RoZXI6a2V5"))

    assert not one.ok
    assert "POSTLOOM_GIGACHAT__CREDENTIALS" in one.found


async def test_a_certificate_file_that_is_none_is_told(fake: FakeGigaChat, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("no certificate")

    (one,) = await examined(fake, {"tags": "gigachat"}, ca_bundle=tmp_path / "root.pem")

    assert not one.ok
    assert "holds no certificate" in one.found


async def test_a_service_like_openai_is_named_and_not_asked(fake: FakeGigaChat) -> None:
    (one,) = await examined(fake, {"tags": "openai"})

    assert one.ok
    assert "gpt-4o-mini at https://api.openai.com/v1" in one.found
