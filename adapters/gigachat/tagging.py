"""Tags by GigaChat, asked through GigaChain (``langchain-gigachat``)."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import cached_property, partial
from typing import Any, Final
from uuid import UUID, uuid5

import langchain_gigachat
from gigachat import GigaChat
from gigachat.context import session_id_cvar
from gigachat.exceptions import BadRequestError
from gigachat.models import JsonSchemaResponseFormat
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langsmith import tracing_context

from adapters.answers.reading import read
from adapters.answers.schemas import TAGS
from adapters.answers.tags import tags_in
from adapters.gigachat.account import PROVIDER, Account
from adapters.manners import Manners
from adapters.model_names import model_name
from adapters.prompts import Prompt
from adapters.tag_question import MAX_OUTPUT, TagQuestion
from adapters.usage import counted_usage, usage_or_estimate
from contracts.asking import TagAnswer, Usage
from contracts.errors import RefusedError
from contracts.spending import Estimate

#: Another one whenever the same prompt is asked in another way.
_VERSION: Final = "1"


class _SharedGigaChat(langchain_gigachat.GigaChat):
    """GigaChain's model over a client that others use too: one token and one set of connections."""

    shared: GigaChat

    @cached_property
    def _client(self) -> GigaChat:
        return self.shared


class GigaChatTagger:
    """Proposes tags by one request; knows nothing of money, brakes and repeats."""

    provider = PROVIDER

    def __init__(self, account: Account, model: str, prompt: Prompt | None = None) -> None:
        self._account, self._question = account, TagQuestion(prompt)
        self.model, self.version = model, f"{self._question.version}-{_VERSION}"
        asked: dict[str, Any] = {"model": model, "temperature": 0.1, "max_tokens": MAX_OUTPUT}
        chain = _SharedGigaChat(shared=account.sdk)
        # What `with_structured_output(method="json_schema")` binds, without its parser: that one takes its time
        # with a long broken answer, and gives up where ours goes on.
        strict = chain.bind(response_format=JsonSchemaResponseFormat(schema=TAGS, strict=True), **asked)
        self._manners = Manners(account.service.name, (strict, chain.bind(**asked)), BadRequestError)

    def estimate(self, text: str) -> Estimate:
        """Return what asking for the tags of ``text`` takes at most."""
        return self._question.estimate(text)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return a place among those who ask at a time. Raises BusyError where none becomes free soon."""
        return self._account.place()

    async def propose(self, text: str, tenant_id: UUID) -> TagAnswer:
        """Return the tags that GigaChat proposes for ``text``, best first.

        Raises:
            RefusedError: it does not speak about such things (``blacklist``), or the text is too long for it.
            UnusableAnswerError: what it answered are no tags.
            PipelineError: it cannot be asked now, or not like this.
        """
        rules, data = self._question.messages(text)
        asked: list[BaseMessage] = [SystemMessage(rules), HumanMessage(data)]
        async with self._account.asking(self._account.timeout):
            with _nobody_else_told(), _session(uuid5(tenant_id, self.version)):
                said = await self._manners.ask(lambda chain: chain.ainvoke(asked))
        return await self._answer(said, self.estimate(text))

    async def _answer(self, said: AIMessage, estimate: Estimate) -> TagAnswer:
        usage = usage_or_estimate(_usage(said), estimate)
        if said.response_metadata.get("finish_reason") == "blacklist":
            raise RefusedError("GigaChat does not speak about this", "blacklist", usage)
        tags = await read(partial(tags_in, said.text, usage), usage)
        model = model_name(said.response_metadata.get("model_name"), self.model)
        return TagAnswer(tags=tags, provider=PROVIDER, model=model, usage=usage)


def _usage(said: AIMessage) -> Usage:
    counted = said.usage_metadata
    if counted is None:
        return Usage()
    cached = counted.get("input_token_details", {}).get("cache_read", 0)
    return counted_usage(counted["input_tokens"], counted["output_tokens"], cached)


@contextmanager
def _nobody_else_told() -> Iterator[None]:
    """GigaChain would send every post to LangSmith where its variables are set in the environment."""
    with tracing_context(enabled=False):
        yield


@contextmanager
def _session(id: UUID) -> Iterator[None]:
    """Requests of one session share what GigaChat has read already: here the prompt, within one tenant."""
    token = session_id_cvar.set(str(id))
    try:
        yield
    finally:
        session_id_cvar.reset(token)
