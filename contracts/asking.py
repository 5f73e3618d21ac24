"""What is asked of a provider: for whom, what it answered, and what that took."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.post import Frozen
from contracts.stages import Stage


class Asker(Frozen):
    """For whom a provider is asked: the tenant who pays, and the post or the file that it is about.

    ``attempt`` counts from 1, ``since`` is when the first was asked for: what came of them is in the ledger.
    ``can_wait`` is False for a person who waits for the answer: it is counted, and no budget refuses it.
    """

    tenant_id: UUID
    stage: Stage
    post_id: UUID | None = None
    sha256: str | None = None
    attempt: int = Field(default=1, ge=1)
    since: AwareDatetime | None = None
    can_wait: bool = True


class Usage(Frozen):
    """The tokens of one answer, as the provider counted them; ``cached_tokens`` are a part of ``input_tokens``.

    ``is_estimate``: it did not count them; these are the most that it may have taken.
    """

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    is_estimate: bool = False

    @property
    def total_tokens(self) -> int:
        """What a budget in tokens counts."""
        return self.input_tokens + self.output_tokens


class TagAnswer(Frozen):
    """Tags, best first, and who truly proposed them: ``model`` is what the provider says of itself."""

    tags: tuple[str, ...]
    provider: str
    model: str
    usage: Usage = Usage()
