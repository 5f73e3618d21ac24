"""The sample through the production adapters, killed on the way, and whether both sides count the same."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tests.services_demo.others import SAMPLE, Others, others
from tests.services_demo.service import CommandFailedError, ServiceProcess

TENANT = "demo"
#: Seconds that everything may take after the last start.
_PATIENCE = 600.0

Say = Callable[[str], None]


class Wish(BaseModel, frozen=True):
    """What to show, where, and how often the service is killed meanwhile."""

    export: Path = SAMPLE
    folder: Path
    kills: int = 0


class Story(BaseModel):
    """What came of it; tokens as the ledger has them and as the fake counted them, money in microunits."""

    posts: dict[str, int]
    kills: int
    calls: int
    lost_calls: int
    tokens: int
    microunits: int
    currency: str
    tokens_of_the_service: int
    pictures: int
    looks: int
    pages: int
    post: dict[str, Any]

    @property
    def unexplained(self) -> list[str]:
        """What the two sides do not agree on, in sentences; a call that was lost with a process explains its own."""
        found = []
        missing = self.tokens_of_the_service - self.tokens
        if missing < 0 or (missing and not self.lost_calls):
            found.append(f"the service counted {self.tokens_of_the_service} tokens, the ledger {self.tokens}")
        if self.looks - self.pictures > self.lost_calls:
            found.append(f"{self.pictures} pictures were paid for {self.looks} times")
        if wrong := {
            state: count for state, count in self.posts.items() if state not in {"indexed", "skipped"}
        }:
            found.append(f"posts that are not done: {wrong}")
        return found


async def tell(wish: Wish, say: Say) -> Story:
    """Run the story from its beginning to its end.

    Raises:
        StackError: a server that is needed cannot be had.
        CommandFailedError: a command of ours said no.
    """
    async with others(wish.folder, say) as theirs:
        service = ServiceProcess(wish.folder / "data", theirs.environment)
        (wish.folder / "data").mkdir(exist_ok=True)
        say("Starting the service.")
        await service.start()
        try:
            await service.tell("tenants", "add", TENANT)
            report = await service.ask("import", str(wish.export), "--tenant", TENANT)
            for number in range(1, wish.kills + 1):
                await _until_done(service, report["posts"] * number // (wish.kills + 1))
                await service.kill()
                say(f"Killed, {number} of {wish.kills}. Starting it again.")
                await service.start()
            say("Waiting until everything is done.")
            await _until(service, _is_settled)
            return await _story(service, theirs)
        finally:
            await service.stop()


async def _until_done(service: ServiceProcess, posts: int) -> None:
    await _until(service, lambda facts: _done(facts) >= posts)


async def _until(service: ServiceProcess, holds: Callable[[Any], bool]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not holds(await service.ask("status")):
            await asyncio.sleep(0.5)


def _done(facts: Any) -> int:
    return sum(row["posts"] for row in facts["posts"] if row["state"] in {"indexed", "skipped"})


def _is_settled(facts: Any) -> bool:
    flows = facts["workflows"]
    return flows is not None and not any(flows["open"].values()) and not facts["unfinished"]


async def _story(service: ServiceProcess, theirs: Others) -> Story:
    facts, spent = await service.ask("status"), await service.ask("budget", "show")
    everything = next(budget for budget in spent[0]["budgets"] if budget["stage"] == "")
    counted = await theirs.gigachat.ledger()
    (post, *_) = await service.ask("explain", f"https://t.me/c/1790001234/{_SHOWN}")
    return Story(
        posts={row["state"]: row["posts"] for row in facts["posts"]},
        kills=service.kills,
        calls=everything["calls"],
        lost_calls=everything["lost"],
        tokens=everything["tokens"]["used"],
        microunits=everything["microunits"]["used"],
        currency=spent[0]["currency"],
        tokens_of_the_service=counted["tokens"]["input_tokens"] + counted["tokens"]["output_tokens"],
        pictures=len(counted["looks"]),
        looks=sum(counted["looks"].values()),
        pages=sum(theirs.crawler.ledger.pages.values()),
        post=post,
    )


#: A post of the sample with a picture and a link.
_SHOWN = 36
__all__ = ["CommandFailedError", "Story", "Wish", "tell"]
