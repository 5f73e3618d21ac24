"""Bringing a post up to date: every stale stage, in the order of what depends on what."""

from collections.abc import Collection

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from contracts.events import PostParsed
    from contracts.post import PostInput, Problem, Retag
    from contracts.stages import Outcome, Stage
    from workflows.failures import FAILURES, problem_of
    from workflows.indexing import enrich, index
    from workflows.progress import Progress
    from workflows.understanding import read_links, see, tag


class Convergence:
    """One look at the post after another; what was asked for is kept until it was done."""

    def __init__(self, post: PostInput) -> None:
        self.post = Progress(post.ref)
        self.event: PostParsed | None = post.event
        self.forced: Retag | None = post.retag

    async def converge(self) -> tuple[Problem, ...]:
        """Run every stale stage; return what could not be done.

        Pictures never hold a post hostage; persist, tags, vectors and graph stop it where it stands.
        """
        problems: tuple[Problem, ...] = ()
        try:
            await self._persist()
            problems = await see(self.post)
            if any(problem.stage is Stage.TAGS for problem in problems):
                return problems
            await self._tag()
            await enrich(self.post, await read_links(self.post))
            return problems + await index(self.post)
        except FAILURES as error:
            return (*problems, problem_of(error, self.post.stage))

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
            self.event = None

    async def _persist(self) -> None:
        await self.post.persist(self.event)
        self.event = None

    async def _tag(self) -> None:
        await tag(self.post, self.forced)
        self.forced = None

    def left_out(self) -> str | None:
        """Return why the post cannot be found by search, None when it can."""
        records = self.post.state.records
        enriched = records.get(Stage.ENRICH)
        if enriched and enriched.outcome is Outcome.SKIPPED:
            return enriched.reason
        return None if Stage.VECTORS in records else "left_out_by_operator"
