"""The demo from its start to its summary."""

import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.desktop_export.reading import located
from adapters.postgres.door import Directory
from adapters.postgres.reporting import Reports
from cli.demo.screen import show_summary
from cli.demo.summary import Story, summary
from cli.demo.wait import until_settled
from cli.errors import CommandError
from cli.importing_work import Wish as ImportWish
from cli.importing_work import imported
from cli.running import running
from cli.screen import Screen, note
from cli.whole import Whole, whole_service
from contracts.identity import tenant_id
from examples.site import HOST, DemoSite
from runtime.embedded.files import write_whole
from runtime.settings import Settings, load_settings

NAME: Final = "demo"
TENANT: Final = tenant_id(NAME)
SAMPLE: Final = Path(__file__).parents[2] / "examples" / "city_channel"
#: What a reader of the sample may want to know.
QUESTIONS: Final = ("ремонт моста", "школьники и робот", "автобусы и транспорт")


@dataclass(frozen=True)
class Wish:
    """Which export to show; None is the sample."""

    export: Path | None
    chat: str | None
    timezone: str


async def run_demo(wish: Wish) -> int:
    """Run the demo; return 0 when nothing was lost, else 1.

    Raises:
        CommandError: a service runs in the data folder already.
        ImportRefusedError: the export cannot be used.
    """
    began, settings = time.monotonic(), load_settings()
    path = wish.export or SAMPLE
    located(path)
    if record := running(settings):
        raise CommandError(
            f"a service runs in {settings.data_dir} already (process {record.process.pid}): "
            f"use `postloom import {path} --tenant NAME`, stop it, or set POSTLOOM_DATA_DIR to another folder"
        )
    async with AsyncExitStack() as stack:
        if wish.export is None:
            site = await stack.enter_async_context(DemoSite(SAMPLE / "pages"))
            settings = _reading_from(site, settings)
        whole = await stack.enter_async_context(whole_service(settings, note))
        story = await _story(whole, ImportWish(path, NAME, wish.chat, wish.timezone), began)
        facts = await summary(whole, story, () if wish.export else QUESTIONS)
    write_whole(settings.data_dir / "summary.json", _json(facts))
    show_summary(facts, Screen())
    return 1 if facts["lost"] else 0


def _reading_from(site: DemoSite, settings: Settings) -> Settings:
    """The sample's links lead to the site that we serve ourselves."""
    resolve = {**settings.crawl.resolve, HOST: site.address}
    return settings.model_copy(update={"crawl": settings.crawl.model_copy(update={"resolve": resolve})})


async def _story(whole: Whole, wish: ImportWish, began: float) -> Story:
    pool = whole.service.stores.pool
    reports = Reports(pool)
    await Directory(pool).add_tenant(TENANT, NAME)
    runs = await reports.runs(TENANT)
    ready = time.monotonic()
    report = await imported(wish, TENANT, whole.service.settings, pool)
    ending = await until_settled(whole.service, TENANT, report.tg_channel_id)
    return Story(
        tenant_id=TENANT,
        tenant=NAME,
        report=report,
        ending=ending,
        runs_before=runs,
        starting_seconds=ready - began,
        seconds=time.monotonic() - ready,
    )


def _json(facts: dict[str, object]) -> bytes:
    return (json.dumps(facts, ensure_ascii=False, indent=2, default=str) + "\n").encode()
