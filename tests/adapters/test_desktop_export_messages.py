from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.desktop_export.message import read
from adapters.desktop_export.model import ExportedChannelPhoto, ExportedMessage, Skipped
from tests.ingest.exports import a_channel_photo, a_message


def test_text_is_read_in_every_shape() -> None:
    mixed = ["Смотри ", {"type": "bold", "text": "сюда"}, "!"]
    entities = [{"type": "plain", "text": "только части"}]

    assert _read(a_message(1, "строка")).text == "строка"
    assert _read(a_message(1, mixed)).text == "Смотри сюда!"
    assert _read(a_message(1, "", text_entities=entities)).text == "только части"


def test_links_come_from_entities_and_from_the_text() -> None:
    text = [
        {"type": "link", "text": "example.com/a?utm_source=x"},
        " и ",
        {"type": "text_link", "text": "тут", "href": "https://Example.com/b#c"},
        " и http://example.com/c.",
    ]

    links = _read(a_message(1, text)).links

    assert links == ("https://example.com/a", "https://example.com/b", "http://example.com/c")


def test_an_old_export_has_local_time_of_the_exporting_computer() -> None:
    raw = a_message(1, date="2021-06-01T12:00:00")
    del raw["date_unixtime"]

    assert read(raw, UTC) == _read(raw)
    moscow = read(raw, ZoneInfo("Europe/Moscow"))

    assert isinstance(moscow, ExportedMessage)
    assert moscow.posted_at == datetime(2021, 6, 1, 9, tzinfo=UTC)


def test_an_edit_that_old_exports_write_for_never_is_none() -> None:
    assert _read(a_message(1, edited="1970-01-01T03:00:00")).edited_at is None


def test_question_and_answers_of_a_poll_can_be_searched() -> None:
    poll = {"question": "Как назвать?", "answers": [{"text": "Липовый", "voters": 3}, {"text": "Рыбачий"}]}

    message = _read(a_message(1, "", poll=poll))

    assert message.text == "Как назвать?\n— Липовый\n— Рыбачий"
    assert '"voters": 3' in message.details_json


def test_forward_reply_reactions_and_signature_are_read() -> None:
    message = _read(
        a_message(
            7,
            author="Анна",
            forwarded_from="Область",
            forwarded_from_id="channel55",
            reply_to_message_id=3,
            reply_to_peer_id="chat9",
            reactions=[
                {"type": "emoji", "count": 3, "emoji": "👍"},
                {"type": "custom_emoji", "count": 2, "document_id": "stickers/1.webm"},
                {"type": "paid", "count": 5},
                {"type": "emoji", "count": "many", "emoji": "?"},
            ],
        )
    )

    assert message.signature == "Анна"
    assert message.forwarded_from is not None
    assert message.forwarded_from.marked_id == -1000000000055
    assert (message.reply_to_message_id, message.reply_to_chat_id) == (3, -9)
    assert [(r.kind, r.count) for r in message.reactions] == [("emoji", 3), ("custom_emoji", 2), ("paid", 5)]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (a_message(1, type="service"), "service"),
        (a_message(1, type="service", action="pin_message", photo="photos/a.jpg"), "service"),
        (a_message(1, type="service", action="edit_group_photo"), "service"),
        (a_channel_photo(1, photo=None), "service"),
        (a_channel_photo(1, photo=["photos/a.jpg"]), "service"),
        (a_channel_photo(1, date_unixtime="never"), "bad_date"),
        (a_channel_photo(10**30, second=0), "bad_id"),
        (a_message(1, type="unsupported"), "unsupported"),
        (a_message(1, type=[]), "unknown_type"),
        (a_message(1, 17), "bad_text"),
        (a_message(1, [{"type": "bold", "text": None}]), "bad_text"),
        (a_message(10**30, "x", second=0), "bad_id"),
        (a_message(1, date_unixtime="9" * 30), "bad_date"),
        (a_message(1, date_unixtime="never"), "bad_date"),
        (None, "no_object"),
    ],
)
def test_a_message_that_is_no_post_says_why(raw: dict[str, Any] | None, reason: str) -> None:
    message = read(raw, UTC)

    assert isinstance(message, Skipped)
    assert message.reason == reason


def test_a_new_picture_of_the_channel_is_read_with_its_file() -> None:
    photo = read(a_channel_photo(2, "photos/own.jpg"), UTC)

    assert isinstance(photo, ExportedChannelPhoto)
    assert (photo.id, photo.file.path, photo.file.mime) == (2, "photos/own.jpg", "image/jpeg")
    assert photo.posted_at == datetime(2023, 11, 14, 22, 15, 20, tzinfo=UTC)


def test_a_message_with_a_picture_is_a_post_whatever_action_it_names() -> None:
    assert isinstance(read(a_channel_photo(2, type="message"), UTC), ExportedMessage)


def test_what_no_store_accepts_is_replaced() -> None:
    message = _read(a_message(1, "a\x00b\ud83dc", weird={"k\x00": ["\udc00", 10**40]}))

    assert message.text == "a\ufffdb\ufffdc"
    assert "\\u0000" not in message.details_json
    message.details_json.encode()


def test_a_negative_id_of_a_migrated_group_is_a_post() -> None:
    assert _read(a_message(-5, second=1)).id == -5


def test_ten_thousand_entities_are_one_text() -> None:
    text = [{"type": "bold", "text": "я"} for _ in range(10_000)]

    assert _read(a_message(1, text)).text == "я" * 10_000


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.sampled_from(
    [
        *("id", "type", "date", "date_unixtime", "edited", "from", "from_id", "text", "text_entities"),
        *("reactions", "poll", "photo", "file", "media_type", "file_name", "mime_type"),
        *("reply_to_peer_id", "forwarded_from", "action"),
    ]
)
_ITEM = st.dictionaries(st.sampled_from(["type", "text", "href", "count", "emoji", "answers"]), _JSON)


@given(st.dictionaries(_FIELDS, _JSON | _ITEM | st.lists(_ITEM, max_size=2), max_size=5))
def test_nothing_that_a_message_says_stops_the_import(changes: dict[str, Any]) -> None:
    assert read(a_message(1) | changes, UTC) is not None
    assert read(a_channel_photo(1) | changes, UTC) is not None


def _read(raw: dict[str, Any]) -> ExportedMessage:
    message = read(raw, UTC)
    assert isinstance(message, ExportedMessage)
    return message
