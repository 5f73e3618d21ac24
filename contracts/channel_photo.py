"""What travels in the workflow of a channel's picture."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.identity import channel_photo_workflow_id
from contracts.material import Picture
from contracts.patience import Patient
from contracts.post import Frozen, MediaRef


class ChannelPhotoRef(Frozen):
    """Which picture of a channel: the message that gave it to the channel says."""

    tenant_id: UUID
    channel_id: UUID
    tg_channel_id: int
    message_id: int
    photo_id: UUID
    trace_id: str

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that owns this picture."""
        return channel_photo_workflow_id(self.tenant_id, self.tg_channel_id, self.message_id)


class ChannelPhotoInput(Patient, Frozen):
    """What a ChannelPhotoWorkflow starts with; title and date are words for people."""

    ref: ChannelPhotoRef
    channel_title: str | None = None
    posted_at: AwareDatetime | None = None


class ChannelPhotoState(Frozen):
    """The picture's file as it is stored now, and who would look at it."""

    ref: ChannelPhotoRef
    media: MediaRef
    vision_version: str


class ChannelPhotoMaterial(Frozen):
    """A channel's picture with what was seen in it."""

    ref: ChannelPhotoRef
    channel_title: str | None = None
    picture: Picture


class ChannelPhotoResult(Frozen):
    """How it ended: ``done``, or ``skipped`` with its reason."""

    state: str
    reason: str | None = None
