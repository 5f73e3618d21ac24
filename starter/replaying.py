"""Dead letters once more: entries go through the starter's own handler, what parked is told to retry."""

import json
import re
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from temporalio.client import Client

from adapters.redis_streams.letters import Letter
from adapters.redis_streams.reader import Entry
from contracts.dead_letters import PARKED, UNSAVED
from contracts.errors import PipelineError, RejectedError
from contracts.post import Decision, PostInput
from domain.decisions import RETRY
from starter.attempt import LATER, Refusal, attempt
from starter.door import Door
from starter.restarting import EndedWellError, Restarts
from starter.starter import HANDLERS
from workflows.deciding import ClosedError, tell

_ENTRY_ID: Final = re.compile(r"\d{1,18}-\d{1,18}")


@dataclass(frozen=True)
class Replayed:
    """What came of a letter: accepted by Temporal, or not and why; ``said`` is a sentence for people."""

    letter: Letter
    accepted: bool
    said: str
    code: str = ""


class Replays:
    """Replays letters of both kinds. A letter that is replayed twice changes nothing more than once."""

    def __init__(self, client: Client, door: Door, restarts: Restarts, by: str) -> None:
        self._client, self._restarts, self._by = client, restarts, by
        self._handlers = {stream: handler(client, door) for stream, handler in HANDLERS.items()}

    async def replay(self, letter: Letter) -> Replayed:
        """Do once more what the letter is about; the letter stays where it is."""
        return await (self._parked(letter) if letter.kind == PARKED else self._unreadable(letter))

    async def _unreadable(self, letter: Letter) -> Replayed:
        entry = original(letter)
        if isinstance(entry, Refusal):
            return Replayed(letter, accepted=False, said=entry.sentence, code=entry.code)
        try:
            refused = await attempt(self._handlers[entry.stream], entry)
        except LATER as error:
            return Replayed(letter, accepted=False, said=f"not now: {error}", code="later")
        if refused:
            return Replayed(letter, accepted=False, said=refused.sentence, code=refused.code)
        return Replayed(letter, accepted=True, said="taken")

    async def _parked(self, letter: Letter) -> Replayed:
        workflow_id = letter.fields.get("workflow_id", "")
        decision = Decision(action=RETRY, by=self._by, note=f"replay of {letter.id}")
        try:
            kept = _kept(letter)
            try:
                await tell(self._client, workflow_id, decision)
            except ClosedError:
                await self._restarts.restart(workflow_id, self._by, kept)
                return Replayed(letter, accepted=True, said="its workflow had ended: started again")
            await self._restarts.hand_over(workflow_id, letter.fields.get("idempotency_key", ""), kept)
        except EndedWellError as error:
            return Replayed(letter, accepted=True, said=str(error))
        except PipelineError as error:
            return Replayed(letter, accepted=False, said=str(error), code=letter.code)
        return Replayed(letter, accepted=True, said="told to retry")


def _kept(letter: Letter) -> PostInput | None:
    """What only the letter keeps, if anything."""
    try:
        return PostInput.model_validate_json(letter.fields[UNSAVED]) if UNSAVED in letter.fields else None
    except ValidationError as error:
        raise RejectedError(f"what it keeps cannot be read: {error.error_count()} mistakes") from error


def original(letter: Letter) -> Entry | Refusal:
    """Return the entry that the letter keeps, or why there is none to be read."""
    stream, id = letter.fields.get("original_stream", ""), letter.fields.get("original_message_id", "")
    if stream not in HANDLERS:
        return Refusal(f"nobody here reads {stream or 'the stream that it came from'}", "not_served")
    try:
        fields = json.loads(letter.fields.get("original_entry", ""))
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return Refusal("its original entry is not in it", "no_original")
    moment = id if _ENTRY_ID.fullmatch(id) else letter.id
    return Entry(stream, moment, {str(name): str(value) for name, value in fields.items()})
