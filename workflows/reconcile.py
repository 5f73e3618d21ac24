"""The workflow that compares the archive with its stores, and repairs what differs."""

from collections.abc import Callable, Coroutine
from typing import Any, Final
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.reconciling import ReconcileActivities
    from activities.reconciling_albums import ReconcileAlbumActivities
    from activities.reconciling_objects import ReconcileObjectActivities
    from activities.reconciling_photos import ReconcilePhotoActivities
    from activities.restoring import RestoreActivities
    from contracts.reconciling import (
        Check,
        Compared,
        ComparePart,
        ReconcileOrder,
        ReconcileProgress,
        ReconcileResult,
        Walk,
    )
    from domain.reconciling import OF_A_TENANT, advanced, mended, result
    from workflows import attributes, policies

_COMPARE: Final[dict[Check, Callable[[Any, ComparePart], Coroutine[Any, Any, Compared]]]] = {
    Check.MEDIA: ReconcileObjectActivities.compare_media,
    Check.VISION: ReconcileObjectActivities.compare_vision,
    Check.PAGES: ReconcileObjectActivities.compare_pages,
    Check.INDEX: ReconcileActivities.compare_index,
    Check.ALBUMS: ReconcileAlbumActivities.compare_albums,
    Check.CHANNEL_PHOTOS: ReconcilePhotoActivities.compare_channel_photos,
    Check.STRAYS: ReconcileActivities.compare_strays,
    Check.EVENTS: RestoreActivities.compare_events,
}


@workflow.defn
class ReconcileWorkflow:
    """One at a time for a tenant, or for all. Goes through every check part by part; ids stay in the activities."""

    @workflow.init  # a query may come before run() starts
    def __init__(self, order: ReconcileOrder) -> None:
        self._order = order
        self._walk = order.walk or Walk(tenant_id=order.tenant_id)
        self._parts = 0

    @workflow.query(description="Which check it is at, how much it has looked at, what it found and repaired")
    def progress(self) -> ReconcileProgress:
        """Return how far it is."""
        return ReconcileProgress(apply=self._order.apply, walk=self._walk)

    @workflow.run
    async def run(self, order: ReconcileOrder) -> ReconcileResult:
        """Compare part after part; with ``apply`` each is repaired before the next one is looked at."""
        if order.walk is None:
            await self._begin()
        while (check := self._walk.check) is not None:
            self._rest()
            self._walk = advanced(self._walk, await self._part(check))
            if self._walk.check is not check:
                await self._turn(check)
        done = result(self._walk, apply=order.apply)
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(done.state), attributes.STAGE.value_set("done")]
        )
        return done

    async def _begin(self) -> None:
        tenant = self._order.tenant_id
        total = await workflow.execute_activity_method(
            ReconcileActivities.measure_archive, tenant, **policies.named(policies.COMPARE, "measure")
        )
        self._walk = Walk(total=total)
        self._go_to(tenant or await self._tenant_after(None))

    def _rest(self) -> None:
        """Let another run go on when this one has a long history."""
        if self._parts >= self._order.parts_per_run or workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(self._order.model_copy(update={"walk": self._walk}))
        self._parts += 1

    async def _part(self, check: Check) -> Compared:
        part = ComparePart(
            check=check, tenant_id=self._walk.tenant_id, after=self._walk.after, apply=self._order.apply
        )
        seen = await self._compare(part)
        return await self._mended(part, seen) if seen.opened else seen

    async def _compare(self, part: ComparePart) -> Compared:
        return await workflow.execute_activity_method(
            _COMPARE[part.check], part, **policies.named(policies.COMPARE, f"compare {part.check}")
        )

    async def _mended(self, part: ComparePart, seen: Compared) -> Compared:
        """Wait for what the part opened, and count as repaired what a second look does not find again."""
        bounded = part.model_copy(update={"until": seen.upto, "apply": False})
        await workflow.execute_activity_method(
            ReconcileActivities.await_repairs,
            bounded,
            **policies.named(policies.REPAIRS, f"{seen.opened} look again"),
        )
        again = await self._compare(bounded)
        if part.check is Check.PAGES:
            await workflow.execute_activity_method(
                ReconcileObjectActivities.settle_pages,
                bounded,
                **policies.named(policies.COMPARE, "settle pages"),
            )
        return seen.model_copy(update={"differences": mended(seen.differences, again.differences)})

    async def _turn(self, done: Check) -> None:
        """Go on with the tenant's next check; or with the next tenant, or with the events, or to the end."""
        if self._walk.check is None and done is not Check.EVENTS:
            alone = self._order.tenant_id is not None
            self._go_to(None if alone else await self._tenant_after(self._walk.tenant_id))
        elif self._walk.check is not None:
            self._show(self._walk.check)

    async def _tenant_after(self, tenant_id: UUID | None) -> UUID | None:
        return await workflow.execute_activity_method(
            ReconcileActivities.find_tenant, tenant_id, **policies.named(policies.COMPARE, "find a tenant")
        )

    def _go_to(self, tenant_id: UUID | None) -> None:
        """Begin with a tenant's checks; after the last one's come the events, of all tenants together."""
        check = OF_A_TENANT[0] if tenant_id else Check.EVENTS
        owner = tenant_id or self._order.tenant_id
        self._walk = self._walk.model_copy(update={"tenant_id": owner, "check": check, "after": ""})
        self._show(check)

    def _show(self, check: Check) -> None:
        """Say in lists what is being compared."""
        workflow.upsert_search_attributes([attributes.STAGE.value_set(check)])
