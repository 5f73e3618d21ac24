"""Links that lead where no link may lead."""

import pytest

from adapters.web.reader import WebReader
from adapters.web.target import Rules
from contracts.errors import RefusedError
from domain.policy import CrawlPolicy

HOSTILE = (
    ("", "bad_url"),
    ("http://", "bad_url"),
    ("http:///etc/passwd", "bad_url"),
    ("http:/127.0.0.1/", "bad_url"),
    ("http:example.com", "bad_url"),
    ("http:\\\\127.0.0.1\\", "bad_url"),
    ("http://good.example\\@127.0.0.1/", "bad_url"),
    ("http://good.example\t.evil/", "bad_url"),
    ("http://good.example\r\nHost: evil/", "bad_url"),
    ("http://exa mple.com/", "bad_url"),
    ("http://example.com:99999/", "port_not_allowed"),
    ("http://example.com:port/", "bad_url"),
    ("http://[::1/", "bad_url"),
    ("http://%31%32%37.0.0.1.example/", "bad_url"),
    ("http://-bad.example/", "bad_url"),
    ("http://a..example/", "bad_url"),
    ("http://xn--/", "bad_url"),
    (f"http://{'a' * 64}.example/", "bad_url"),
    (f"http://example.com/{'a' * 3000}", "bad_url"),
    ("file:///etc/passwd", "scheme_not_allowed"),
    ("gopher://example.com/_INFO", "scheme_not_allowed"),
    ("ftp://example.com/", "scheme_not_allowed"),
    ("dict://example.com:6379/info", "scheme_not_allowed"),
    ("javascript:alert(1)", "scheme_not_allowed"),
    ("data:text/html,hello", "scheme_not_allowed"),
    ("http://user:secret@example.com/", "userinfo_not_allowed"),
    ("http://example.com@127.0.0.1/", "userinfo_not_allowed"),
    ("http://@example.com/", "userinfo_not_allowed"),
    ("http://example.com:6379/", "port_not_allowed"),
    ("http://example.com:7233/", "port_not_allowed"),
    ("https://example.com:6333/", "port_not_allowed"),
    ("http://example.com:0/", "port_not_allowed"),
    ("http://127.0.0.1/", "private_address"),
    ("http://127.0.0.1./", "private_address"),
    ("http://127.1/", "private_address"),
    ("http://0/", "private_address"),
    ("http://0.0.0.0/", "private_address"),
    ("http://2130706433/", "private_address"),
    ("http://0x7f000001/", "private_address"),
    ("http://0x7f.0.0.1/", "private_address"),
    ("http://0177.0.0.1/", "bad_url"),
    ("http://017700000001/", "private_address"),
    ("http://127\u30020\u30020\u30021/", "private_address"),
    ("http://10.0.0.1/", "private_address"),
    ("http://100.64.0.1/", "private_address"),
    ("http://169.254.169.254/latest/meta-data/", "private_address"),
    ("http://172.16.0.1/", "private_address"),
    ("http://192.168.0.1/", "private_address"),
    ("http://224.0.0.1/", "private_address"),
    ("http://255.255.255.255/", "private_address"),
    ("http://999.999.999.999/", "bad_url"),
    ("http://[::]/", "private_address"),
    ("http://[::1]/", "private_address"),
    ("http://[::ffff:10.0.0.1]/", "private_address"),
    ("http://[::ffff:8.8.8.8]/", "private_address"),
    ("http://[64:ff9b::7f00:1]/", "private_address"),
    ("http://[2002:7f00:1::]/", "private_address"),
    ("http://[2001:0:7f00:1::]/", "private_address"),
    ("http://[fe80::1]/", "private_address"),
    ("http://[fd00:ec2::254]/", "private_address"),
    ("http://[ff02::1]/", "private_address"),
    ("http://localhost/", "private_address"),
    ("http://LOCALHOST./", "private_address"),
    ("http://a.localhost/", "private_address"),
    ("http://redis/", "private_address"),
    ("http://metadata.google.internal/", "private_address"),
    ("http://8.8.8.8/", "host_denied"),
    ("http://134744072/", "host_denied"),
    ("http://[2606:4700::1111]/", "host_denied"),
    ("http://bad.example/", "host_denied"),
    ("http://www.BAD.example./", "host_denied"),
    ("http://плохой.example/", "host_denied"),
    ("http://xn--i1adjac2b.example/", "host_denied"),
)
DENIED = CrawlPolicy(denylist_domains=("bad.example", "плохой.example"))


async def nobody_asks(host: str, port: int) -> tuple[str, ...]:
    raise AssertionError(f"{host}:{port} was asked for")


@pytest.mark.parametrize(("url", "reason"), HOSTILE)
async def test_a_hostile_link_is_refused_before_any_name_is_resolved(url: str, reason: str) -> None:
    reader = WebReader(DENIED, resolver=nobody_asks)

    with pytest.raises(RefusedError) as refused:
        await reader.read(url)

    assert refused.value.reason == reason
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("host", ["notbad.example", "bad.example.org", "example.com"])
def test_a_host_that_only_resembles_a_denied_one_is_read(host: str) -> None:
    rules = Rules((), DENIED.denylist_domains, {})

    assert rules.target(f"https://{host}/").host == host


def test_an_allow_list_lets_its_domains_and_their_subdomains_pass_only() -> None:
    rules = Rules(("good.example",), ("worse.good.example",), {})

    assert rules.target("http://news.good.example/").host == "news.good.example"
    for host in ("other.example", "worse.good.example", "notgood.example"):
        with pytest.raises(RefusedError, match="does not allow"):
            rules.target(f"http://{host}/")


def test_a_name_in_another_script_is_compared_and_asked_for_in_ascii() -> None:
    target = Rules((), (), {}).target("https://ПРИМЕР.example./путь?q=я#part")

    assert target.host == "xn--e1afmkfd.example"
    assert str(target.url).startswith("https://xn--e1afmkfd.example/%D0")
    assert "#" not in str(target.url)


def test_an_override_is_for_exactly_its_host_and_http_only() -> None:
    rules = Rules((), (), {"site.example": "127.0.0.1:8080"})

    assert rules.target("http://site.example/").fixed == ("127.0.0.1", 8080)
    assert rules.target("http://site.example:8080/").fixed == ("127.0.0.1", 8080)
    assert rules.target("http://www.site.example/").fixed is None
    with pytest.raises(RefusedError, match="http only"):
        rules.target("https://site.example/")
    with pytest.raises(RefusedError, match="Port 6379"):
        rules.target("http://site.example:6379/")


@pytest.mark.parametrize(
    "value", ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "name:80"]
)
def test_an_override_that_is_no_address_and_port_is_told_at_once(value: str) -> None:
    with pytest.raises(ValueError, match="address:port"):
        Rules((), (), {"site.example": value})
