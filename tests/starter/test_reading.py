"""What the door makes of entries that are odd, old or hostile. Pure: no server."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events import AlbumParsed, PostParsed
from starter.parsing import RefusedEntryError, parse

WRITTEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
UUID = "6f1f1d3c-7f3e-5c55-9a3e-0b6d1c0f7a11"


def an_entry(**values: Any) -> dict[str, str]:
    post = {
        "channel_id": UUID, "post_id": UUID, "tenant_id": UUID, "text": "x", "posted_at": WRITTEN.isoformat(),
        "telegram_message_id": 5, "tg_channel_id": -1001,
    }  # fmt: skip
    return {"data": json.dumps({**post, **values})}


def read(**values: Any) -> PostParsed:
    return parse(PostParsed, an_entry(**values), WRITTEN)


def test_a_trace_id_spelt_as_a_uuid_is_the_same_trace_in_hex() -> None:
    assert read(trace_id=UUID).trace_id == UUID.replace("-", "")


@pytest.mark.parametrize("odd", ["req_0123456789abcdef", "x" * 200, ""])
def test_any_other_trace_id_becomes_one_of_32_digits(odd: str) -> None:
    trace = read(trace_id=odd).trace_id

    assert len(trace) == 32
    assert trace == read(trace_id=odd).trace_id


def test_what_is_null_is_as_good_as_left_out() -> None:
    event = read(trace_id=None, urls=None, idempotency_key=None, views_count=None, schema_version=None)

    assert (event.urls, event.views_count) == ((), 0)
    assert event.idempotency_key == f"{UUID}:{UUID}:5"


def test_telegrams_own_word_in_a_peer_is_passed_by() -> None:
    assert read(author_peer_id={"_": "PeerUser", "user_id": 7}).author_peer_id == {"user_id": 7}


def test_halves_of_characters_and_nul_become_what_stores_take() -> None:
    event = read(text="a\ud800b\x00c", author_name="\udfff")

    assert event.text == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
    assert event.author_name == "\N{REPLACEMENT CHARACTER}"


def test_a_flat_text_that_says_none_is_a_text() -> None:
    flat = {name: str(value) for name, value in json.loads(an_entry()["data"]).items()}

    assert parse(PostParsed, {**flat, "text": "None", "thread_id": "None"}, WRITTEN).text == "None"


@pytest.mark.parametrize("version", [1, "1", "1.0", "v1"])
def test_every_spelling_of_the_first_version_is_known(version: object) -> None:
    assert read(schema_version=version).text == "x"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"schema_version": []}, None),
        ({"schema_version": "v9"}, "schema_version"),
        ({"views_count": 3_000_000_000}, "views_count"),
        ({"views_count": -1}, "views_count"),
        ({"telegram_message_id": 10**23}, "telegram_message_id"),
        ({"tg_channel_id": 2**63}, "tg_channel_id"),
        ({"text": {"a": 1}}, "text"),
        ({"urls": "[not json"}, "urls"),
        ({"author_peer_id": "[not json"}, "author_peer_id"),
    ],
)
def test_what_the_archive_cannot_hold_is_refused_by_name(values: dict[str, Any], named: str | None) -> None:
    if named is None:
        assert read(**values).text == "x"
        return

    with pytest.raises(RefusedEntryError, match=named):
        read(**values)


def read_album(**values: Any) -> AlbumParsed:
    known = {"channel_id": UUID, "tenant_id": UUID, "album_id": 1, "grouped_id": 2, "items_count": 2}
    return parse(AlbumParsed, {"data": json.dumps({**known, **values})}, WRITTEN)


def test_a_kind_of_album_that_nobody_knows_is_none() -> None:
    assert read_album(album_kind="live").album_kind is None


def test_a_hash_that_is_longer_than_the_archive_keeps_is_refused_in_words() -> None:
    assert read_album(content_hash="a" * 64).content_hash == "a" * 64

    with pytest.raises(RefusedEntryError, match="content_hash: string should have at most 64 characters"):
        read_album(content_hash="a" * 65)
