"""Which hosts a policy and an operator let through; links that mean harm are in tests/hostile."""

import pytest

from adapters.web.target import Rules
from contracts.errors import RefusedError
from domain.policy import CrawlPolicy

DENIED = CrawlPolicy(denylist_domains=("bad.example", "плохой.example"))


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
