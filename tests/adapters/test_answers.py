"""What language models answer, and what is made of it."""

import json
import random
import time
from contextlib import suppress
from typing import Any

import pytest

from adapters.answers.json_text import MAX_LENGTH, MENDED_LENGTH
from adapters.answers.pictures import SeenPicture, pictures_in
from adapters.answers.tags import MAX_TAGS, tags_in
from contracts.asking import Usage
from contracts.errors import UnusableAnswerError

TAGS = ("мост", "набережная")


@pytest.mark.parametrize(
    "answer",
    [
        '{"tags": ["мост", "набережная"]}',
        '["мост", "набережная"]',
        '\ufeff {"tags": ["мост", "набережная"]}\n',
        '```json\n{"tags": ["мост", "набережная"]}\n```',
        'Вот теги:\n```\n["мост", "набережная"]\n```\nНадеюсь, это поможет!',
        'Конечно! {"tags": ["мост", "набережная"]} Готово.',
        '{"tags": ["мост", "набережная"',
        '{"tags": ["мост", "набережная',
        '["мост", "набережная",]',
        '["мост" "набережная"]',
        "['мост', 'набережная']",
        "[«мост», «набережная»]",
        "{“tags”: [“мост”, “набережная”]}",
        "{tags: [мост, набережная]}",
        '{"tags": "мост, набережная"}',
        '{"теги": ["мост", "набережная"]}',
        '{"reasoning": "долго думал", "keywords": ["мост", "набережная"], "extra": 1}',
        '{"answer": ["мост", "набережная"]}',
        '{"tags": [{"tag": "мост", "score": 0.9}, {"name": "набережная"}]}',
        '{"tags": ["мост", null, "мост", true, "", ["x"], "набережная"]}',
        '[{"tags": ["мост", "набережная"]}]',
        '{"thoughts": 1}{"tags": ["мост", "набережная"]}',
        '{"tags": ["мост", "набережная", "' + "я" * 200 + '"]}',
    ],
)
def test_tags_are_read_however_they_are_written(answer: str) -> None:
    assert tags_in(answer) == TAGS


def test_numbers_are_tags_too() -> None:
    assert tags_in('{"tags": [2026, "мост", 3.5]}') == ("2026", "мост", "3.5")


def test_quotes_within_a_tag_stay() -> None:
    assert tags_in('["«Мост» открыт", "ооо \\"ромашка\\""]') == ("«Мост» открыт", 'ооо "ромашка"')


@pytest.mark.parametrize("answer", ["[]", '{"tags": []}', '```json\n{"tags": []}\n```', '{"tags": [null]}'])
def test_no_tags_is_an_answer(answer: str) -> None:
    assert tags_in(answer) == ()


def test_more_tags_than_anybody_needs_are_cut() -> None:
    assert len(tags_in(json.dumps([f"тег {number}" for number in range(500)]))) == MAX_TAGS


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   \n",
        "null",
        "17",
        '"мост"',
        "true",
        "NaN",
        "{}",
        '{"a": [1], "b": [2]}',
        '{"tags": {"first": 1}, "extra": [[[]]]}',
        "Я не могу обсуждать эту тему.",
        "мост, набережная",
        '{"error": "rate limit"}',
        "<html><body>502 Bad Gateway</body></html>",
        "[" * 100_000,
        '{"a":' * 20_000,
        '["мост", ' + '"x", ' * 3_000_000,
        "\x00" * 1000,
    ],
    ids=lambda answer: repr(answer[:20]),
)
def test_an_answer_without_tags_cannot_be_used_and_keeps_what_it_cost(answer: str) -> None:
    usage = Usage(input_tokens=40, output_tokens=7)

    with pytest.raises(UnusableAnswerError) as raised:
        tags_in(answer, usage)

    assert raised.value.usage == usage
    assert len(str(raised.value)) < 200


PIECES = [
    "[",
    "{",
    '"',
    "'",
    ":",
    ",",
    "\\",
    "a",
    "«",
    "```",
    "json",
    "}",
    "]",
    "\n",
    "1",
    "-",
    "/",
    "#",
    '{"a":',
]


@pytest.mark.parametrize("length", [300, MENDED_LENGTH, MAX_LENGTH, 10 * MAX_LENGTH])
@pytest.mark.parametrize("seed", range(8))
def test_no_answer_takes_long(length: int, seed: int) -> None:
    chance = random.Random(seed)
    few = chance.sample(PIECES, chance.randint(1, 5))
    answer = "".join(chance.choice(few) for _ in range(length))[:length]
    start = time.process_time()

    for read in (tags_in, lambda text: pictures_in(text, 10, is_cut=False)):
        with suppress(UnusableAnswerError):
            read(answer)

    assert time.process_time() - start < 15


