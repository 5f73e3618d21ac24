"""How a request to a provider ended: what becomes of its shares, and what that says of the provider."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from contracts.errors import (
    BusyError,
    PipelineError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnansweredError,
    UnavailableError,
    UnusableAnswerError,
)
from contracts.spending import CallsEnded, Ending, RequestEnded, Share, ShareState, Verdict
from domain.spending import Portion

#: Errors are kept up to this length: some have a whole answer in them.
LONGEST_ERROR: Final = 500
#: What is said of a share whose answer came without a count of tokens.
NOT_COUNTED: Final = "the provider did not count: settled with the estimate"
#: The classes with which errors in the ledger begin: of an answer of no use; of everything that came to nothing.
USELESS: Final = UnusableAnswerError.__name__
FAILED: Final = tuple(
    kind.__name__
    for kind in (UnavailableError, UnansweredError, UnusableAnswerError, RejectedError, RefusedError)
)


def answered(
    id: UUID,
    shares: Sequence[Share],
    portions: Sequence[Portion],
    model_answered: str,
    errors: Sequence[PipelineError | None] = (),
) -> RequestEnded:
    """Return the end of a request that was answered: each share is settled with its portion.

    ``errors``, one for each share where there are any: what single ones got for an answer.
    """
    sentences = [_sentence(error) if error else None for error in errors]
    endings = _settled(shares, portions, sentences or [None] * len(shares))
    return _ended(id, shares, endings, verdict=Verdict.ANSWERED, model_answered=model_answered)


def failed(
    id: UUID, shares: Sequence[Share], portions: Sequence[Portion], error: BaseException
) -> RequestEnded:
    """Return the end of a request that failed.

    Settled where the provider counted something all the same (``portions``), released where it cannot have billed,
    lost where nobody knows: no answer came, or the call was broken off by a cancellation or by a mistake of ours.
    """
    if portions:
        endings = _settled(shares, portions, [_sentence(error)] * len(shares))
    else:
        endings = _all(shares, ShareState.LOST if _may_have_cost(error) else ShareState.RELEASED)
    return _ended(
        id, shares, endings, verdict=_verdict(error), error=_sentence(error), wait=_told_wait(error),
        needs_human=isinstance(error, PipelineError) and error.goes_on_at is None,
    )  # fmt: skip


def given_back(shares: Sequence[Share], why: str) -> RequestEnded:
    """Return the end of shares whose request was never sent."""
    return _ended(None, shares, _all(shares, ShareState.RELEASED), error=why)


def told(ended: RequestEnded) -> CallsEnded:
    """Return what those who count calls are told of it."""
    return CallsEnded(
        provider=ended.provider,
        stage=ended.stage,
        outcome=ended.endings[0].state,
        calls=len(ended.endings),
        input_tokens=sum(ending.usage.input_tokens for ending in ended.endings),
        output_tokens=sum(ending.usage.output_tokens for ending in ended.endings),
        cost_microunits=sum(ending.cost_microunits for ending in ended.endings),
    )


def _ended(
    id: UUID | None,
    shares: Sequence[Share],
    endings: tuple[Ending, ...],
    **said: str | timedelta | bool | None,
) -> RequestEnded:
    first = shares[0].wish
    probe = next((share.id for share in shares if share.is_probe), None)
    return RequestEnded.model_validate(
        {
            "id": id,
            "provider": first.provider,
            "stage": first.asker.stage,
            "endings": endings,
            "probe": probe,
            **said,
        }
    )


def _settled(
    shares: Sequence[Share], portions: Sequence[Portion], errors: Sequence[str | None]
) -> tuple[Ending, ...]:
    return tuple(
        Ending(
            share_id=share.id,
            state=ShareState.SETTLED,
            usage=usage,
            cost_microunits=cost,
            error="; ".join(filter(None, (error, NOT_COUNTED if usage.is_estimate else None))) or None,
        )
        for share, (usage, cost), error in zip(shares, portions, errors, strict=True)
    )


def _all(shares: Sequence[Share], state: ShareState) -> tuple[Ending, ...]:
    return tuple(Ending(share_id=share.id, state=state) for share in shares)


def _may_have_cost(error: BaseException) -> bool:
    return error.may_have_cost if isinstance(error, PipelineError) else True


def _verdict(error: BaseException) -> Verdict:
    """A provider that makes us wait, or counts what it answered, is there; that it does what it should is not said."""
    if not isinstance(error, UnavailableError) or isinstance(error, RateLimitedError | BusyError):
        return Verdict.NEITHER
    return Verdict.FAILED if error.usage is None else Verdict.NEITHER


def _told_wait(error: BaseException) -> timedelta:
    return error.retry_after or timedelta() if isinstance(error, PipelineError) else timedelta()


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")[:LONGEST_ERROR]
