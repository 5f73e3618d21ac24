"""What runs that ended without a decision left open: their parks, and the dead letters of these."""

from typing import Final, Protocol

from temporalio import activity

from contracts.parking import LeftOpen

#: What is written of a park that a later run of its workflow has outlived.
LATER_RUN: Final = "later run"


class Parks(Protocol):
    """The record of parks."""

    async def left_open(self, workflow_id: str, but_of: str | None = None) -> LeftOpen: ...

    async def close(self, left: LeftOpen, woken_by: str, by: str | None) -> None: ...

    async def forget_letter(self, workflow_id: str, key: str) -> None: ...


class Letters(Protocol):
    """The dead-letter streams."""

    async def withdraw(self, stream: str, entry_id: str) -> bool: ...


class Leftovers:
    """Closes them: where the workflow is started again, and where a later run of it has ended well."""

    def __init__(self, parks: Parks, letters: Letters) -> None:
        self._parks, self._letters = parks, letters

    async def of(self, workflow_id: str) -> LeftOpen:
        """Return what the runs of the workflow have left open by now."""
        return await self._parks.left_open(workflow_id)

    async def close(self, left: LeftOpen, woken_by: str, by: str | None = None) -> None:
        """Withdraw the letters, and say of the parks who or what went on. Idempotent."""
        for letter in left.letters:
            if letter.entry_id:
                await self._letters.withdraw(letter.stream, letter.entry_id)
        if left.parks or left.letters:
            await self._parks.close(left, woken_by, by)

    async def forget(self, workflow_id: str, key: str) -> None:
        """Have nobody put back a letter that is being replayed. Idempotent."""
        await self._parks.forget_letter(workflow_id, key)

    async def end(self, workflow_id: str, *, is_deleted: bool = False) -> None:
        """Close what earlier runs left, at the end of one that has done everything. Called by that run's activities.

        What it waits for itself it closes itself: it may be parked still, for what goes on later. A letter that keeps
        what the archive has not got stays until somebody replays it, unless the post is gone.
        """
        left = await self._parks.left_open(workflow_id, activity.info().workflow_run_id)
        await self.close(left if is_deleted else left.without_unsaved(), LATER_RUN)
