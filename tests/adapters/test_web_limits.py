"""What a page may cost, and which encodings it may lie about."""

import gzip

import pytest

from adapters.web.page import WebPage
from adapters.web.reader import WebReader
from contracts.errors import LinkFailedError, RefusedError
from domain.policy import CrawlPolicy
from tests.servers.hostile_site import ARTICLE, Answer, HostileSite, plain, silent_after

HOST = "site.example"


async def read(answer: Answer, policy: CrawlPolicy | None = None) -> WebPage:
    async with HostileSite({"/": answer}) as site:
        return await WebReader(policy or CrawlPolicy(), {HOST: site.address}).read(f"http://{HOST}/")


async def refusal(answer: Answer, policy: CrawlPolicy | None = None) -> str:
    with pytest.raises(RefusedError) as refused:
        await read(answer, policy)
    return refused.value.reason


@pytest.mark.parametrize(
    ("kind", "meta"),
    [
        ("text/html; charset=windows-1251", ""),
        ("text/html", "<meta charset=windows-1251>"),
        (
            "text/html; charset=zlib",
            '<meta http-equiv=Content-Type content="text/html; charset=windows-1251">',
        ),
        ("text/html; charset=punycode", "<meta charset='windows-1251'>"),
    ],
)
async def test_a_page_is_decoded_by_the_encoding_it_names(kind: str, meta: str) -> None:
    text = (
        f"<html><head>{meta}<title>Мост</title></head><body><p>Мост открыли в понедельник.</p></body></html>"
    )

    got = await read(plain(text.encode("cp1251"), kind=kind))

    assert (got.title, got.markdown) == ("Мост", "Мост открыли в понедельник.")


async def test_an_encoding_that_a_page_names_wrongly_is_not_believed() -> None:
    got = await read(plain(b"\xef\xbb\xbf" + ARTICLE.encode() + b"\xff\xfe", kind="text/html; charset=utf-8"))

    assert got.word_count > 0


async def test_a_long_page_cut_within_a_character_stays_readable() -> None:
    got = await read(plain(b"x" + "мост ".encode() * 200_000, kind="text/plain"))

    assert set(got.markdown.split()) <= {"xмост", "мост", "мос", "мо", "м"}


@pytest.mark.parametrize("kind", ["image/png", "text/htmlx", "application/octet-stream", "html"])
async def test_what_is_no_page_is_not_read(kind: str) -> None:
    assert await refusal(plain(ARTICLE.encode(), kind=kind)) == "content_type"


async def test_a_page_that_says_it_is_too_large_is_not_read_at_all() -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 101\r\n\r\n"

    assert await refusal(silent_after(said), CrawlPolicy(max_response_bytes=100)) == "too_large"


async def test_a_page_of_exactly_the_limit_is_read() -> None:
    body = ARTICLE.encode()

    got = await read(plain(body), CrawlPolicy(max_response_bytes=len(body)))

    assert got.html == body


async def test_a_bomb_inside_of_a_page_is_not_unpacked_by_the_extraction() -> None:
    packed = gzip.compress(b"<html><body>" + b"<p>hidden words</p>" * 1000)

    try:
        got = await read(plain(packed))
    except RefusedError:
        return
    assert "hidden" not in got.markdown


@pytest.mark.parametrize(
    "body", [b"[a" * 200_000, b"\n " * 200_000 + b"x", b"[a](" * 100_000, b"1" * 400_000, b"![" * 200_000]
)
async def test_no_text_takes_long_to_make_an_excerpt_of(body: bytes) -> None:
    got = await read(plain(body, kind="text/plain"), CrawlPolicy(total_timeout_s=5))

    assert len(got.text_excerpt) <= 2000


async def test_an_excerpt_has_no_marks_and_keeps_the_words_of_links() -> None:
    got = await read(plain(b"# Head\n\n- **bold** [the bridge](http://a.example/b)", kind="text/plain"))

    assert got.text_excerpt == "Head bold the bridge"


async def test_elements_nested_without_end_do_no_harm() -> None:
    assert await refusal(plain(b"<html><body>" + b"<div>" * 50_000)) == "empty_page"


async def test_a_page_of_very_many_elements_is_taken_as_plain_text() -> None:
    got = await read(plain(b"<html><body>" + b"<p>word " * 100_000), CrawlPolicy(total_timeout_s=5))

    assert got.text_excerpt.startswith("word")


@pytest.mark.parametrize("status", ["401 Who", "451 No", "300 Choose", "304 Same"])
async def test_a_message_is_one_short_sentence(status: str) -> None:
    with pytest.raises(RefusedError) as refused:
        await read(plain(b"", status=status))

    assert str(refused.value) == f"The site answered {status[:3]}."


async def test_a_site_that_takes_too_long_is_told_as_a_timeout() -> None:
    with pytest.raises(LinkFailedError, match="in time") as failed:
        await read(silent_after(b""), CrawlPolicy(total_timeout_s=0.1))

    assert failed.value.reason == "timeout"
