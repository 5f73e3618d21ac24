"""Bringing a post up to date: every stale stage, in the order of what depends on what."""

from collections.abc import Awaitable, Callable, Collection

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from contracts.changes import Version
    from contracts.post import ANNOUNCE, PostInput, Problem, Retag
    from contracts.stages import Outcome, Stage
    from workflows.failures import FAILURES, problem_of
    from workflows.inbox import Inbox
    from workflows.indexing import enrich, index
    from workflows.progress import Progress
    from workflows.understanding import read_links, see, tag
    from workflows.versions import save_each, take_over

#: Versions that wait are saved one after the other, and then looked at once.
_TOGETHER = "versions-together"
#: A version that is refused does not keep the post from going on with another one that was saved.
_GOES_ON = "goes-on-with-what-was-saved"
#: Tags that are left out are left out for those, too, who asked for them.
_NO_TAGS_FOR_ANYBODY = "no-tags-for-anybody"
#: A stage that was left out stays so only until something happens to the post.
_SKIPS_END = "skips-end"


class Convergence:
    """One look at the post after another; what was asked for is kept until it was done."""

    def __init__(self, post: PostInput, inbox: Inbox) -> None:
        self.post = Progress(post.ref, post.skipped)
        self.versions: list[Version] = [*((post.event,) if post.event else ()), *post.versions]
        self.forced: tuple[Retag, ...] = (*((post.retag,) if post.retag else ()), *post.retags)
        #: What came of the tags that somebody asked for, by the request's event id.
        self.tagged: dict[str, str] = {}
        self._inbox = inbox

    async def converge(self) -> tuple[Problem, ...]:
        """Run every stale stage; return what could not be done.

        Pictures and links never hold a post hostage; persist, tags, vectors and graph stop it where it stands. A post
        that somebody wants deleted is left as it is.
        """
        problems: tuple[Problem, ...] = ()
        try:
            saved, problems = await self._persist()
            if problems and not (saved and workflow.patched(_GOES_ON)):
                return problems
            for step in self._steps():
                if self._inbox.deletion:
                    return ()
                if self.post.state.absent:
                    return problems
                problems += await step()
                if any(problem.stage in {Stage.TAGS, ANNOUNCE} for problem in problems):
                    return problems
        except FAILURES as error:
            optional = self.post.stage is not Stage.PERSIST or bool(self.versions)
            return (*problems, problem_of(error, self.post.stage, optional=optional))
        return problems

    def _steps(self) -> tuple[Callable[[], Awaitable[tuple[Problem, ...]]], ...]:
        return self._see, self._tag, self._enrich, self._index

    async def tell(self) -> tuple[Problem, ...]:
        """Tell what was committed before the post got stuck; return what kept it from being told."""
        try:
            await self.post.announce()
        except FAILURES as error:
            return (problem_of(error, self.post.stage),)
        return ()

    def leave_out(self, stages: Collection[Stage]) -> None:
        """Do without these stages from now on; a version that cannot be saved is dropped."""
        self.post.skipped |= frozenset(stages)
        if Stage.PERSIST in stages:
            self.versions.clear()
        if Stage.TAGS in stages and self.forced and workflow.patched(_NO_TAGS_FOR_ANYBODY):
            self.tagged |= {retag.event_id: "left_out_by_operator" for retag in self.forced}
            self.forced = ()

    def try_everything(self) -> None:
        """Leave out nothing any more: something has happened to the post since that was decided."""
        if self.post.skipped and workflow.patched(_SKIPS_END):
            self.post.skipped = frozenset()

    def take_versions(self) -> None:
        """Take over the versions that arrived."""
        take_over(self.versions, self._inbox.events)

    async def _persist(self) -> tuple[bool, tuple[Problem, ...]]:
        """Save the versions that came, to look at them once; return whether one was saved, and what was refused."""
        saved, refusals = await save_each(self.versions, self.post.persist)
        while self._inbox.events and workflow.patched(_TOGETHER):
            self.take_versions()
            more, refusals = await save_each(self.versions, self.post.persist)
            saved = saved or more
        optional = bool(self.versions)
        return saved, tuple(problem_of(error, Stage.PERSIST, optional=optional) for error in refusals)

    async def _see(self) -> tuple[Problem, ...]:
        return await see(self.post)

    async def _tag(self) -> tuple[Problem, ...]:
        for retag in self.forced or (None,):
            await tag(self.post, retag)
            if retag:
                record = self.post.state.records[Stage.TAGS]
                self.tagged[retag.event_id] = record.reason or record.outcome
            self.forced = self.forced[1:]
        return ()

    async def _enrich(self) -> tuple[Problem, ...]:
        plan, unread = await read_links(self.post)
        await enrich(self.post, plan, wait=bool(unread))
        return unread

    async def _index(self) -> tuple[Problem, ...]:
        return await index(self.post)

    @property
    def is_absent(self) -> bool:
        """Whether there is no such post (any more) to work on."""
        return self.post.is_known and bool(self.post.state.absent)

    def ending(self) -> tuple[str, str | None]:
        """Return how the post ended: ``indexed``, ``deleted``, or ``skipped`` with the reason."""
        absent = self.post.state.absent
        if absent:
            return ("deleted", None) if absent == "deleted" else ("skipped", absent)
        records = self.post.state.records
        enriched = records.get(Stage.ENRICH)
        if enriched and enriched.outcome is Outcome.SKIPPED:
            return "skipped", enriched.reason
        return ("indexed", None) if Stage.VECTORS in records else ("skipped", "left_out_by_operator")
