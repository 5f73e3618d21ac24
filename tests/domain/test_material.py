"""What a post says in words, and how search and graph see it."""

import pytest

from contracts.material import AlbumSummary, Forward, Page, Picture, PostMaterial
from domain import material as words
from domain.connections import CONTENT, post_node
from tests.build import LONG, MOMENT, a_file, a_material, some_facts

PAGE = Page(url="https://example.org/a", title="Заголовок", excerpt="начало страницы", word_count=7)


def an_album(**values: object) -> AlbumSummary:
    known = {
        "album_id": 42, "grouped_id": 555, "position": 0, "is_caption": True, "summary": "фото причала",
        "words": "причал", "ocr_text": "Причал № 3", **values,
    }  # fmt: skip
    return AlbumSummary.model_validate(known)


def test_a_picture_with_words_adds_them_to_the_tagged_text() -> None:
    material = a_material(pictures=(Picture(media=a_file(), facts=some_facts("афиша")),))

    assert words.tagged_text(material) == f"{LONG}\nфото: афиша фото афиша"


def test_a_picture_that_was_only_measured_adds_nothing_to_the_tagged_text() -> None:
    material = a_material(pictures=(Picture(media=a_file(), facts=some_facts()),))

    assert words.tagged_text(material) == LONG


def test_an_album_speaks_through_its_caption_alone() -> None:
    caption, other = a_material(album=an_album()), a_material(album=an_album(is_caption=False))

    assert "причал" in words.tagged_text(caption)
    assert "Причал № 3" in words.embedded_text(caption)
    assert words.tagged_text(other) == words.embedded_text(other) == LONG


def test_the_embedded_text_says_each_thing_once() -> None:
    picture = Picture(media=a_file(), facts=some_facts("афиша"))
    material = a_material(text="афиша", pictures=(picture, picture))

    assert words.embedded_text(material) == "афиша фото: афиша"


def test_pages_that_were_read_are_embedded_and_others_are_not() -> None:
    refused = Page(url="https://example.org/b", title="Чужое", skipped="private_address")

    text = words.embedded_text(a_material(pages=(PAGE, refused)))

    assert "Заголовок начало страницы" in text
    assert "Чужое" not in text


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_post_that_says_nothing_has_no_embedded_text(text: str) -> None:
    assert words.embedded_text(a_material(text=text)) == ""


def test_the_embedded_text_is_bounded() -> None:
    pages = tuple(PAGE.model_copy(update={"excerpt": str(n) * 5000}) for n in range(50))

    assert len(words.embedded_text(a_material(pages=pages))) <= words.TOTAL


def test_the_payload_has_one_shape_for_every_post() -> None:
    full = a_material(
        pictures=(Picture(media=a_file(), facts=some_facts("афиша")),), pages=(PAGE,), tags=("трамвай",),
        album=an_album(),
    )  # fmt: skip

    bare, rich = words.payload(a_material()), words.payload(full)

    assert bare.keys() == rich.keys()
    assert (bare["vision"], bare["album_id"]) == ({}, None)
    assert (rich["album_id"], rich["tags"], rich["crawl"]["has_crawl"]) == ("42", ["трамвай"], True)
    assert rich["posted_at_ts"] == int(MOMENT.timestamp())


def test_a_post_without_text_shows_what_was_found_instead() -> None:
    material = a_material(text="", pictures=(Picture(media=a_file(), facts=some_facts("афиша")),))

    assert words.payload(material)["text_short"] == "фото: афиша афиша"


def node(material: PostMaterial) -> dict[str, object]:
    return post_node(material, indexed_at=MOMENT).model_dump()


def test_hashtags_are_topics_each_once() -> None:
    assert node(a_material(text="#Город и #город, #река_Обь #ab"))["topics"] == ("город", "река_обь")


@pytest.mark.parametrize(("forward", "source"), [
    (None, None), (Forward(chat_id=-5, name="Сосед"), ("-5", "chat", "Сосед")),
    (Forward(name="Сосед"), ("Сосед", "name", "Сосед")), (Forward(message_id=3), None),
])  # fmt: skip
def test_a_forward_names_its_source_as_far_as_telegram_says(
    forward: Forward | None, source: tuple[str, str, str] | None
) -> None:
    assert node(a_material(forward=forward))["forward_source"] == source


def test_a_node_has_its_links_with_the_titles_that_were_read() -> None:
    found = post_node(a_material(urls=(PAGE.url, "https://example.org/b"), pages=(PAGE,)), indexed_at=MOMENT)

    assert [(page.url, page.title) for page in found.pages] == [
        (PAGE.url, "Заголовок"), ("https://example.org/b", None),
    ]  # fmt: skip


def test_a_node_shows_only_pictures_that_are_kept_and_a_bounded_text() -> None:
    pictures = (Picture(media=a_file("a")), Picture(media=a_file("b", object_key=None, missing="excluded")))

    found = post_node(a_material(text="к" * 5000, pictures=pictures), indexed_at=MOMENT)

    assert len(found.images) == 1
    assert len(found.content) == CONTENT
