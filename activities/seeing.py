"""Looking at pictures: as the policy wants for each post, each file once per tenant and version, whoever asks first."""

from typing import Protocol

from temporalio import activity

from activities.heartbeat import beating
from activities.looking import Eye, Looking, Looks, Objects, Vision
from activities.seen import commit_of
from contracts.commit import StageCommit
from contracts.errors import BudgetExhaustedError, UnavailableError
from contracts.post import MediaRef, MediaRequest, MediaSeen, VisionRequest
from contracts.stages import StageRecord
from contracts.treatment import Treatment
from domain.standards import Standards
from domain.views import View, versions_of, view


class Records(Protocol):
    """Where stages leave what they did."""

    async def commit(self, *commits: StageCommit) -> None: ...


class VisionActivities:
    """Needs something that sees, and perhaps something that reads only the words (``ocr``); knows no provider."""

    def __init__(
        self,
        vision: Vision,
        looks: Looks,
        objects: Objects,
        standards: Standards,
        records: Records,
        ocr: Vision | None = None,
    ) -> None:
        self._vision, self._ocr, self._looks = vision, ocr, looks
        self._looking = Looking(looks, objects)
        self._standards, self._records = standards, records

    @activity.defn
    async def analyze_media(self, request: MediaRequest) -> MediaSeen:
        """Return what is known of one file; looks at it only if its treatment says so and nobody of the tenant has.

        What the policy has skipped is remembered for nobody: another post may have the same bytes looked at.

        Raises:
            BusyError: somebody is looking right now; retried shortly, then their result is read.
            BudgetExhaustedError: nothing is left to pay for it, and the policy would rather wait than have OCR.
        """
        treatment = self._standards.treatment(request.media)
        if treatment.how == "skip":
            return MediaSeen(sha256=request.media.sha256, skipped=treatment.reason)
        async with beating():
            return await self._seen(request, treatment)

    async def _seen(self, request: MediaRequest, treatment: Treatment) -> MediaSeen:
        if treatment.how == "ocr":
            known = await self._analysed(request)
            return known or await self._looking.seen(request, self._reading_eye(treatment))
        try:
            return await self._looking.seen(request, Eye(self._vision, request.vision_version))
        except BudgetExhaustedError as error:
            if not (error.is_spent and self._ocr and self._standards.fallback):
                raise
            return await self._looking.seen(request, Eye(self._ocr, self._standards.fallback))

    async def _analysed(self, request: MediaRequest) -> MediaSeen | None:
        """Return the analysis that another post had made, which is worth more than OCR."""
        known = await self._looks.recall(request.tenant_id, request.media.sha256, request.vision_version)
        return known.seen if known and known.seen.features_hash else None

    def _reading_eye(self, treatment: Treatment) -> Eye:
        if self._ocr is None:
            raise UnavailableError("nothing here reads the words in pictures any more: is tesseract gone?")
        return Eye(self._ocr, treatment.version)

    @activity.defn
    async def settle_vision(self, request: VisionRequest) -> StageRecord:
        """Put together what counts of a post's files by their treatments; one event per post and version says it.

        Idempotent: record, finding and event are keyed by the post and the fingerprint.

        Raises:
            UnavailableError: a picture was not looked at; the post looks again.
        """
        commit = commit_of(request, await self._views(request))
        await self._records.commit(commit)
        return commit.record

    async def _views(self, request: VisionRequest) -> tuple[View, ...]:
        tenant, fallback = request.ref.tenant_id, self._standards.fallback
        files = [self._treated(media) for media in request.media]
        versions = {request.vision_version, *versions_of(files), *filter(None, [fallback])}
        looks = await self._looks.known(tenant, [file.sha256 for file in files], versions)
        views = [view(file, looks.get(file.sha256, {}), request.vision_version, fallback) for file in files]
        if None in views:
            missed = files[views.index(None)].sha256
            raise UnavailableError(f"picture {missed[:12]} was not looked at")
        return tuple(one for one in views if one)

    def _treated(self, media: MediaRef) -> MediaRef:
        return media.model_copy(update={"treatment": self._standards.treatment(media)})
