"""What an import is asked for, how far it is, and what it did."""

from pathlib import Path
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ImportOptions(BaseModel):
    """One import of one chat. ``path`` is the export's folder or its result.json."""

    model_config = ConfigDict(frozen=True)

    path: Path
    tenant_id: UUID
    chat: str | None = None
    #: Where the exporting computer stood; matters to exports of before 2022, which know only its local time.
    timezone: str = "UTC"
    max_file_mb: float = Field(default=40.0, gt=0)
    batch_size: int = Field(default=200, gt=0)


class ImportProgress(BaseModel):
    """How far an import is, after each batch; seconds and bytes."""

    model_config = ConfigDict(frozen=True)

    bytes_read: int
    bytes_total: int
    posts: int
    seconds: float

    @property
    def posts_per_second(self) -> float:
        """The speed so far."""
        return self.posts / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at this speed; None when nothing can be said yet."""
        left = self.bytes_total - self.bytes_read
        return self.seconds * left / self.bytes_read if self.bytes_read else None


class ImportReport(BaseModel):
    """What an import did. Reasons of ``skipped``: service, unsupported, deleted (here, for good), and what was
    wrong with a message.

    ``media`` counts the files by outcome: stored, known (the same bytes were there), or why there are none.
    ``local_times`` counts posts of an old export, whose moments were read in ``timezone``.
    ``channel_pictures_new`` counts also those whose bytes were missing before.
    ``posts_refreshed`` had nothing new but counters and dates; nothing was announced for them.
    """

    channel: str | None = None
    tg_channel_id: int = 0
    posts_new: int = 0
    posts_changed: int = 0
    posts_refreshed: int = 0
    posts_unchanged: int = 0
    local_times: int = 0
    timezone: str = "UTC"
    albums_new: int = 0
    albums_grown: int = 0
    channel_pictures_new: int = 0
    skipped: dict[str, int] = {}
    media: dict[str, int] = {}
    first_skipped_ids: dict[str, list[int]] = {}
    seconds: float = 0.0

    @property
    def posts(self) -> int:
        """How many posts the export has."""
        return self.posts_new + self.posts_changed + self.posts_refreshed + self.posts_unchanged


class ObjectStore(Protocol):
    """Where files go."""

    async def put_file(self, key: str, source: Path, content_type: str) -> bool: ...
