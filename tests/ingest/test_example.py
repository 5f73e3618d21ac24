from datetime import UTC
from pathlib import Path

import httpx

from adapters.desktop_export.albums import runs
from adapters.desktop_export.model import ExportedMessage
from adapters.desktop_export.reading import DesktopExport
from examples.site import HOST, DemoSite

_CITY = Path(__file__).parents[2] / "examples" / "city_channel"


async def test_the_links_of_the_city_channel_lead_to_pages_but_one() -> None:
    links = [link for message in _posts() for link in message.links]

    async with DemoSite(_CITY / "pages") as site, httpx.AsyncClient() as client:
        answers = {link: await client.get(_at(link, site), headers={"Host": HOST}) for link in links}

    dead = [link for link, answer in answers.items() if answer.status_code == 404]
    assert dead == [f"http://{HOST}/arhiv-1912.html"]
    assert all("<article>" in answer.text for link, answer in answers.items() if link not in dead)


async def test_the_site_serves_nothing_beside_its_pages() -> None:
    async with DemoSite(_CITY / "pages") as site, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{site.address}/%2e%2e/result.json")

    assert answer.status_code == 404


def test_the_city_channel_has_albums_of_four_three_and_two() -> None:
    assert [len(run) for run in runs(_posts()) if len(run) > 1] == [4, 3, 2]
    assert sum(len(message.text) >= 200 for message in _posts()) >= 15


def _posts() -> list[ExportedMessage]:
    export = DesktopExport(_CITY, UTC)
    return [m for m in export.messages(export.chosen(None)) if isinstance(m, ExportedMessage)]


def _at(link: str, site: DemoSite) -> str:
    return link.replace(f"http://{HOST}", f"http://{site.address}")
