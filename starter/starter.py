"""Streams to workflows: an entry is acknowledged only when Temporal has accepted it, never the other way round."""

import asyncio
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.redis_streams.reader import Entry, StreamReader
from contracts.errors import UnavailableError
from contracts.streams import ALBUMS_PARSED, POSTS_DELETED, POSTS_EDITED, POSTS_PARSED
from runtime import metrics
from starter.attempt import LATER, Handler, attempt
from starter.door import Door
from starter.gate import Gate
from starter.turns import Turns
from workflows.starting import start_album, start_post

GROUP: Final = "postloom-starter"
#: Milliseconds that a read waits for a new entry; seconds between looks at entries that others left behind.
BLOCK_MS: Final = 500
CLAIM_EVERY: Final = 20.0
OUTAGE: Final = 1.0

log = structlog.get_logger(__name__)


class Starter:
    """Serves one stream: reads entries, starts or signals their workflows, buries what cannot be read."""

    def __init__(self, reader: StreamReader, handle: Handler, gate: Gate, batch: int) -> None:
        self._reader, self._handle, self._gate, self._batch = reader, handle, gate, batch
        self._claimed_at = 0.0
        self._turns = Turns()

    async def run(self) -> None:
        """Serve until cancelled; a store or a server that does not answer is waited for."""
        while True:
            try:
                await self.step()
            except (UnavailableError, RPCError) as error:
                log.warning("starter waits", stream=self._reader.stream, error=type(error).__name__)
                self._reader.look_back()
                await asyncio.sleep(OUTAGE)

    async def step(self) -> int:
        """Take care of one batch; return how many entries it had."""
        room = await self._gate.room()
        await self._fill()
        entries = self._turns.take(min(room, self._batch))
        if not entries:
            return 0
        self._gate.let_in(len(entries))
        done = await asyncio.gather(*(self._take(entry) for entry in entries))
        await self._reader.ack(entry.id for entry, settled in zip(entries, done, strict=True) if settled)
        if not all(done):
            self._reader.look_back()
            await asyncio.sleep(OUTAGE)
        return len(entries)

    async def _fill(self) -> None:
        """Read what has come, as far as it may wait here; wait for it only when nothing else does."""
        now = asyncio.get_running_loop().time()
        if now - self._claimed_at > CLAIM_EVERY:
            self._claimed_at = now
            self._turns.add(await self._reader.claim(self._batch))
        while room := self._turns.room:
            entries = await self._reader.read(min(room, self._batch), 0 if self._turns else BLOCK_MS)
            self._turns.add(entries)
            if not entries:
                return

    async def _take(self, entry: Entry) -> bool:
        """Return whether the entry is settled: accepted by Temporal, buried, or trimmed before it was read."""
        if not entry.fields:
            return True
        try:
            refused = await attempt(self._handle, entry)
        except RPCError as error:
            log.warning("entry left for later", stream=entry.stream, entry=entry.id, why=str(error.status))
            return False
        except LATER as error:
            log.info("entry left for later", stream=entry.stream, entry=entry.id, why=type(error).__name__)
            return False
        if refused:
            await self._bury(entry, refused.sentence, refused.code)
        return True

    async def _bury(self, entry: Entry, reason: str, code: str) -> None:
        metrics.DEAD_LETTERS.labels(entry.stream, code).inc()
        log.warning("dead letter", stream=entry.stream, entry=entry.id, code=code)
        await self._reader.bury(entry, reason, code)


def post_handler(client: Client, door: Door) -> Handler:
    """Return what is done with an entry of posts.parsed."""

    async def handle(entry: Entry) -> None:
        began = await start_post(client, await door.post(entry.fields, entry.written_at))
        metrics.STARTED.labels("post started" if began else "post signalled").inc()

    return handle


def edit_handler(client: Client, door: Door) -> Handler:
    """Return what is done with an entry of posts.edited."""

    async def handle(entry: Entry) -> None:
        await start_post(client, await door.edit(entry.fields, entry.written_at))
        metrics.STARTED.labels("post edited").inc()

    return handle


def deletion_handler(client: Client, door: Door) -> Handler:
    """Return what is done with an entry of posts.deleted; what we told there ourselves is no wish."""

    async def handle(entry: Entry) -> None:
        wish = await door.deletion(entry.fields, entry.written_at)
        if wish is not None:
            await start_post(client, wish)
            metrics.STARTED.labels("post deleted").inc()

    return handle


def album_handler(client: Client, door: Door) -> Handler:
    """Return what is done with an entry of albums.parsed."""

    async def handle(entry: Entry) -> None:
        began = await start_album(client, await door.album(entry.fields, entry.written_at))
        metrics.STARTED.labels("album started" if began else "album signalled").inc()

    return handle


#: What is done with the entries of each stream that is served.
HANDLERS: Final = {
    POSTS_PARSED: post_handler,
    ALBUMS_PARSED: album_handler,
    POSTS_EDITED: edit_handler,
    POSTS_DELETED: deletion_handler,
}


async def count_open(client: Client) -> int:
    """Return how many posts are open and not parked. Albums do not count: they wait for posts."""
    answer = await client.count_workflows(
        "WorkflowType='PostWorkflow' AND ExecutionStatus='Running' AND TgState='active'"
    )
    return answer.count
