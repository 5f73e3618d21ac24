"""Tags by any model behind an OpenAI-compatible address."""

from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Final
from uuid import UUID

from adapters.answers.reading import read
from adapters.answers.schemas import TAGS
from adapters.answers.tags import tags_in
from adapters.manners import Manners
from adapters.model_names import model_name
from adapters.openai_compatible.chat import ChatService, Completion, NotTakenError
from adapters.prompts import Prompt
from adapters.tag_question import MAX_OUTPUT, TagQuestion
from adapters.usage import counted_usage, usage_or_estimate
from contracts.asking import TagAnswer, Usage
from contracts.errors import RefusedError
from contracts.spending import Estimate

PROVIDER: Final = "openai"
_VERSION: Final = "1"
_SCHEMA: Final = {"type": "json_schema", "json_schema": {"name": "tags", "schema": TAGS, "strict": True}}
#: As it should be; for services without structured answers; for models that want their limit by another name.
_MANNERS: Final[tuple[dict[str, Any], ...]] = (
    {"response_format": _SCHEMA, "temperature": 0.1, "max_tokens": MAX_OUTPUT},
    {"temperature": 0.1, "max_tokens": MAX_OUTPUT},
    {"max_completion_tokens": MAX_OUTPUT},
)


class OpenAITagger:
    """Proposes tags by one request, two where the service refuses the first one's form.

    ``provider`` is the name of the service, under which it is told of, paid and braked.
    """

    def __init__(
        self, service: ChatService, model: str, prompt: Prompt | None = None, provider: str = PROVIDER
    ) -> None:
        self.provider = provider
        self._service, self._question = service, TagQuestion(prompt)
        self.model, self.version = model, f"{self._question.version}-{_VERSION}"
        self._manners = Manners(provider, _MANNERS, NotTakenError)

    def estimate(self, text: str) -> Estimate:
        """Return what asking for the tags of ``text`` takes at most."""
        return self._question.estimate(text)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return a place among those who ask at a time. Raises BusyError where none becomes free soon."""
        return self._service.place()

    async def propose(self, text: str, tenant_id: UUID) -> TagAnswer:  # noqa: ARG002  nothing is shared there
        """Return the tags that the model proposes for ``text``, best first.

        Raises:
            RefusedError: it will not speak about this, or the text is too long for it.
            UnusableAnswerError: what it answered are no tags.
            PipelineError: it cannot be asked now, or not like this.
        """
        rules, data = self._question.messages(text)
        asked = [{"role": "system", "content": rules}, {"role": "user", "content": data}]
        body = {"model": self.model, "messages": asked}
        try:
            said = await self._manners.ask(lambda manner: self._service.complete({**body, **manner}))
        except NotTakenError as error:
            raise error.ours from error
        return await self._answer(said, self.estimate(text))

    async def _answer(self, said: Completion, estimate: Estimate) -> TagAnswer:
        usage = usage_or_estimate(_usage(said), estimate)
        choice = said.choices[0] if said.choices else None
        if choice and (choice.finish_reason == "content_filter" or choice.message.refusal):
            raise RefusedError("the model does not speak about this", "blacklist", usage)
        content = (choice.message.content if choice else None) or ""
        tags = await read(partial(tags_in, content, usage), usage)
        model = model_name(said.model, self.model)
        return TagAnswer(tags=tags, provider=self.provider, model=model, usage=usage)


def _usage(said: Completion) -> Usage:
    if said.usage is None:
        return Usage()
    details = said.usage.prompt_tokens_details
    return counted_usage(
        said.usage.prompt_tokens, said.usage.completion_tokens, details.cached_tokens if details else 0
    )
