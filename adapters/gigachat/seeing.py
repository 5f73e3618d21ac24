"""Looking at pictures by GigaChat: up to ten of them in one request."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from gigachat.exceptions import BadRequestError
from gigachat.models import Chat, JsonSchemaResponseFormat, Messages, MessagesRole

from adapters.answers.reading import read
from adapters.answers.schemas import PICTURES
from adapters.gigachat.account import PROVIDER, Account
from adapters.gigachat.facts import Result, refused_together, results, said_in
from adapters.gigachat.files import uploaded
from adapters.gigachat.preparing import Prepared, Preparing
from adapters.manners import Manners
from adapters.prompts import Prompt, load_prompt
from adapters.tokens import PER_MESSAGE, tokens
from contracts.asking import Usage
from contracts.errors import RefusedError, RejectedError
from contracts.sight import RawPicture, Sight
from contracts.spending import Estimate

PROMPT: Final = "vision.v1"
#: Tokens that a picture of at most 1024 pixels a side takes, as they were counted in a system before this one.
PER_PICTURE: Final = 1_792
#: Tokens of the answer about one picture: a description, a few words, and the text that stands in it.
MAX_OUTPUT: Final = 512
#: Seconds for ten uploads and the question. Letting the files go has its own: it takes nothing from an answer.
LONGEST: Final = 65.0
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
        self._preparing = Preparing(max_pixels)
        self._manners = Manners(account.service.name, (_FORMAT, None), BadRequestError)

    def estimate(self, body: bytes) -> Estimate:  # noqa: ARG002  whatever it is, it becomes a small JPEG
        """Return what looking at one picture alone takes at most; together with others it takes less."""
        asked = tokens(self._prompt.text) + PER_PICTURE + 3 * PER_MESSAGE
        return Estimate(input_tokens=asked, output_tokens=MAX_OUTPUT)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return a place among those who ask at a time. Raises BusyError where none becomes free soon."""
        return self._account.place()

    async def see(self, pictures: Sequence[RawPicture]) -> Sight:
        """Return what GigaChat says of each of at most ``most`` pictures, or why nothing.

        What is wrong with one picture alone is that picture's result. What GigaChat refuses of several together is
        the result of each of them, as an error that may be tried again: nobody knows which of them it was about.

        Raises:
            PipelineError: it cannot be asked now, or not like this.
        """
        prepared = [await self._preparing.prepared(picture) for picture in pictures]
        ready = [picture for picture in prepared if isinstance(picture, Prepared)]
        seen = await self._look_or_part(ready) if ready else _NOTHING_ASKED
        return Sight(_woven(prepared, seen.results), seen.usage, seen.model or self.model)

    async def _look_or_part(self, pictures: Sequence[Prepared]) -> Sight:
        """Look at them; a refusal of several is one of none, they are to be asked about one by one."""
        try:
            return await self._look(pictures)
        except RejectedError as error:
            if len(pictures) == 1 and not isinstance(error, RefusedError):
                raise
            return replace(_NOTHING_ASKED, results=refused_together(error, len(pictures)))

    async def _look(self, pictures: Sequence[Prepared]) -> Sight:
        async with AsyncExitStack() as until_answered, self._account.asking(LONGEST) as sdk:
            files = await until_answered.enter_async_context(uploaded(sdk, pictures))
            ids = [file for file in files if isinstance(file, str)]
            if not ids:
                return replace(_NOTHING_ASKED, results=_woven(files, ()))
            said = said_in(await self._manners.ask(lambda wish: sdk.achat(self._question(ids, wish))))
        taken = [picture for picture, file in zip(pictures, files, strict=True) if isinstance(file, str)]
        seen = await read(partial(results, said, taken, self._clock()), said.usage)
        return Sight(_woven(files, seen), said.usage, said.model)

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


_NOTHING_ASKED: Final = Sight((), Usage(), "")


def _woven(parts: Sequence[Prepared | str | RefusedError], results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the results in the places of the parts that were asked about; a refused one is its own result."""
    looks = iter(results)
    return tuple(part if isinstance(part, RefusedError) else next(looks) for part in parts)
