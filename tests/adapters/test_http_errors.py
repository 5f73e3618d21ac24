"""What is made of the answers and the silence of services."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from adapters.http_errors import LONGEST_WAIT, USUAL_WAIT, Service, refused, told_wait, unreachable
from contracts.errors import (
    PipelineError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnansweredError,
    UnavailableError,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVICE = Service("Oracle", "X_KEY", "X_MODEL", "X_CA", ("s3cret", ""))


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0", timedelta(0)),
        ("2.5", timedelta(seconds=2.5)),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), timedelta(seconds=90)),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), timedelta(0)),
        ("86400", LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("-5", USUAL_WAIT),
        ("soon", USUAL_WAIT),
        ("nan", USUAL_WAIT),
        ("", USUAL_WAIT),
        ("Sun, 01 Mar 2026 12:00:30", USUAL_WAIT),
    ],
)
def test_a_wait_is_told_in_seconds_or_as_a_date(said: str, wait: timedelta) -> None:
    assert told_wait({"retry-after": said}, NOW) == wait


def test_without_a_word_the_usual_time_is_waited() -> None:
    assert told_wait({}, NOW) == USUAL_WAIT


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError),
        (401, UnavailableError),
        (402, UnavailableError),
        (403, UnavailableError),
        (404, RejectedError),
        (408, UnavailableError),
        (413, RefusedError),
        (415, RefusedError),
        (422, RefusedError),
        (429, RateLimitedError),
        (500, UnavailableError),
        (502, UnavailableError),
        (503, UnavailableError),
        (504, UnansweredError),
        (302, UnavailableError),
    ],
)
def test_each_status_is_one_error_that_says_what_was_said(status: int, kind: type[PipelineError]) -> None:
    error = refused(SERVICE, status, {}, b'{"status": 1, "message": "the reason"}')

    assert type(error) is kind
    assert f"Oracle answered {status}" in str(error)
    assert ("the reason" in str(error)) == (status not in {401, 403})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_a_service_that_is_away_or_says_wait_could_not_do_goes_on_by_itself(status: int) -> None:
    error = refused(SERVICE, status, {"retry-after": "2700"}, b"")

    assert error.goes_on_at is not None
    minutes = 45 if status == 429 else 5
    assert abs(error.goes_on_at - datetime.now(UTC) - timedelta(minutes=minutes)) < timedelta(seconds=9)


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 404, 422])
def test_what_only_a_human_mends_does_not_go_on_by_itself(status: int) -> None:
    assert refused(SERVICE, status, {}, b"").goes_on_at is None


@pytest.mark.parametrize("error", [httpx.ConnectError(""), httpx.ReadTimeout("")])
def test_what_a_service_that_is_silent_could_not_do_goes_on_by_itself(error: httpx.HTTPError) -> None:
    assert unreachable(SERVICE, error).goes_on_at is not None


def test_a_certificate_that_nobody_trusts_needs_a_human() -> None:
    error = httpx.ConnectError("")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")

    assert unreachable(SERVICE, error).goes_on_at is None


def test_the_setting_that_is_wrong_is_named_but_no_secret() -> None:
    body = json.dumps({"message": "the key s3cret is no key\n\tof ours"}).encode()

    assert "X_KEY" in str(refused(SERVICE, 401, {}, body))
    assert "X_MODEL" in str(refused(SERVICE, 404, {}, body))
    for status in (400, 401, 403, 404, 422, 429, 500):
        assert "s3cret" not in str(refused(SERVICE, status, {}, body))
    assert "the key *** is no key of ours" in str(refused(SERVICE, 500, {}, body))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>502</html>", b"[1]", b"null", b'{"error": {"code": 1}}', b"\xff" * 99, b"[" * 90_000],
)
def test_a_body_that_says_nothing_is_not_quoted(body: bytes) -> None:
    assert str(refused(SERVICE, 500, {}, body)) == "Oracle answered 500"


def test_what_openai_says_is_quoted_and_cut() -> None:
    body = json.dumps({"error": {"message": "m" * 9000, "type": "server_error"}}).encode()

    assert "mmm" in str(refused(SERVICE, 500, {}, body))
    assert len(str(refused(SERVICE, 500, {}, body))) < 300


def test_silence_is_named_and_its_words_are_not_quoted() -> None:
    error = unreachable(SERVICE, httpx.ConnectTimeout("https://user:s3cret@host"))

    assert str(error) == "Oracle did not answer: ConnectTimeout"


@pytest.mark.parametrize(
    ("error", "may_have_cost"),
    [
        (httpx.ReadTimeout(""), True),
        (httpx.ReadError(""), True),
        (httpx.RemoteProtocolError(""), True),
        (httpx.ConnectError(""), False),
        (httpx.ConnectTimeout(""), False),
        (httpx.WriteTimeout(""), False),
    ],
)
def test_silence_after_a_whole_question_may_have_cost_something(
    error: httpx.HTTPError, may_have_cost: bool
) -> None:
    assert unreachable(SERVICE, error).may_have_cost == may_have_cost
    assert not unreachable(SERVICE, error, is_paid=False).may_have_cost
