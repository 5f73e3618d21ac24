"""What GigaChat answered about pictures, as facts of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gigachat.models import ChatCompletion

from adapters.answers.pictures import SeenPicture, pictures_in
from adapters.gigachat.account import PROVIDER
from adapters.gigachat.preparing import Prepared
from adapters.model_names import model_name
from adapters.usage import counted_usage, shares
from contracts.asking import Usage
from contracts.errors import PipelineError, RefusedError, RejectedError, UnusableAnswerError
from contracts.vision import Ocr, PictureFacts

Result = PictureFacts | PipelineError


@dataclass(frozen=True)
class Said:
    """An answer, why it ended there, who truly gave it, and what it took."""

    text: str
    ending: str
    model: str
    usage: Usage


def said_in(completion: ChatCompletion) -> Said:
    """Return what the completion says. Raises IndexError where it says nothing at all."""
    choice, counted = completion.choices[0], completion.usage
    usage = counted_usage(counted.prompt_tokens, counted.completion_tokens, counted.precached_prompt_tokens)
    model = model_name(completion.model, "").replace("/", "_")  # a part of a key
    return Said(choice.message.content, choice.finish_reason or "", model, usage)


def results(said: Said, pictures: Sequence[Prepared], moment: datetime) -> tuple[Result, ...]:
    """Return what is said of each picture; each bears its share of the tokens."""
    if said.ending == "blacklist":
        return refused_together(
            RefusedError("GigaChat does not speak about this", "blacklist"), len(pictures)
        )
    seen = pictures_in(said.text, len(pictures), is_cut=said.ending == "length")
    parts = shares(said.usage.total_tokens, len(pictures))
    return tuple(
        _facts(one, said, picture, moment, part) if one else UnusableAnswerError(_NOTHING)
        for one, picture, part in zip(seen, pictures, parts, strict=True)
    )


def refused_together(error: RejectedError, count: int) -> tuple[Result, ...]:
    """Return the refusal of one picture; of several, for each that it is to be asked about alone."""
    if count == 1:
        return (error,)
    return tuple(UnusableAnswerError(f"asked about together with others: {error}") for _ in range(count))


def _facts(seen: SeenPicture, said: Said, picture: Prepared, moment: datetime, tokens: int) -> PictureFacts:
    return PictureFacts(
        provider=PROVIDER,
        model=said.model,
        analyzed_at=moment,
        classification=seen.classification,
        description=seen.description,
        is_meme=seen.is_meme or seen.classification == "meme",
        labels=seen.labels,
        objects=seen.objects,
        scene=seen.scene,
        ocr=Ocr(text=seen.ocr, engine=PROVIDER) if seen.ocr else None,
        dominant_colors=picture.colours,
        width=picture.width,
        height=picture.height,
        tokens_used=tokens,
    )


_NOTHING: Final = "what GigaChat said of the picture cannot be used"
