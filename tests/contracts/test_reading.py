"""Entries of other producers are read in every shape that the contract has ever had."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.encoding import decode, encode, flat
from contracts.errors import RejectedError
from contracts.events import AlbumParsed, PostParsed
from tests.build import a_ref, an_album_event, an_event

FULL = an_event(
    urls=("https://example.org/a",), has_media=True, forward_from_peer_id={"channel_id": 5}, grouped_id=555
)
ALBUM = an_album_event(posts=(a_ref(1), a_ref(2)), caption_text="Прогулка")


def as_data(event: PostParsed | AlbumParsed, field: str) -> dict[str, str]:
    return {field: event.model_dump_json()}


@pytest.mark.parametrize("field", ["data", "payload"])
def test_a_post_in_one_json_field_is_read(field: str) -> None:
    assert PostParsed.model_validate(decode(as_data(FULL, field))) == FULL


def test_a_flat_post_is_read() -> None:
    assert PostParsed.model_validate(decode(encode(FULL))) == FULL


@pytest.mark.parametrize("field", ["data", "payload"])
def test_an_album_in_one_json_field_is_read(field: str) -> None:
    assert AlbumParsed.model_validate(decode(as_data(ALBUM, field))) == ALBUM


def test_a_flat_album_is_read() -> None:
    assert AlbumParsed.model_validate(decode(encode(ALBUM))) == ALBUM


def test_none_in_a_flat_entry_means_absent() -> None:
    fields = {**encode(FULL), "reply_to_message_id": "None", "author_name": "None", "edited_at": "None"}

    event = PostParsed.model_validate(decode(fields))

    assert (event.reply_to_message_id, event.author_name, event.edited_at) == (None, None, None)


@pytest.mark.parametrize(("written", "meant"), [
    ("True", True), ("true", True), ("1", True), ("False", False), ("false", False), ("0", False),
])  # fmt: skip
def test_truth_is_read_as_every_producer_writes_it(written: str, meant: bool) -> None:
    event = PostParsed.model_validate(decode({**encode(FULL), "has_media": written}))

    assert event.has_media is meant


@pytest.mark.parametrize("missing", ["trace_id", "idempotency_key", "occurred_at"])
def test_what_older_producers_leave_out_follows_from_the_rest(missing: str) -> None:
    fields = encode(FULL)
    del fields[missing]

    first, second = (PostParsed.model_validate(decode(fields)) for _ in range(2))

    assert first == second
    assert getattr(first, missing)


@pytest.mark.parametrize("given", ["telegram_message_id", "tg_message_id"])
def test_either_name_of_the_message_id_is_enough(given: str) -> None:
    fields = encode(FULL)
    for name in {"telegram_message_id", "tg_message_id"} - {given}:
        del fields[name]

    event = PostParsed.model_validate(decode(fields))

    assert (event.telegram_message_id, event.tg_message_id) == (7, 7)


def test_a_field_that_nobody_knows_is_ignored() -> None:
    event = PostParsed.model_validate(decode({**encode(FULL), "from_the_future": "1"}))

    assert event == FULL


@pytest.mark.parametrize("body", ["{", "", "[1]", '"text"', "null", "[" * 100_000])
def test_a_body_that_is_no_json_object_is_rejected(body: str) -> None:
    with pytest.raises(RejectedError, match=r"^data: "):
        decode({"data": body})


@pytest.mark.parametrize(("field", "value"), [
    ("post_id", "7"), ("telegram_message_id", "seven"), ("posted_at", "yesterday"),
    ("posted_at", "2026-03-01T12:00:00"), ("urls", "https://example.org"), ("tenant_id", ""),
])  # fmt: skip
def test_a_wrong_value_is_named(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PostParsed.model_validate(decode({**encode(FULL), field: value}))

    assert field in {error["loc"][0] for error in refused.value.errors()}


@pytest.mark.parametrize(("value", "written"), [
    (True, "True"), (0, "0"), (("a", "ё"), '["a", "ё"]'), ({"id": 1}, '{"id": 1}'), ((), "[]"),
])  # fmt: skip
def test_flat_values_are_written_as_the_contract_has_them(value: Any, written: str) -> None:
    assert flat(value) == written


def test_json_bodies_keep_cyrillic_readable() -> None:
    assert "трамвай" in as_data(FULL, "data")["data"]
    assert "Прогулка" in json.loads(json.dumps(encode(ALBUM), ensure_ascii=False))["caption_text"]
