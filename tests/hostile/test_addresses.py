"""No link leads a reader to an address that is not public, whoever reads: nothing ever arrives there."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import pytest

from adapters.crawl4ai.reader import Crawl4AIReader
from adapters.web.page import Pay, WebPage
from adapters.web.reader import WebReader
from adapters.web.transport import Resolver
from contracts.errors import LinkFailedError, RefusedError
from domain.policy import CrawlPolicy
from tests.hostile.addresses import LINKS, NAMES, PUBLIC, REDIRECTS, HostileLink, HostileName, HostileRedirect
from tests.hostile.trap import Network, Trap
from tests.servers.crawl4ai.internet import Internet
from tests.servers.crawl4ai.server import FakeCrawl4AI
from tests.servers.hostile_site import ARTICLE, HostileSite, plain, redirect

HOST: Final = "site.example"
POLICY: Final = CrawlPolicy(denylist_domains=("bad.example", "плохой.example"), total_timeout_s=3)


class Reader(Protocol):
    async def read(self, url: str, pay: Pay = ...) -> WebPage: ...


@dataclass(frozen=True)
class House:
    """A public site, a trap for everything else, and a crawler. ``old`` is one without a gate of its own."""

    site: HostileSite
    trap: Trap
    crawler: FakeCrawl4AI
    old: FakeCrawl4AI

    def reader(self, kind: str, resolver: Resolver) -> Reader:
        if kind == "web":
            return WebReader(POLICY, resolver=resolver, open_transport=Network(self.site.address, self.trap))
        server = self.old if kind == "old crawler" else self.crawler
        return Crawl4AIReader(POLICY, server.url, None, 10.0, resolver=resolver)

    @property
    def crawls(self) -> int:
        """How often a crawler was asked for something."""
        return self.crawler.ledger.calls.total() + self.old.ledger.calls.total()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with HostileSite({"/": plain(ARTICLE.encode())}) as site, Trap() as trap:
        sites, inside = {HOST: site.address}, {"inside.example": trap.address}
        gated = Internet(sites, inside, trap.address)
        open_to_all = Internet(sites, inside, trap.address, gate=False)
        async with FakeCrawl4AI(gated) as crawler, FakeCrawl4AI(open_to_all) as old:
            yield House(site, trap, crawler, old)


def answering(*answers: Sequence[str]) -> Resolver:
    """Gives one answer after the other, the last one again and again."""
    left = list(answers)

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return tuple(left.pop(0) if len(left) > 1 else left[0])

    return resolve


async def nobody_asks(host: str, port: int) -> tuple[str, ...]:
    raise AssertionError(f"{host}:{port} was asked for")


async def everyone_is_public_but_inside(host: str, port: int) -> tuple[str, ...]:
    return ("10.0.0.7",) if host == "inside.example" else (PUBLIC,)


@pytest.mark.parametrize("kind", ["web", "old crawler"])
@pytest.mark.parametrize("case", LINKS, ids=lambda case: case.name)
async def test_a_hostile_link_is_refused_before_anything_is_asked(
    house: House, kind: str, case: HostileLink
) -> None:
    """Also by a crawler that would go anywhere: it is never asked."""
    with pytest.raises(RefusedError) as refused:
        await house.reader(kind, nobody_asks).read(case.link)

    assert refused.value.reason == case.reason
    assert "secret" not in str(refused.value)
    assert (house.trap.arrived, house.crawls) == (0, 0)


@pytest.mark.parametrize("kind", ["web", "old crawler"])
@pytest.mark.parametrize("case", NAMES, ids=lambda case: case.name)
async def test_a_name_with_any_address_that_is_not_public_is_refused(
    house: House, kind: str, case: HostileName
) -> None:
    with pytest.raises(RefusedError) as refused:
        await house.reader(kind, answering(case.addresses)).read("http://rebound.example/")

    assert refused.value.reason == "private_address"
    assert (house.trap.arrived, house.crawls) == (0, 0)


@pytest.mark.parametrize("kind", ["web", "crawler"])
@pytest.mark.parametrize("case", REDIRECTS, ids=lambda case: case.name)
async def test_a_public_page_leads_nobody_inside(house: House, kind: str, case: HostileRedirect) -> None:
    house.site.answers["/"] = redirect(case.location)

    wanted = case.by_browser if kind == "crawler" and case.by_browser else case.reason
    reason = "none"

    try:
        await house.reader(kind, everyone_is_public_but_inside).read(f"http://{HOST}/")
    except (RefusedError, LinkFailedError) as refused:
        reason = refused.reason

    assert reason == wanted
    assert house.trap.arrived == 0


@pytest.mark.parametrize(
    "case", [case for case in REDIRECTS if case.location.startswith("http://")], ids=lambda case: case.name
)
async def test_what_a_crawler_without_a_gate_brings_from_inside_is_not_taken(
    house: House, case: HostileRedirect
) -> None:
    house.site.answers["/"] = redirect(case.location)

    with pytest.raises((RefusedError, LinkFailedError)):
        await house.reader("old crawler", everyone_is_public_but_inside).read(f"http://{HOST}/")


async def test_a_name_that_turns_private_between_two_hops_leads_nobody_inside(house: House) -> None:
    house.site.answers["/"] = redirect("/again")

    with pytest.raises(RefusedError) as refused:
        await house.reader("web", answering([PUBLIC], ["127.0.0.1"])).read("http://rebound.example/")

    assert refused.value.reason == "private_address"
    assert house.trap.arrived == 0


async def test_a_name_that_turns_private_after_the_check_is_read_where_it_was_checked(house: House) -> None:
    page = await house.reader("web", answering([PUBLIC], ["127.0.0.1"])).read("http://rebound.example/")

    assert "мост" in page.markdown
    assert house.trap.arrived == 0


async def test_a_name_that_is_private_for_the_crawler_is_refused_by_its_own_gate(house: House) -> None:
    with pytest.raises(RefusedError) as refused:
        await house.reader("crawler", answering([PUBLIC])).read("http://inside.example/")

    assert refused.value.reason == "blocked_by_crawler"
    assert house.trap.arrived == 0


async def test_what_a_crawler_read_of_a_name_that_turned_private_is_not_taken(house: House) -> None:
    with pytest.raises(RefusedError) as refused:
        await house.reader("old crawler", answering([PUBLIC], ["10.0.0.7"])).read("http://inside.example/")

    assert refused.value.reason == "private_address"


@pytest.mark.parametrize("kind", ["web", "crawler", "old crawler"])
async def test_a_public_page_is_read_all_the_same(house: House, kind: str) -> None:
    """The trap would notice: the ways of this network do lead somewhere."""
    page = await house.reader(kind, answering([PUBLIC])).read(f"http://{HOST}/")

    assert "мост" in page.markdown
    assert len(house.site.asked) == 1


def test_every_case_has_a_name_of_its_own() -> None:
    for cases in (LINKS, NAMES, REDIRECTS):
        assert len({case.name for case in cases}) == len(cases)
    assert len(LINKS) + len(NAMES) + len(REDIRECTS) >= 60
