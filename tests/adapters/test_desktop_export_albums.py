from datetime import UTC
from typing import Any

from adapters.desktop_export.albums import inferred_id, runs
from adapters.desktop_export.message import read
from adapters.desktop_export.model import ExportedMessage
from tests.ingest.exports import a_message


def test_neighbours_of_one_second_are_an_album() -> None:
    assert _sizes(_photo(1, 0), _photo(2, 0), _photo(3, 1), a_message(4)) == [3, 1]


def test_a_second_counts_from_the_item_before() -> None:
    assert _sizes(_photo(1, 0), _photo(2, 1), _photo(3, 2)) == [3]


def test_two_seconds_a_gap_in_ids_or_another_author_begin_a_new_one() -> None:
    assert _sizes(_photo(1, 0), _photo(2, 2)) == [1, 1]
    assert _sizes(_photo(1, 0), _photo(3, 0)) == [1, 1]
    assert _sizes(_photo(1, 0), _photo(2, 0, from_id="user5")) == [1, 1]


def test_an_album_has_at_most_ten_items() -> None:
    assert _sizes(*(_photo(number, 0) for number in range(1, 13))) == [10, 2]


def test_a_second_caption_or_second_reactions_begin_a_new_one() -> None:
    liked = [{"type": "emoji", "count": 1, "emoji": "👍"}]

    assert _sizes(_photo(1, 0, text="а"), _photo(2, 0), _photo(3, 0, text="б"), _photo(4, 0)) == [2, 2]
    assert _sizes(_photo(1, 0, reactions=liked), _photo(2, 0), _photo(3, 0, reactions=liked)) == [2, 1]


def test_voices_stickers_and_mixed_kinds_are_no_album() -> None:
    voice = {"file": "a.ogg", "media_type": "voice_message"}
    document = {"file": "a.pdf", "mime_type": "application/pdf"}

    assert _sizes(a_message(1, "", second=0, **voice), a_message(2, "", second=0, **voice)) == [1, 1]
    assert _sizes(_photo(1, 0), a_message(2, "", second=0, **document)) == [1, 1]
    assert _sizes(a_message(1, "", second=0, **document), a_message(2, "", second=0, **document)) == [2]


def test_the_inferred_id_is_negative_stable_and_of_62_bits() -> None:
    ids = {inferred_id(-1001, number) for number in range(500)}

    assert len(ids) == 500
    assert all(-(1 << 62) < each < 0 for each in ids)
    assert inferred_id(-1001, 1) == inferred_id(-1001, 1)


def _photo(id: int, second: int, **changes: Any) -> dict[str, Any]:
    return a_message(id, changes.pop("text", ""), second=second, photo="photos/x.jpg", **changes)


def _sizes(*raws: dict[str, Any]) -> list[int]:
    messages = [read(raw, UTC) for raw in raws]
    return [len(run) for run in runs(m for m in messages if isinstance(m, ExportedMessage))]