def an_object(number: int, **values: Any) -> dict[str, Any]:
    return {
        "picture": number,
        "classification": "photo",
        "description": f"Мост номер {number}",
        "scene": None,
        "ocr": None,
        **values,
    }


def numbers(seen: tuple[SeenPicture | None, ...]) -> list[str | None]:
    return [picture.description[-1] if picture else None for picture in seen]


def written(*objects: dict[str, Any]) -> str:
    return json.dumps({"pictures": objects}, ensure_ascii=False)


def test_each_picture_gets_its_own_object_by_its_number() -> None:
    answer = written(an_object(2), an_object(3), an_object(1))

    assert numbers(pictures_in(answer, 3, is_cut=False)) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "answer",
    [
        written(an_object(1), an_object(2)),
        "```json\n" + written(an_object(1), an_object(2)) + "\n```",
        json.dumps([an_object(1), an_object(2)]),
        written(an_object(1), an_object(2))[:-2],
        written(an_object(1), an_object(2)).replace('"', "'"),
        written(an_object("1"), an_object("Картинка 2")),  # type: ignore[arg-type]  # as models write it
        written({**an_object(1), "picture": None}, {**an_object(2), "picture": None}),
        written(an_object(1), an_object(2)).replace('"picture"', "«picture»"),
    ],
)
def test_two_pictures_are_read_however_they_are_written(answer: str) -> None:
    assert numbers(pictures_in(answer, 2, is_cut=False)) == ["1", "2"]


def test_an_answer_that_was_cut_off_gives_all_but_its_last_object() -> None:
    whole = written(*(an_object(number) for number in (1, 2, 3)))
    cut = whole[: whole.index("Мост номер 3") + 7]

    assert numbers(pictures_in(cut, 3, is_cut=True)) == ["1", "2", None]


def test_ten_pictures_with_much_text_are_read_when_they_are_cut_off_too() -> None:
    whole = written(*(an_object(number, ocr={"text": "текст " * 300}) for number in range(1, 11)))

    assert numbers(pictures_in(whole[:-30], 10, is_cut=True)) == [*"123456789", None]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (written(an_object(1)), ["1", None]),
        (written(an_object(1), an_object(1)), [None, None]),
        (written(an_object(1), an_object(7)), ["1", None]),
        (written(an_object(1), {"picture": 2}), ["1", None]),
        (written(an_object(1), an_object(2, description="")), ["1", None]),
        (written(an_object(1), an_object(2, description=None)), ["1", None]),
        (json.dumps({"pictures": [an_object(1), "мост"]}), ["1", None]),
        ("Не могу описать эти картинки.", [None, None]),
        ("", [None, None]),
        ("[]", [None, None]),
        ("x" * 10_000_000, [None, None]),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_picture_whose_part_cannot_be_used_has_none(answer: str, expected: list[str | None]) -> None:
    assert numbers(pictures_in(answer, 2, is_cut=False)) == expected


def test_a_single_picture_needs_no_list_and_no_right_number() -> None:
    assert numbers(pictures_in(json.dumps(an_object(9)), 1, is_cut=False)) == ["9"]


def test_wrong_types_are_made_right_and_unknown_fields_are_left_out() -> None:
    answer = written(
        an_object(
            1, classification="Фотография", is_meme="да", labels="мост, река", objects=[1, None, "лодка"], scene=5,
            ocr="ПРОЕЗД ЗАКРЫТ", mood="радость",
        )
    )  # fmt: skip

    (seen,) = pictures_in(answer, 1, is_cut=False)

    assert seen is not None
    assert (seen.classification, seen.is_meme) == ("other", True)
    assert (seen.labels, seen.objects) == (("мост", "река"), ("1", "лодка"))
    assert (seen.scene, seen.ocr) == ("5", "ПРОЕЗД ЗАКРЫТ")


def test_lists_and_sentences_stay_within_the_contract() -> None:
    many = [f"слово {number}" for number in range(50)]

    (seen,) = pictures_in(
        written(an_object(1, labels=many, objects=many, description="о" * 9000)), 1, is_cut=False
    )

    assert seen is not None
    assert (len(seen.labels), len(seen.objects), len(seen.description)) == (20, 10, 500)


def test_what_no_store_accepts_is_taken_out() -> None:
    (seen,) = pictures_in(written(an_object(1, description="Мост\x00 \ud83d")), 1, is_cut=False)

    assert seen is not None
    assert tags_in('["мо\\u0000ст\\ud83d"]') == ("мо\ufffdст\ufffd",)
    assert seen.description == "Мост\ufffd \ufffd"
