"""Finding what is recorded of a post, an album or a channel picture, and what its workflow says of itself."""

import shlex
from typing import Any

from temporalio.client import Client

from cli.errors import CommandError
from cli.explain.engine import told_by_engine
from cli.explain.finding import found
from cli.explain.screen import show
from cli.hints import command
from cli.running import archive, engine
from cli.screen import Screen, show_json
from cli.spending_policy import shown_policy
from cli.subjects import subject_of
from contracts.errors import UnavailableError
from runtime.settings import Settings, load_settings

Facts = dict[str, Any]


async def explain_and_show(words: str, *, as_json: bool) -> None:
    """Show everything recorded of what ``words`` name.

    Raises:
        CommandError: they name nothing, or nothing that is in the archive.
    """
    subject, settings = subject_of(words), load_settings()
    async with archive(settings) as pool:
        everything = await found(pool, subject)
    client, money = await _client(settings), shown_policy(settings).currency
    for facts in everything:
        workflow_id = facts["workflow"]["id"]
        facts["currency"] = money
        facts["workflow"] = await told_by_engine(client, workflow_id, begun=_begun(facts))
    told = [facts for facts in everything if _is_known(facts)]
    if not told:
        raise CommandError(f"{words} is not in the archive; `postloom status` shows what is")
    if as_json:
        show_json(told)
        return
    for facts in told:
        name = words if len(told) == 1 else facts["workflow"]["id"]
        show(facts, Screen(), f"{command(settings.data_dir)} resolve {shlex.quote(name)} retry")


async def _client(settings: Settings) -> Client | None:
    try:
        return await engine(settings)
    except (UnavailableError, CommandError):
        return None


def _begun(facts: Facts) -> bool:
    """Whether a workflow has ended a stage of it already, or had to do with it at all."""
    if "post" in facts:
        return bool(facts["stages"] or facts["parks"])
    if "album" in facts:
        return bool(facts["album"]["assembled"] or facts["parks"])
    picture = facts.get("channel_picture")
    return bool(picture["recorded_at"] or picture["handed_over_at"]) if picture else True


def _is_known(facts: Facts) -> bool:
    """Whether anybody knows of it: the archive, the record of parks, or the engine."""
    return "unknown" not in facts or bool(facts["parks"]) or facts["workflow"]["known"]
