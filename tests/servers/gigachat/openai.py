"""Chat as OpenAI and those after it speak it, over the same answers."""

import time
from typing import Any
from uuid import uuid4

from tests.servers.gigachat.answers import answer_to, counted
from tests.servers.gigachat.faults import Fault, spoiled
from tests.servers.gigachat.questions import RefusalError
from tests.servers.gigachat.state import State

ENDINGS = {"blacklist": "content_filter"}


def completion(state: State, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """Return an answer and put it on the bill.

    Raises:
        RefusalError: there is no such model, or ``response_format`` has another form.
    """
    form = body.get("response_format")
    schema = _schema(form) if form else None
    asked = "\n".join(message["content"] for message in body["messages"])
    text = answer_to(body["messages"][-1]["content"], schema, ())
    text, ending = spoiled(fault.how, text, fault.content) if fault else (text, "stop")
    state.bill(counted(asked), counted(text))
    counts = {
        "prompt_tokens": counted(asked),
        "completion_tokens": counted(text),
        "total_tokens": counted(asked) + counted(text),
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": f"{body['model']}-2026-01-01",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": None,
                "finish_reason": ENDINGS.get(ending, ending),
            }
        ],
        **({} if fault and fault.how == "uncounted" else {"usage": counts}),
    }


def _schema(form: dict[str, Any]) -> dict[str, Any]:
    inner = form.get("json_schema")
    if form.get("type") != "json_schema" or not inner or not inner.get("name"):
        raise RefusalError(400, "Invalid parameter: response_format")
    schema: dict[str, Any] = inner["schema"]
    return schema
