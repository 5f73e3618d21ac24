"""What campaigns need of the engine: its client's errors in our words, and room beside other work."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from contracts.campaign import Selection, Standing
from contracts.errors import RejectedError, UnavailableError
from contracts.post import PostRef
from workflows.campaigning import open_posts, standing_of, tell_post


class PostWorkflows:
    """The workflows of posts. ``most`` is how many may be open before campaigns step back."""

    def __init__(self, client: Client, most: int) -> None:
        self._client, self._most = client, most

    async def tell(self, ref: PostRef, selection: Selection, campaign_id: str) -> None:
        """Tell the post what the campaign wants, also when its workflow has ended; repeated, it counts once.

        Raises:
            RejectedError: the engine will never take it.
            UnavailableError: it does not take it now.
        """
        with _our_errors():
            await tell_post(self._client, ref, selection, campaign_id)

    async def standing(self, ref: PostRef) -> Standing:
        """Return what the post's workflow does. Raises as ``tell``."""
        with _our_errors():
            return await standing_of(self._client, ref.workflow_id)

    async def room(self) -> int:
        """Return how many more posts may be open. Raises as ``tell``."""
        with _our_errors():
            return self._most - await open_posts(self._client)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        kind = RejectedError if error.status is RPCStatusCode.INVALID_ARGUMENT else UnavailableError
        raise kind(f"Temporal: {error.status.name}: {error.message}") from error
