"""The sample through the production adapters, killed on the way, and whether both sides count the same."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cli.bench.mix import Mix, write_export
from tests.services_demo.others import SAMPLE, Others, others
from tests.services_demo.service import CommandFailedError, ServiceProcess

TENANT = "demo"
#: Seconds that everything may take after the last start.
_PATIENCE = 600.0

Say = Callable[[str], None]


class Wish(BaseModel, frozen=True):
    """What to show, where, and what is done to it meanwhile.

    ``posts``: so many invented ones instead of an export. ``kills``: so often the service is killed. ``outage``: for so
    many seconds GigaChat answers nothing but 500, from when a third of the posts are done.
    """

    export: Path = SAMPLE
    folder: Path
    posts: int = 0
    kills: int = 0
    outage: float = 0.0


class Story(BaseModel):
    """What came of it; tokens as the ledger has them and as the fake counted them, money in microunits.

    ``tokens`` are those of calls that were answered; ``lost_tokens`` and ``reserved_tokens`` the most that calls may
    have taken which were lost, or have not ended. ``refused``: requests that were answered 500. ``post``: what
    ``explain`` tells of one of the posts.
    """

    posts: dict[str, int]
    kills: int
    calls: int
    lost_calls: int
    tokens: int
    lost_tokens: int
    reserved_tokens: int
    microunits: int
    currency: str
    tokens_of_the_service: int
    pictures: int
    looks: int
    pages: int
    refused: int
    post: dict[str, Any]

    @property
    def unexplained(self) -> list[str]:
        """What the two sides do not agree on, in sentences; a lost call explains as much as it may have taken."""
        found = []
        missing = self.tokens_of_the_service - self.tokens
        unheard = self.lost_tokens + self.reserved_tokens
        if not 0 <= missing <= unheard:
            counted = f"the service counted {self.tokens_of_the_service} tokens, the ledger {self.tokens}"
            found.append(f"{counted} and at most {unheard} of calls without an answer")
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
        export = write_export(wish.folder / "export", Mix.of(wish.posts)) if wish.posts else wish.export
        say("Starting the service.")
        await service.start()
        try:
            await service.tell("tenants", "add", TENANT)
            report = await service.ask("import", str(export), "--tenant", TENANT)
            await _hurt(wish, report["posts"], service, theirs, say)
            say("Waiting until everything is done.")
            await _until(service, _is_settled, _PATIENCE + 2 * wish.outage)
            return await _story(service, theirs, export)
        finally:
            await service.stop()


async def _hurt(wish: Wish, posts: int, service: ServiceProcess, theirs: Others, say: Say) -> None:
    if wish.outage:
        await _until_done(service, posts // 3)
        await theirs.gigachat.fail(status=500, path="/api/", seconds=wish.outage)
        say(f"From now on GigaChat answers 500, for {wish.outage:.0f} seconds.")
    for number in range(1, wish.kills + 1):
        await _until_done(service, posts * number // (wish.kills + 1))
        await service.kill()
        say(f"Killed, {number} of {wish.kills}. Starting it again.")
        await service.start()


async def _until_done(service: ServiceProcess, posts: int) -> None:
    await _until(service, lambda facts: _done(facts) >= posts)


async def _until(service: ServiceProcess, holds: Callable[[Any], bool], seconds: float = _PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not holds(await service.ask("status")):
            await asyncio.sleep(0.5)


def _done(facts: Any) -> int:
    return sum(row["posts"] for row in facts["posts"] if row["state"] in {"indexed", "skipped"})


def _is_settled(facts: Any) -> bool:
    flows = facts["workflows"]
    return flows is not None and not any(flows["open"].values()) and not facts["unfinished"]


async def _story(service: ServiceProcess, theirs: Others, export: Path) -> Story:
    facts, spent = await service.ask("status"), await service.ask("budget", "show")
    everything = next(budget for budget in spent[0]["budgets"] if budget["stage"] == "")
    counted = await theirs.gigachat.ledger()
    (post, *_) = await service.ask("explain", _link(export))
    return Story(
        posts={row["state"]: row["posts"] for row in facts["posts"]},
        kills=service.kills,
        calls=everything["calls"],
        lost_calls=everything["lost"],
        tokens=everything["tokens"]["used"] - everything["lost_tokens"],
        lost_tokens=everything["lost_tokens"],
        reserved_tokens=everything["tokens"]["reserved"],
        microunits=everything["microunits"]["used"],
        currency=spent[0]["currency"],
        tokens_of_the_service=counted["tokens"]["input_tokens"] + counted["tokens"]["output_tokens"],
        pictures=len(counted["looks"]),
        looks=sum(counted["looks"].values()),
        pages=sum(theirs.crawler.ledger.pages.values()),
        refused=counted["statuses"].get("500", 0),
        post=post,
    )


def _link(export: Path) -> str:
    """Return the link of a post with a picture, if there is any, and of the first post else."""
    result = json.loads((export / "result.json" if export.is_dir() else export).read_text(encoding="utf-8"))
    chat = result["chats"]["list"][0] if "chats" in result else result
    posts = [message for message in chat["messages"] if message["type"] == "message"]
    shown = next((post for post in reversed(posts) if "photo" in post), posts[0])
    return f"https://t.me/c/{chat['id']}/{shown['id']}"


__all__ = ["CommandFailedError", "Story", "Wish", "tell"]
