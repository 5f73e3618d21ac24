from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.postgres.ingest_rows import MediaRow, PostRow, ReactionRow
from domain.text import content_hash
from ingest.merging import content_key, merged, with_known_albums

_POSTED = datetime(2024, 5, 1, tzinfo=UTC)
_LATER = _POSTED + timedelta(hours=1)
_STORED = MediaRow(sha256="a" * 64, mime="image/png", s3_key="k")
_MISSING = MediaRow(sha256="b" * 64, mime="image/png", missing="not_included")


def test_a_newer_text_replaces_the_old_one_with_its_links() -> None:
    old = a_post("старое", urls=("https://a.example/",))
    new = a_post("новое", edited_at=_LATER)

    result = merged(old, new)

    assert (result.content, result.urls, result.edited_at) == ("новое", (), _LATER)


def test_an_older_text_or_an_empty_one_changes_nothing() -> None:
    old = a_post("новое", edited_at=_LATER)

    assert merged(old, a_post("старое")) == old
    assert merged(old, a_post("", edited_at=_LATER + timedelta(hours=1))).content == "новое"


def test_the_stored_identity_stays() -> None:
    old = a_post("x", id=UUID(int=5), trace_id="1" * 32)

    result = merged(old, a_post("y", id=UUID(int=6), trace_id="2" * 32))

    assert (result.id, result.trace_id) == (UUID(int=5), "1" * 32)


def test_nothing_known_is_blanked() -> None:
    old = a_post("x", reply_to_message_id=4, views_count=100, telegram_post_url="https://t.me/c/1/1")

    result = merged(old, a_post("x", views_count=3, forward_from_name="Область"))

    assert (result.reply_to_message_id, result.views_count) == (4, 100)
    assert (result.telegram_post_url, result.forward_from_name) == ("https://t.me/c/1/1", "Область")


def test_reactions_are_counted_anew_but_not_by_an_older_version() -> None:
    two, one = (ReactionRow(kind="emoji", value="👍", count=count) for count in (2, 1))
    old = a_post("x", reactions=(two,), reactions_count=2, edited_at=_LATER)

    assert merged(old, a_post("x", reactions=(one,), reactions_count=1)).reactions == (two,)
    fresh = merged(old, a_post("x", reactions=(one,), reactions_count=1, edited_at=_LATER))
    assert (fresh.reactions, fresh.reactions_count) == ((one,), 1)
    assert content_key(fresh) == content_key(old)


def test_bytes_replace_their_absence_and_never_the_other_way() -> None:
    assert merged(a_post("x", media=(_MISSING,)), a_post("x", media=(_STORED,))).media == (_STORED,)
    assert merged(a_post("x", media=(_STORED,)), a_post("x", media=(_MISSING,))).media == (_STORED,)


def test_an_album_that_is_known_takes_in_the_whole_run() -> None:
    stored = {3: a_post("", telegram_message_id=3, grouped_id=-77)}
    run = [a_post("", telegram_message_id=number, grouped_id=-1) for number in (1, 2, 3, 4)]

    assert [post.grouped_id for post in with_known_albums(run, stored)] == [-77, -77, -77, -77]


def test_two_albums_known_from_telegram_stay_two() -> None:
    stored = {n: a_post("", telegram_message_id=n, grouped_id=g) for n, g in ((1, 500), (3, 600))}
    run = [a_post("", telegram_message_id=number, grouped_id=-1) for number in (1, 2, 3, 4)]

    assert [post.grouped_id for post in with_known_albums(run, stored)] == [500, 500, 600, 600]


def a_post(text: str, **changes: Any) -> PostRow:
    values: dict[str, Any] = {
        "id": UUID(int=1),
        "tenant_id": UUID(int=2),
        "channel_id": UUID(int=3),
        "telegram_message_id": 1,
        "content": text,
        "content_hash": content_hash(text),
        "posted_at": _POSTED,
        "trace_id": "0" * 32,
    }
    return PostRow.model_validate(values | changes)
