"""Taking one look at a file, whoever looks: a claim first, then an answer that is kept before anything else is done."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from activities.surely import surely
from activities.timing import asker, milliseconds_since
from contracts.asking import Asker
from contracts.errors import BusyError, PipelineError, RefusedError, RejectedError
from contracts.identity import digest
from contracts.post import MediaRequest, MediaSeen
from contracts.stages import Stage
from contracts.vision import Look, PictureFacts, Recalled

#: Longer than one attempt may take: a claim outlives its holder only when the holder died.
CLAIM: Final = timedelta(seconds=215)
#: Under this name the object of an answer says which version of looking it answers to.
_VERSION: Final = "vision_version"


class Vision(Protocol):
    """Looks at one picture."""

    @property
    def provider(self) -> str: ...

    @property
    def model(self) -> str: ...

    async def look(self, body: bytes, mime: str, asker: Asker) -> PictureFacts: ...


class Looks(Protocol):
    """Remembers what was seen."""

    async def recall(self, tenant_id: UUID, sha256: str, version: str) -> Recalled | None: ...

    async def known(
        self, tenant_id: UUID, files: Iterable[str], versions: Iterable[str]
    ) -> Mapping[str, Mapping[str, Look]]: ...

    async def claim(
        self, tenant_id: UUID, sha256: str, version: str, lasting: timedelta, key: str
    ) -> datetime | None: ...

    async def release(self, tenant_id: UUID, sha256: str, version: str, until: datetime) -> None: ...

    async def remember(
        self, tenant_id: UUID, seen: MediaSeen, version: str, facts: PictureFacts | None, key: str | None
    ) -> None: ...

    async def written(self, tenant_id: UUID, sha256: str, version: str) -> None: ...


class Objects(Protocol):
    """Keeps bytes under keys."""

    async def get(self, key: str) -> bytes: ...

    async def put(self, key: str, body: bytes, content_type: str) -> bool: ...


@dataclass(frozen=True)
class Eye:
    """Who looks, and the version under which the look is remembered."""

    vision: Vision
    version: str


class Looking:
    """Looks, unless somebody of the tenant has with that version."""

    def __init__(self, looks: Looks, objects: Objects) -> None:
        self._looks, self._objects = looks, objects

    async def seen(self, request: MediaRequest, eye: Eye) -> MediaSeen:
        """Return what is known of the file, by looking at it where nothing is.

        An answer is remembered before its object is written, and an object that could not be is written by whoever
        looks next. Where it cannot be remembered the object keeps it: only if neither store takes it is it paid again.

        Raises:
            BusyError: somebody is looking right now.
        """
        tenant, sha256 = request.tenant_id, request.media.sha256
        if known := await self._looks.recall(tenant, sha256, eye.version):
            if known.unwritten:
                await self._write(request, eye, known.unwritten)
            return known.seen
        until = await self._looks.claim(tenant, sha256, eye.version, CLAIM, _key(request, eye))
        if until is None:
            raise BusyError(f"picture {sha256[:12]} is being looked at")
        async with self._released_on_failure(request, eye, until):
            return await self._look(request, eye)

    @asynccontextmanager
    async def _released_on_failure(
        self, request: MediaRequest, eye: Eye, until: datetime
    ) -> AsyncIterator[None]:
        try:
            yield
        except BaseException:  # also a shutdown: whoever looks next need not wait for the claim to end
            await self._looks.release(request.tenant_id, request.media.sha256, eye.version, until)
            raise

    async def _look(self, request: MediaRequest, eye: Eye) -> MediaSeen:
        facts = await self._answered_before(eye, _key(request, eye))
        if facts is None:
            try:
                facts = await self._ask(request, eye)
            except RefusedError as refused:
                return await surely(self._refused(request, eye, refused.reason))
        return await surely(self._keep(request, eye, facts))

    async def _keep(self, request: MediaRequest, eye: Eye, facts: PictureFacts) -> MediaSeen:
        """Remember an answer, then write its object; where it cannot be remembered, write the object all the same."""
        features = digest(json.dumps(facts.features(), sort_keys=True))
        seen, key = MediaSeen(sha256=request.media.sha256, features_hash=features), _key(request, eye)
        try:
            await self._looks.remember(request.tenant_id, seen, eye.version, facts, key)
        except PipelineError:
            await self._put(key, eye, facts)
            raise
        await self._write(request, eye, facts)
        return seen

    async def _write(self, request: MediaRequest, eye: Eye, facts: PictureFacts) -> None:
        """Write the object of what is remembered; idempotent, any number may do so at once."""
        await self._put(_key(request, eye), eye, facts)
        await self._looks.written(request.tenant_id, request.media.sha256, eye.version)

    async def _put(self, key: str, eye: Eye, facts: PictureFacts) -> None:
        await self._objects.put(key, _written(facts, eye.version), "application/json")

    async def _answered_before(self, eye: Eye, key: str) -> PictureFacts | None:
        """Return an answer that was kept as an object and never remembered: what is paid for is not asked again."""
        try:
            kept = json.loads(await self._objects.get(key))
            return PictureFacts.model_validate(kept) if kept[_VERSION] == eye.version else None
        except (RejectedError, ValueError, KeyError, TypeError):
            return None

    async def _ask(self, request: MediaRequest, eye: Eye) -> PictureFacts:
        media, start = request.media, datetime.now(UTC)
        body = await self._objects.get(media.object_key or "")
        facts = await eye.vision.look(
            body, media.mime, asker(Stage.VISION, request.tenant_id, request.post_id, request.media.sha256)
        )
        return facts.model_copy(update={"duration_ms": milliseconds_since(start)})

    async def _refused(self, request: MediaRequest, eye: Eye, reason: str) -> MediaSeen:
        seen = MediaSeen(sha256=request.media.sha256, skipped=reason)
        await self._looks.remember(request.tenant_id, seen, eye.version, None, None)
        return seen


def _key(request: MediaRequest, eye: Eye) -> str:
    """Return the key of the answer's object."""
    who = f"{eye.vision.provider}_{eye.vision.model}"
    return f"vision/{request.tenant_id}/{request.media.sha256}_{who}_v1.0.json"


def _written(facts: PictureFacts, version: str) -> bytes:
    """Return the object of an answer, with the version that it answers to."""
    return json.dumps(
        {**facts.model_dump(mode="json"), _VERSION: version}, ensure_ascii=False, indent=1
    ).encode()
