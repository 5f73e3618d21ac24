"""What travels in a post's workflow: who the post is, what is known of it, and what its stages gave."""

from typing import Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.changes import Version
from contracts.identity import post_workflow_id
from contracts.patience import Patient
from contracts.stages import Stage, StageRecord, version_of
from contracts.treatment import Treatment


class Frozen(BaseModel):
    """Base of everything that travels in a workflow: immutable, extra fields of a newer version ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PostRef(Frozen):
    """Who a post is. ``tg_channel_id`` is Telegram's marked id (-100… for channels)."""

    tenant_id: UUID
    channel_id: UUID
    tg_channel_id: int
    message_id: int
    post_id: UUID
    trace_id: str
    grouped_id: int | None = None

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that owns this post."""
        return post_workflow_id(self.tenant_id, self.tg_channel_id, self.message_id)


class Retag(Frozen):
    """Asks for the tags once more; ``event_id`` makes a repeated signal count once."""

    event_id: str
    trigger: str = "manual"


class Deletion(Frozen):
    """Asks for a post to be removed everywhere, for good. ``reason`` is user, admin or ttl; ``known_as`` other ids."""

    reason: str = "user"
    deleted_at: AwareDatetime | None = None
    known_as: tuple[UUID, ...] = ()


class PostInput(Patient, Frozen):
    """What a PostWorkflow starts with: a version of the post, or nothing but the post to look at again.

    What one run hands to the next while the post waits: ``versions`` that are not saved yet, ``skipped`` stages that
    somebody left out, the kinds and words of requests that it has ``seen``, and what Patient has.
    """

    ref: PostRef
    event: Version | None = None
    versions: tuple[Version, ...] = ()
    retag: Retag | None = None
    retags: tuple[Retag, ...] = ()
    deletion: Deletion | None = None
    skipped: tuple[Stage, ...] = ()
    seen: tuple[tuple[str, str], ...] = ()


class MediaRef(Frozen):
    """A file of a post, by content. ``object_key`` is None when the bytes were never had (``missing`` says why).

    ``treatment`` is None where nobody has asked the policy.
    """

    sha256: str
    object_key: str | None
    mime: str
    size_bytes: int
    position: int = 0
    missing: str | None = None
    treatment: Treatment | None = None


class Versions(Frozen):
    """The version of what each stage computes with; a change makes the stages that depend on it stale."""

    vision: str
    tags: str
    crawl: str
    enrich: str
    vectors: str
    graph: str


class PostState(Frozen):
    """Everything that decides which stages of a post are stale. Hashes and keys only, never text."""

    ref: PostRef
    content_hash: str
    text_length: int
    links: tuple[str, ...] = ()
    media: tuple[MediaRef, ...] = ()
    album_id: str = ""
    album_hash: str = ""
    album_words: str = ""
    relations_hash: str = ""
    versions: Versions
    records: dict[Stage, StageRecord] = {}
    unsent: int = 0
    concluded: bool = False
    #: Why there is nothing to work on: ``deleted``, or ``not_arrived`` (an edit came first); empty when there is.
    absent: str = ""

    def with_record(self, record: StageRecord) -> "PostState":
        """Return this state after ``record``'s stage ended as it says."""
        return self.model_copy(update={"records": {**self.records, record.stage: record}})


class StageRequest(Frozen):
    """Asks an activity for one stage of a post; ``fingerprint`` is what its result will be remembered under."""

    ref: PostRef
    stage: Stage
    fingerprint: str
    forced_by: str = ""


class MediaRequest(Frozen):
    """Asks for one file to be looked at, for whoever needs it; ``post_id`` says who asked, where a post did."""

    tenant_id: UUID
    media: MediaRef
    vision_version: str
    post_id: UUID | None = None


class MediaSeen(Frozen):
    """What is known after a file was looked at; ``features_hash`` is empty when it was skipped."""

    sha256: str
    features_hash: str = ""
    skipped: str | None = None


class CrawlPlan(Frozen):
    """The links to read now; ``skipped`` says why there are none."""

    links: tuple[str, ...] = ()
    skipped: str | None = None


class VisionRequest(Frozen):
    """Asks for what was seen of a post's files to be put together; ``runs`` is how often that was done before."""

    ref: PostRef
    fingerprint: str
    vision_version: str
    media: tuple[MediaRef, ...] = ()
    runs: int = 0

    @property
    def version(self) -> str:
        """What is different in the event key of each version, also of one that comes back."""
        return version_of(self.fingerprint, self.runs)


class PageRequest(Frozen):
    """Asks for one link of a post to be read."""

    ref: PostRef
    url: str
    crawl_version: str


class EnrichRequest(Frozen):
    """Asks for everything that is known of a post to be put together; ``crawl_skipped`` settles the crawl stage.

    ``crawl_open`` says why that stage cannot be settled yet: it stays stale.
    """

    state: PostState
    crawl_skipped: str | None = None
    crawl_open: str | None = None


class Enriched(Frozen):
    """What enrichment settled: the records of crawl and enrich."""

    records: tuple[StageRecord, ...]


class Refresh(Frozen):
    """Why a post is to be looked at again; ``event_id`` makes a repeated signal count once."""

    reason: str
    event_id: str


class Decision(Frozen):
    """What an operator decides about a parked post: retry, skip (one stage) or give-up.

    Plain words, so that one which cannot be used is answered with a sentence and not with a trace.
    """

    action: str
    stage: str | None = None
    by: str = "operator"
    note: str = ""


class GivenUp(Frozen):
    """Says that nobody works on a post any more, and why."""

    ref: PostRef
    reason: str


#: What can get stuck: a stage, or telling what was committed.
Step = Stage | Literal["announce"]
ANNOUNCE: Final = "announce"


class Problem(Frozen):
    """A stage that could not be done: who it is, the error's class, and the sentence to show.

    ``optional`` says whether the post can go on without it when somebody decides so.
    """

    stage: Step
    error: str
    message: str
    detail: str | None = None
    attempts: int = 0
    #: When it goes on by itself; None where a human has to look.
    goes_on_at: AwareDatetime | None = None
    optional: bool = True

    @property
    def reason(self) -> str:
        """``<stage>:<error class>``, or ``announce:<error class>``: the value of TgStuckReason."""
        return f"{self.stage}:{self.error}"


class PostResult(Frozen):
    """How a post ended: ``indexed``, ``deleted``, or ``skipped`` with its reason; and how many stages did work."""

    state: str
    reason: str | None = None
    stages_run: int = 0
