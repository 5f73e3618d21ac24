"""What a look at one picture gives, whoever looked."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.post import MediaSeen

PictureKind = Literal["photo", "meme", "document", "screenshot", "infographic", "other"]


class Ocr(BaseModel):
    """Text that stands in a picture; ``confidence`` from 0 to 1."""

    model_config = ConfigDict(frozen=True)

    text: str
    engine: str
    confidence: float | None = Field(default=None, ge=0, le=1)


class PictureFacts(BaseModel):
    """The answer about one picture: VisionEnrichment of the contract plus who answered, when, for how much."""

    model_config = ConfigDict(frozen=True)

    provider: str
    model: str
    analyzed_at: AwareDatetime
    classification: PictureKind
    description: str = Field(min_length=5)
    is_meme: bool = False
    labels: tuple[str, ...] = Field(default=(), max_length=20)
    objects: tuple[str, ...] = Field(default=(), max_length=10)
    scene: str | None = None
    ocr: Ocr | None = None
    nsfw_score: float | None = Field(default=None, ge=0, le=1)
    aesthetic_score: float | None = Field(default=None, ge=0, le=1)
    dominant_colors: tuple[str, ...] = Field(default=(), max_length=5)
    context: dict[str, Any] = {}
    #: True when nothing but size, type and colours was measured: then the description adds no words to the post.
    measured_only: bool = False
    width: int | None = None
    height: int | None = None
    tokens_used: int = Field(default=0, ge=0)
    cost_microunits: int = Field(default=0, ge=0)
    duration_ms: int = Field(default=0, ge=0)

    def features(self) -> dict[str, Any]:
        """What depends on the picture and the model only: the input of ``features_hash``."""
        return self.model_dump(
            mode="json", exclude={"analyzed_at", "tokens_used", "cost_microunits", "duration_ms"}
        )


class Look(BaseModel):
    """What is remembered of one look at a file: its facts and their hash, or why it was refused."""

    model_config = ConfigDict(frozen=True)

    features_hash: str = ""
    skipped: str | None = None
    facts: PictureFacts | None = None


class Recalled(BaseModel):
    """What an earlier look gave; ``unwritten``: its facts, where their object may not be there."""

    model_config = ConfigDict(frozen=True)

    seen: MediaSeen
    unwritten: PictureFacts | None = None
