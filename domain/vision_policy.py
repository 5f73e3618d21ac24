"""The part of the policy file that says which pictures are looked at, and how: limits of files, and rules."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from contracts.treatment import How
from domain.policy_part import PolicyPart, wrong

_MB = 1024 * 1024
_KB = 1024


def _channel_name(value: Any) -> Any:
    """Take Telegram's number of a channel as it is written, too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _picture_type(value: str) -> str:
    if not value.startswith("image/"):
        raise ValueError("only pictures can be looked at: image/…")
    return value


#: A username, Telegram's number of the channel (-100…), or its title; in a title ``*`` stands for anything.
ChannelName = Annotated[str, BeforeValidator(_channel_name), Field(min_length=1)]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class When(PolicyPart):
    """What a picture must be for a rule to match: everything that is said here; of a list, any one.

    ``beyond_picture: 2`` means every picture of a post but the first two that are looked at.
    """

    tenants: tuple[str, ...] = Field(default=(), min_length=1)
    channels: tuple[ChannelName, ...] = Field(default=(), min_length=1)
    mime: tuple[str, ...] = Field(default=(), min_length=1)
    larger_than_kb: float | None = Field(default=None, ge=0)
    smaller_than_kb: float | None = Field(default=None, gt=0)
    beyond_picture: int | None = Field(default=None, ge=1)
    text_longer_than: int | None = Field(default=None, ge=0)
    text_shorter_than: int | None = Field(default=None, ge=1)
    text_has_words: bool | None = None

    @model_validator(mode="after")
    def _can_match(self) -> "When":
        for low, high in (("larger_than_kb", "smaller_than_kb"), ("text_longer_than", "text_shorter_than")):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least >= most:
                raise wrong(f"matches nothing: it is not below {high}", low)
        return self


class Rule(PolicyPart):
    """What is done with the pictures that it matches; ``reason`` is what records and events will say."""

    name: str = Field(min_length=1, max_length=80)
    when: When = When()
    then: How
    reason: Reason | None = None

    @property
    def told(self) -> str | None:
        """The reason to tell: of an analysis none."""
        if self.then == "analyse":
            return None
        usual = (
            "ocr_only"
            if self.then == "ocr"
            else "channel_skipped"
            if self.when.channels
            else "policy_skipped"
        )
        return self.reason or usual


class VisionPolicy(PolicyPart):
    """Which files are looked at, and how. ``version`` is the operator's: another one has everything looked at anew."""

    version: str = "v1"
    image_types: tuple[Annotated[str, AfterValidator(_picture_type)], ...] = (
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/bmp",
        "image/webp",
        "image/gif",
    )
    max_image_mb: float = Field(default=15.0, gt=0)
    skip_small_images_kb: float = Field(default=0.0, ge=0)
    max_pixels: int = Field(default=50_000_000, gt=0)
    per_post_max_images: int | None = Field(default=None, ge=1)
    when_budget_is_spent: Literal["wait", "ocr"] = "wait"
    rules: tuple[Rule, ...] = ()

    @property
    def max_bytes(self) -> float:
        """The size above which a file is not looked at."""
        return self.max_image_mb * _MB

    @property
    def min_bytes(self) -> float:
        """The size below which a file is not looked at."""
        return self.skip_small_images_kb * _KB
