"""Every workflow that a worker serves, and that recorded histories are replayed against."""

from typing import Final

from workflows.album import AlbumWorkflow
from workflows.campaign import CampaignWorkflow
from workflows.channel_photo import ChannelPhotoWorkflow
from workflows.post import PostWorkflow
from workflows.reconcile import ReconcileWorkflow

WORKFLOWS: Final = (PostWorkflow, AlbumWorkflow, ChannelPhotoWorkflow, CampaignWorkflow, ReconcileWorkflow)
