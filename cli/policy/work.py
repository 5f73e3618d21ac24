"""Reading policy files, and trying one on a post as it is in the archive."""

from pathlib import Path
from typing import Any

import asyncpg

from adapters.postgres.finding import Finder
from adapters.postgres.posts import PostArchive
from cli.errors import CommandError
from cli.policy.plan import FilePlan, LinkPlan, files_of, links_of
from cli.policy.screen import show_plan
from cli.running import archive
from cli.screen import Screen, show_json
from cli.subjects import Album, ChannelPicture, PostById, PostByMessage, subject_of
from cli.tools import posts_called
from contracts.post import PostRef, Versions
from domain.policy import Policies
from domain.standards import Standards
from runtime.settings import Settings, load_settings
from workers.policies import DEFAULT, load_policies
from workers.providers import reads_words

#: What is asked here is not what a stage was made by.
_NO_VERSIONS = Versions(vision="", tags="", crawl="", enrich="", vectors="", graph="")


def check_file(file: Path | None) -> None:
    """Say that a policy file can be used, and what tells it from others.

    Raises:
        SettingsError: it cannot; a line for each mistake.
    """
    path = file or load_settings().policies or DEFAULT
    policies = load_policies(path)
    Screen().line(f"{path}: ok, version {policies.version()}")


async def test_and_show(words: str, file: Path | None, *, as_json: bool) -> None:
    """Show what would be done with a post's pictures and links, beside what is recorded.

    Raises:
        CommandError: the words name no post, none that is in the archive, or one of several tenants.
        SettingsError: a policy file cannot be used.
    """
    settings, subject = load_settings(), _subject(words)
    used = load_policies(settings.policies)
    tried = load_policies(file) if file else used
    async with archive(settings) as pool:
        ref = await _post(pool, words, subject)
        files, links = await _plan(pool, ref, settings, used, tried)
    name = str(file or settings.policies or DEFAULT)
    if as_json:
        show_json(_told(ref, name, tried, files, links))
    else:
        show_plan(ref, f"{name}, version {tried.version()}", files, links, Screen())


async def _plan(
    pool: asyncpg.Pool, ref: PostRef, settings: Settings, used: Policies, tried: Policies
) -> tuple[tuple[FilePlan, ...], tuple[LinkPlan, ...]]:
    posts = PostArchive(pool, used.crawl_version())
    standards = Standards(_NO_VERSIONS, tried, "here" if reads_words(settings) else "")
    state, material = await posts.state(ref, standards), await posts.material(ref, "")
    return files_of(state, material), links_of(tried.crawl, settings.crawl.resolve, material)


def _subject(words: str) -> PostById | PostByMessage:
    match subject_of(words):
        case Album():
            raise CommandError(f"{words} is an album: name a post", 2)
        case ChannelPicture():
            raise CommandError(f"{words} is a channel's own picture: name a post", 2)
        case PostById() | PostByMessage() as subject:
            return subject


async def _post(pool: asyncpg.Pool, words: str, subject: PostById | PostByMessage) -> PostRef:
    refs = [post.ref for post in await posts_called(Finder(pool), subject) if post.kind == "archived"]
    if not refs:
        raise CommandError(f"{words} is not in the archive; `postloom status` shows what is")
    if len(refs) > 1:
        names = ", ".join(ref.workflow_id for ref in refs)
        raise CommandError(f"{len(refs)} tenants have {words}: name the one that you mean: {names}", 2)
    return refs[0]


def _told(
    ref: PostRef, name: str, policies: Policies, files: tuple[FilePlan, ...], links: tuple[LinkPlan, ...]
) -> dict[str, Any]:
    return {
        "post_id": str(ref.post_id),
        "workflow_id": ref.workflow_id,
        "policy": {"file": name, "version": policies.version()},
        "files": [file.model_dump(mode="json") for file in files],
        "links": [link.model_dump(mode="json") for link in links],
    }
