"""An album as a whole."""

from datetime import timedelta

import pytest

from contracts.album import AlbumItem, AlbumState
from domain import albums
from tests.build import MOMENT, a_file, a_ref, album_material, an_album_ref, an_item, some_facts


def a_state_of(*items: AlbumItem, expected: int = 2) -> AlbumState:
    return AlbumState(ref=an_album_ref(), album_id=1, expected=expected, items=items, vision_version="v1")


def seen(number: int, **values: object) -> AlbumItem:
    known = {"post": a_ref(number), "position": number, "media": a_file(str(number)), "seen": "f", **values}
    return AlbumItem.model_validate(known)


def test_the_summary_joins_what_the_items_say() -> None:
    first = some_facts("причал", labels=("Река", "мост"), is_meme=True)
    second = some_facts("вокзал", labels=("река",), analyzed_at=MOMENT + timedelta(seconds=4))

    summary = albums.summarize(album_material(an_item(1, first), an_item(2, second), an_item(3)))

    assert summary.summary == "фото: причал | фото: вокзал"
    assert summary.labels == ("река", "мост")
    assert summary.ocr_text == "причал\nвокзал"
    assert (summary.has_meme, summary.has_text, summary.analyzed) == (True, True, 2)
    assert (summary.first_analyzed_at, summary.last_analyzed_at) == (MOMENT, MOMENT + timedelta(seconds=4))


def test_the_same_description_counts_once_and_five_are_enough() -> None:
    facts = [some_facts(f"слово {number % 7}") for number in range(20)]

    summary = albums.summarize(album_material(*(an_item(n, f) for n, f in enumerate(facts))))

    assert (summary.summary or "").count(" | ") == albums.DESCRIPTIONS - 1


def test_mere_measurements_add_no_words() -> None:
    summary = albums.summarize(album_material(an_item(1, some_facts())))

    assert (summary.words, summary.summary) == ("", "фото 640 на 480")


def test_an_album_of_which_nothing_was_seen_has_no_summary() -> None:
    summary = albums.summarize(album_material(an_item(1), an_item(2)))

    assert (summary.summary, summary.ocr_text, summary.analyzed) == (None, None, 0)


@pytest.mark.parametrize(("mimes", "kind"), [
    (("image/png", "image/jpeg"), "photo"), (("video/mp4",), "video"), (("image/png", "video/mp4"), "mixed"),
    (("application/pdf",), "document"), ((None,), None),
])  # fmt: skip
def test_the_kind_follows_from_the_files(mimes: tuple[str | None, ...], kind: str | None) -> None:
    items = (an_item(number, mime=mime) for number, mime in enumerate(mimes))

    assert albums.summarize(album_material(*items)).album_kind == kind


def test_the_caption_is_the_first_text_else_the_first_item() -> None:
    first, second = an_item(1), an_item(2, text="Прогулка")

    assert albums.caption_item((first, second)) == second
    assert albums.caption_item((first,)) == first
    assert albums.caption_item(()) is None


def test_only_files_that_nobody_looked_at_are_looked_at() -> None:
    waiting = seen(3, seen=None)
    items = (seen(1), seen(2, seen=None, skipped="unsupported_mime"), waiting, seen(4, media=None, seen=None))

    assert albums.unlooked(a_state_of(*items)) == (waiting,)


def test_an_album_is_collected_when_every_announced_item_is_there() -> None:
    assert not albums.is_collected(a_state_of(seen(1)))
    assert albums.is_collected(a_state_of(seen(1), seen(2)))


@pytest.mark.parametrize("other", [
    a_state_of(seen(1), seen(2, seen="other sight")), a_state_of(seen(1)), a_state_of(seen(1), seen(2), expected=3),
    a_state_of(seen(1), seen(2, position=9)), a_state_of(seen(1), seen(2, seen=None, skipped="broken")),
])  # fmt: skip
def test_an_assembly_depends_on_items_sights_and_count(other: AlbumState) -> None:
    known = albums.fingerprint(a_state_of(seen(1), seen(2)), ())

    assert albums.fingerprint(a_state_of(seen(1), seen(2)), ()) == known
    assert albums.fingerprint(other, ()) != known


def test_an_assembly_depends_on_what_is_missing() -> None:
    album = a_state_of(seen(1), seen(2))

    assert albums.fingerprint(album, ("message 2",)) != albums.fingerprint(album, ())
