"""What the operator's commands work with: the archive and the engine, and who is meant."""

import getpass
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import typer
from temporalio.client import Client

from adapters.postgres.door import Directory
from adapters.postgres.finding import Finder, Known
from cli.errors import CommandError
from cli.hints import command
from cli.patience import answered
from cli.running import archive, engine
from cli.subjects import Album, ChannelPicture, PostById, PostByMessage, subject_of
from contracts.errors import RejectedError
from runtime.settings import Settings, load_settings
from workers.searching import chosen

#: Seconds that the engine may take to open its door.
OPENING: Final = 10.0


@dataclass(frozen=True)
class Tools:
    """Open connections, and how this command is called."""

    settings: Settings
    pool: asyncpg.Pool
    client: Client
    call: str

    @property
    def finder(self) -> Finder:
        """Finds who is meant."""
        return Finder(self.pool)


@asynccontextmanager
async def tools() -> AsyncIterator[Tools]:
    """Open the archive and the engine.

    Raises:
        CommandError: no service runs.
        UnavailableError: one of them does not answer.
    """
    settings = load_settings()
    async with archive(settings) as pool:
        client = await answered("the workflow engine", engine(settings), OPENING)
        yield Tools(settings, pool, client, command(settings.data_dir))


async def tenant_named(pool: asyncpg.Pool, wanted: str | None) -> UUID | None:
    """Return the id of the tenant of that name or id, None where all are meant. Raises as ``tenant_meant``."""
    return None if wanted is None else await tenant_meant(pool, wanted)


async def tenant_meant(pool: asyncpg.Pool, wanted: str) -> UUID:
    """Return the id of the tenant of that name or id.

    Raises:
        CommandError: there is none.
    """
    try:
        return chosen(await Directory(pool).tenants(), wanted).id
    except RejectedError as error:
        raise CommandError(str(error), 2) from error


async def workflow_meant(finder: Finder, words: str) -> str:
    """Return the id of the workflow of the post, album or channel picture that ``words`` name.

    Raises:
        CommandError: they name nothing, nothing that is in the archive, or several.
    """
    match subject_of(words):
        case Album() | ChannelPicture() as subject:
            return subject.workflow_id
        case PostById() | PostByMessage() as subject:
            return (await _one_of(finder, subject, words)).ref.workflow_id


async def post_meant(finder: Finder, words: str) -> Known:
    """Return the post that ``words`` name. Raises as ``workflow_meant``; what is no post is refused too."""
    match subject_of(words):
        case Album():
            raise CommandError(f"{words} is an album: it goes with its posts, delete those", 2)
        case ChannelPicture():
            raise CommandError(f"{words} is a channel's own picture, no post", 2)
        case PostById() | PostByMessage() as subject:
            return await _one_of(finder, subject, words)


async def _one_of(finder: Finder, subject: PostById | PostByMessage, words: str) -> Known:
    found = await posts_called(finder, subject)
    known = [post for post in found if post.kind != "unknown"] or found
    if not known:
        raise CommandError(f"{words} is not in the archive; `postloom status` shows what is")
    if len(known) > 1:
        names = ", ".join(post.ref.workflow_id for post in known)
        raise CommandError(f"{len(known)} tenants have {words}: name the one that you mean: {names}", 2)
    return known[0]


async def posts_called(finder: Finder, subject: PostById | PostByMessage) -> Sequence[Known]:
    """Return every message that is called so, one for each tenant."""
    match subject:
        case PostById(post_id):
            return await finder.by_id(post_id)
        case PostByMessage(channel, message_id, tenant_id):
            return await finder.by_message(channel, message_id, tenant_id)


def login_name() -> str:
    """Return who sits here, for the record."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"


def confirm(question: str, *, yes: bool) -> None:
    """Ask on a terminal; with ``yes`` it is answered already.

    Raises:
        CommandError: the answer is no, or there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"{question} Nobody is here to ask: say --yes", 2)
    if not typer.confirm(question, err=True):
        raise CommandError("nothing was done")
