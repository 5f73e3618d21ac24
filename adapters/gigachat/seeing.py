"""Looking at pictures by GigaChat: up to ten of them in one request."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from gigachat.exceptions import BadRequestError
from gigachat.models import Chat, JsonSchemaResponseFormat, Messages, MessagesRole

from adapters.answers.reading import read
from adapters.answers.schemas import PICTURES
from adapters.gigachat.account import GRACE, PROVIDER, Account
from adapters.gigachat.facts import results, said_in
from adapters.gigachat.files import LETTING_GO, SENDING, SWEEPING, Files
from adapters.gigachat.preparing import Prepared, Preparing
from adapters.manners import Manners
from adapters.prompts import Prompt, load_prompt
from adapters.tokens import PER_MESSAGE, tokens
from adapters.usage import usage_or_estimate
from contracts.asking import Usage
from contracts.errors import RefusedError
from contracts.sight import RawPicture, Sight
from contracts.spending import Estimate

PROMPT: Final = "vision.v1"
#: Tokens that a picture of at most 1024 pixels a side takes, as they were counted in a system before this one.
PER_PICTURE: Final = 1_792
#: Tokens of the answer about one picture: a description, a few words, and the text that stands in it.
MAX_OUTPUT: Final = 512
#: Seconds in all: a sweep, ten uploads, the question with the longest time-out that the settings allow, ten deletions.
LONGEST: Final = SWEEPING + SENDING + 30.0 + GRACE + LETTING_GO
_VERSION: Final = "1"
_FORMAT: Final = JsonSchemaResponseFormat(schema=PICTURES, strict=True)


def _now() -> datetime:
    return datetime.now(UTC)


class GigaChatSight:
    """Looks at several pictures by one request; knows nothing of money, brakes and repeats."""

    provider = PROVIDER
    most = 10

    def __init__(
        self,
        account: Account,
        model: str,
        max_pixels: int,
        prompt: Prompt | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._account, self._prompt, self._clock = account, prompt or load_prompt(PROMPT), clock
        self.model, self.version = model, f"{self._prompt.version}-{_VERSION}"
        self._preparing, self._files = Preparing(max_pixels), Files(account)
        self._manners = Manners(account.service.name, (_FORMAT, None), BadRequestError)

    def estimate(self, body: bytes) -> Estimate:  # noqa: ARG002  whatever it is, it becomes a small JPEG
        """Return what looking at one picture alone takes at most; together with others it takes less."""
        return self._estimate(1)

    def _estimate(self, pictures: int) -> Estimate:
        asked = tokens(self._prompt.text) + PER_PICTURE + 3 * PER_MESSAGE
        return Estimate(input_tokens=asked * pictures, output_tokens=MAX_OUTPUT * pictures)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return a place among those who ask at a time. Raises BusyError where none becomes free soon."""
        return self._account.place()

    async def see(self, pictures: Sequence[RawPicture]) -> Sight:
        """Return what GigaChat says of each of at most ``most`` pictures, or why nothing.

        What is wrong with one picture alone is that picture's result. What GigaChat refuses is raised; of several
        together, nobody knows which of them it was about.

        Raises:
            PipelineError: it cannot be asked now, or not like this.
        """
        prepared = [await self._preparing.prepared(picture) for picture in pictures]
        ready = [picture for picture in prepared if isinstance(picture, Prepared)]
        return _among(prepared, await self._look(ready) if ready else self._nobody_asked)

    @property
    def _nobody_asked(self) -> Sight:
        return Sight((), Usage(), self.model)

    async def _look(self, pictures: Sequence[Prepared]) -> Sight:
        async with self._files.uploaded(pictures) as files:
            ids = [file for file in files if isinstance(file, str)]
            if not ids:
                return _among(files, self._nobody_asked)
            async with self._account.asking(self._account.timeout) as sdk:
                said = said_in(await self._manners.ask(lambda wish: sdk.achat(self._question(ids, wish))))
        said = replace(said, usage=usage_or_estimate(said.usage, self._estimate(len(ids))))
        taken = [picture for picture, file in zip(pictures, files, strict=True) if isinstance(file, str)]
        seen = await read(partial(results, said, taken, self._clock()), said.usage)
        return _among(files, Sight(seen, said.usage, said.model))

    def _question(self, ids: Sequence[str], wish: JsonSchemaResponseFormat | None) -> Chat:
        """Return the request: the rules, then one message for each picture, which is as many as one may hold."""
        shown = [
            Messages(role=MessagesRole.USER, content=f"Картинка {number} из {len(ids)}.", attachments=[id])
            for number, id in enumerate(ids, 1)
        ]
        return Chat(
            model=self.model,
            messages=[Messages(role=MessagesRole.SYSTEM, content=self._prompt.text), *shown],
            temperature=0.1,
            max_tokens=MAX_OUTPUT * len(ids),
            response_format=wish,
        )


def _among(parts: Sequence[Prepared | str | RefusedError], seen: Sight) -> Sight:
    """Return what was seen as that of all ``parts``; one that was refused before is its own result, and unasked."""
    asked = [place for place, part in enumerate(parts) if not isinstance(part, RefusedError)]
    looks = dict(zip(asked, seen.results, strict=True))
    every = tuple(
        part if isinstance(part, RefusedError) else looks[place] for place, part in enumerate(parts)
    )
    unasked = set(range(len(parts))) - set(asked) | {asked[place] for place in seen.unasked}
    return replace(seen, results=every, unasked=frozenset(unasked))
