"""The fake's chat: an answer, what it takes, and how either version writes it down."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from tests.servers.gigachat.answers import answer_to, counted, instance
from tests.servers.gigachat.faults import Fault, spoiled
from tests.servers.gigachat.questions import Question
from tests.servers.gigachat.state import MODELS, State

#: Tokens of each message's own borders, and of a picture.
_BORDERS: Final = 9
_PER_PICTURE: Final = 1_500


@dataclass(frozen=True)
class Answer:
    """What is answered: a text, or a call of the function that had to be called."""

    model: str
    text: str
    ending: str
    function: str | None
    arguments: dict[str, Any]
    knows_functions: bool
    asked: int
    answered: int
    cached: int


def answer(state: State, question: Question, session: str | None, fault: Fault | None) -> Answer:
    """Answer, spoiled where a fault says so, and put it on the bill."""
    text = answer_to(question.text, question.schema, question.pictures)
    text, ending = spoiled(fault.how, text, fault.content) if fault else (text, "stop")
    if not fault and question.max_tokens and counted(text) > question.max_tokens:
        text, ending = text[: question.max_tokens * 3], "length"
    asked = counted(question.system + question.text) + _BORDERS + _PER_PICTURE * len(question.pictures)
    cached = counted(question.system) if session in state.sessions and question.system else 2
    if session:
        state.sessions.add(session)
    answered = min(counted(text), question.max_tokens or 10_000)
    state.bill(asked, answered, cached)
    state.looks.update(hashlib.sha256(file.body).hexdigest() for file in question.pictures)
    if fault and fault.how == "uncounted":
        asked = answered = cached = 0
    ending = "function_call" if question.function and ending == "stop" else ending
    arguments = instance(question.parameters) if question.function else {}
    return Answer(
        MODELS[question.model][1], text, ending, question.function, arguments, question.knows_functions,
        asked, answered, cached,
    )  # fmt: skip


def written_v1(answer: Answer) -> dict[str, Any]:
    """Return the body of an answer of version 1."""
    message: dict[str, Any] = {"content": answer.text, "role": "assistant"}
    if answer.function:
        message |= {
            "content": "", "function_call": {"name": answer.function, "arguments": answer.arguments},
            "functions_state_id": str(uuid4()),
        }  # fmt: skip
    return {
        "choices": [{"message": message, "index": 0, "finish_reason": answer.ending}],
        "created": int(time.time()),
        "model": answer.model,
        "object": "chat.completions" if "Ultra" in answer.model else "chat.completion",
        "usage": _usage_v1(answer),
    }


def written_v2(answer: Answer) -> dict[str, Any]:
    """Return the body of an answer of version 2."""
    message: dict[str, Any] = {"role": "assistant", "content": [{"text": answer.text}]}
    if answer.knows_functions:
        message["tool_state_id"] = str(uuid4())
    if answer.function:
        message["content"] = [{"function_call": {"name": answer.function, "arguments": answer.arguments}}]
    return {
        "model": answer.model,
        "created_at": int(time.time()),
        "messages": [message],
        "finish_reason": answer.ending,
        "usage": {
            "input_tokens": answer.asked,
            "input_tokens_details": {"prompt_tokens": answer.asked, "cached_tokens": answer.cached},
            "output_tokens": answer.answered,
            "total_tokens": answer.asked + answer.answered,
        },
    }


def streamed_v1(answer: Answer) -> Iterator[str]:
    """Yield the events of an answer that is streamed: its words, then why it ended, then that it did."""
    frame = {"created": int(time.time()), "model": answer.model, "object": "chat.completion"}
    for place, word in enumerate(answer.text.split(" ")):
        delta = {"content": f"{' ' if place else ''}{word}", **({} if place else {"role": "assistant"})}
        yield _event({"choices": [{"delta": delta, "index": 0}], **frame})
    last = {"delta": {"content": ""}, "index": 0, "finish_reason": answer.ending}
    yield _event({"choices": [last], **frame, "usage": _usage_v1(answer)})
    yield "data: [DONE]\n\n"


def _usage_v1(answer: Answer) -> dict[str, int]:
    return {
        "prompt_tokens": answer.asked,
        "completion_tokens": answer.answered,
        "total_tokens": answer.asked + answer.answered,
        "precached_prompt_tokens": answer.cached,
    }


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
