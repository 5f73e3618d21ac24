"""The account at GigaChat: its token, its certificate, how much is asked at a time, and whose settings count."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from activities.metered_tagging import TagModel
from adapters.gigachat.account import Account
from adapters.gigachat.seeing import GigaChatSight
from adapters.gigachat.tagging import GigaChatTagger
from contracts.asking import TagAnswer
from contracts.errors import BusyError, UnavailableError
from contracts.sight import RawPicture
from tests.adapters.pictures import a_png
from tests.adapters.remote import an_access, an_account, gigachat
from tests.build import LONG, TENANT
from tests.servers.gigachat.serving import KEY, FakeGigaChat, fake_gigachat


@pytest.fixture
async def fake() -> AsyncIterator[FakeGigaChat]:
    async with fake_gigachat() as running:
        yield running


async def test_one_token_is_enough_for_tags_and_pictures(fake: FakeGigaChat) -> None:
    async with an_account(fake) as account:
        await GigaChatTagger(account, "GigaChat-2").propose(LONG, TENANT)
        await GigaChatTagger(account, "GigaChat-2").propose(LONG, TENANT)
        await GigaChatSight(account, "GigaChat-2-Pro", 10**6).see([RawPicture("a", a_png(), "image/png")])

    calls = (await fake.ledger())["calls"]
    assert (calls["oauth"], calls["chat"]) == (1, 3)


async def test_a_token_that_is_not_accepted_any_more_is_renewed_once(fake: FakeGigaChat) -> None:
    async with gigachat(fake) as tagger:
        await tagger.propose(LONG, TENANT)
        fake.state.tokens.clear()
        answer = await tagger.propose(LONG, TENANT)

    ledger = await fake.ledger()
    assert answer.tags
    assert (ledger["calls"]["oauth"], ledger["calls"]["chat"], ledger["statuses"]["401"]) == (2, 3, 1)


async def test_a_service_that_accepts_no_token_is_asked_no_more_than_twice(fake: FakeGigaChat) -> None:
    async with gigachat(fake) as tagger:
        await tagger.propose(LONG, TENANT)
        await fake.fail(status=401, times=None)
        with pytest.raises(UnavailableError, match="POSTLOOM_GIGACHAT__CREDENTIALS"):
            await tagger.propose(LONG, TENANT)

    assert (await fake.ledger())["calls"]["chat"] == 1 + 2


async def test_a_token_is_renewed_before_it_ends() -> None:
    async with (
        fake_gigachat(token_seconds=59) as fake,
        gigachat(fake) as tagger,
    ):  # the library renews a minute before
        await tagger.propose(LONG, TENANT)
        await tagger.propose(LONG, TENANT)

        ledger = await fake.ledger()

    assert ledger["calls"]["oauth"] == 2
    assert "401" not in ledger["statuses"]


async def test_a_key_that_is_no_key_is_told_by_its_setting(fake: FakeGigaChat) -> None:
    async with gigachat(fake, credentials=SecretStr("no base64 at all!")) as tagger:
        with pytest.raises(UnavailableError, match="POSTLOOM_GIGACHAT__CREDENTIALS") as raised:
            await tagger.propose(LONG, TENANT)

    assert "no base64" not in repr(raised.value)


async def placed(tagger: TagModel, text: str = LONG) -> TagAnswer:
    """Ask as the meter does."""
    async with tagger.place():
        return await tagger.propose(text, TENANT)


async def test_no_more_is_asked_at_a_time_than_the_contract_allows() -> None:
    async with fake_gigachat(streams=2) as fake:
        await fake.fail(how="fenced", latency=0.1, times=None)
        async with gigachat(fake, at_a_time=2) as tagger:
            await asyncio.gather(*(placed(tagger, f"{LONG} {number}") for number in range(7)))
        ledger = await fake.ledger()

    assert ledger["most_at_once"] == 2
    assert "429" not in ledger["statuses"]


async def test_who_waits_too_long_for_a_place_is_told_to_come_again(fake: FakeGigaChat) -> None:
    await fake.fail(how="fenced", latency=1.0)

    async with gigachat(fake, patience=0.1) as tagger:
        first = asyncio.create_task(placed(tagger))
        await _at_work(fake)
        with pytest.raises(BusyError):
            await placed(tagger)
        answer = await first

    assert answer.tags
    assert (await fake.ledger())["calls"]["chat"] == 1


async def test_a_place_is_given_back_when_its_caller_is_cancelled(fake: FakeGigaChat) -> None:
    await fake.fail(how="hang")

    async with gigachat(fake, patience=0.5) as tagger:
        first = asyncio.create_task(placed(tagger))
        await _at_work(fake)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        answer = await tagger.propose(LONG, TENANT)

    assert answer.tags


async def _at_work(fake: FakeGigaChat) -> None:
    async with asyncio.timeout(5):
        while not fake.state.calls["chat"]:
            await asyncio.sleep(0.01)


async def test_only_our_own_settings_count(fake: FakeGigaChat, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ACCESS_TOKEN": "stolen", "USER": "somebody", "PASSWORD": "something", "MAX_RETRIES": "5",
        "VERIFY_SSL_CERTS": "false", "CA_BUNDLE_FILE": "/nowhere", "CERT_FILE": "/nowhere", "MODEL": "GigaChat-2-Max",
        "BASE_URL": "http://127.0.0.1:9",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"GIGACHAT_{name}", value)
    await fake.fail(status=500)

    async with gigachat(fake) as tagger:
        with pytest.raises(UnavailableError, match="500"):
            await tagger.propose(LONG, TENANT)
        answer = await tagger.propose(LONG, TENANT)

    assert answer.model.startswith("GigaChat-2:")
    assert (await fake.ledger())["calls"] == {"oauth": 1, "chat": 2}


def test_the_key_is_in_no_representation(tmp_path: Path) -> None:
    access = an_access(FakeGigaChat("http://127.0.0.1:9", None))  # type: ignore[arg-type]  # nothing runs there
    account = Account(access)

    assert KEY not in f"{access!r} {account!r} {vars(account)!r}"


async def test_the_form_of_token_that_other_deployments_give_is_understood() -> None:
    """Their ``exp`` is in seconds, which the library takes for milliseconds: a new token for each call."""
    async with fake_gigachat(form="tok") as fake, gigachat(fake) as tagger:
        await tagger.propose(LONG, TENANT)
        answer = await tagger.propose(LONG, TENANT)

        assert answer.tags
        assert (await fake.ledger())["calls"] == {"oauth": 2, "chat": 2}


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def secure(authority: trustme.CA) -> AsyncIterator[FakeGigaChat]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with fake_gigachat(tls=context) as running:
        yield running


async def test_a_certificate_of_an_unknown_authority_is_told_with_what_to_do(secure: FakeGigaChat) -> None:
    async with gigachat(secure) as tagger:
        with pytest.raises(UnavailableError, match="POSTLOOM_GIGACHAT__CA_BUNDLE") as raised:
            await tagger.propose(LONG, TENANT)

    assert not raised.value.may_have_cost
    assert not secure.state.calls


async def test_an_authority_that_is_named_is_trusted(
    secure: FakeGigaChat, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "root.pem")

    async with gigachat(secure, ca_bundle=tmp_path / "root.pem") as tagger:
        answer = await tagger.propose(LONG, TENANT)

    assert answer.tags


def test_a_bundle_that_is_none_is_an_error_at_the_start(fake: FakeGigaChat, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("no certificate")

    with pytest.raises(ssl.SSLError):
        Account(an_access(fake, ca_bundle=tmp_path / "root.pem"))
