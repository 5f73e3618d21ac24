"""What a search may be asked, and what it says of a question that it cannot use."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from contracts.errors import RejectedError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SAY_WHAT: Final = "say what to look for"
_PLAIN: Final = {
    "int_parsing": "write a whole number",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "string_too_long": "at most {max_length} characters",
    "bool_parsing": "write 1 or 0",
}


class Question(BaseModel):
    """What is asked. ``tenant`` is a name or an id; ``channel`` an id, a username or a Telegram id."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(max_length=2000)
    tenant: str | None = None
    channel: str | None = None
    tag: str | None = None
    since: AwareDatetime | None = None
    limit: int = Field(default=10, ge=1, le=100)
    related: bool = False

    @classmethod
    def read(cls, words: Mapping[str, Any]) -> Self:
        """Return the question that ``words`` ask.

        Raises:
            RejectedError: some cannot be used; one sentence.
        """
        try:
            return cls.model_validate(words)
        except ValidationError as error:
            mistakes = "; ".join(_said(detail) for detail in error.errors())
            raise RejectedError(f"the search cannot be used: {mistakes}") from error

    @field_validator("text")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not any(character.isalnum() for character in value):
            raise ValueError(_SAY_WHAT)
        return value.strip()

    @field_validator("tag")
    @classmethod
    def _without_its_sign(cls, value: str | None) -> str | None:
        return (value or "").strip().removeprefix("#") or None

    @field_validator("since", mode="before")
    @classmethod
    def _a_day_is_a_moment(cls, value: Any) -> Any:
        """2026-03-01 means its beginning, in UTC; so does a moment without a zone."""
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value)
            except ValueError as error:
                raise ValueError("write a day as 2026-03-01") from error
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return value


def _said(detail: "ErrorDetails") -> str:
    """Return what is wrong with one of the words, in words of ours."""
    name = ".".join(map(str, detail["loc"]))
    if detail["type"] == "missing":
        return f"{name}: {_SAY_WHAT}"
    if pattern := _PLAIN.get(detail["type"]):
        return f"{name}: {pattern.format(**detail.get('ctx', {}))}"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{name}: {message[:1].lower()}{message[1:]}"
