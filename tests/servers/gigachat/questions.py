"""What is asked of the fake's chat, in either version, and what it refuses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.servers.gigachat.state import MODELS, State, StoredFile

_SEEING: Final = ("Pro", "Max", "Ultra")
_MOST_PICTURES: Final = 10
_MOST_CHARACTERS: Final = 120_000


class RefusalError(Exception):
    """The service does not do it: a status, and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Question:
    """A request of either version in one form. ``function``: the one that has to be called, and what it takes."""

    model: str
    system: str
    text: str
    pictures: tuple[StoredFile, ...]
    schema: dict[str, Any] | None
    function: str | None
    parameters: dict[str, Any]
    knows_functions: bool
    max_tokens: int | None


def question_v1(state: State, body: dict[str, Any]) -> Question:
    """Read a request of ``/v1/chat/completions``.

    Raises:
        RefusalError: it is not done.
    """
    said = [
        (message["role"], message.get("content") or "", message.get("attachments") or [])
        for message in _messages(body)
    ]
    called, functions = body.get("function_call"), body.get("functions") or []
    function = called["name"] if isinstance(called, dict) else None
    return Question(
        model=_model(body, "chat"),
        system=_joined(said, {"system"}),
        text=_joined(said, {"user", "assistant", "function"}),
        pictures=_pictures(state, body, [ids for _, _, ids in said]),
        schema=_schema(body.get("response_format")),
        function=function,
        parameters=_parameters(functions, function),
        knows_functions=bool(functions),
        max_tokens=body.get("max_tokens"),
    )


def question_v2(state: State, body: dict[str, Any]) -> Question:
    """Read a request of ``/v2/chat/completions``.

    Raises:
        RefusalError: it is not done.
    """
    said = [
        (message["role"], " ".join(_texts(message)), [file["id"] for file in _files(message)])
        for message in _messages(body)
    ]
    options, forced = body.get("model_options") or {}, body.get("tool_config") or {}
    function = forced.get("function_name") if forced.get("mode") == "forced" else None
    functions = [one for tool in body.get("tools") or [] for one in tool["functions"]["specifications"]]
    return Question(
        model=_model(body, "chat"),
        system=_joined(said, {"system"}),
        text=_joined(said, {"user", "assistant", "tool"}),
        pictures=_pictures(state, body, [ids for _, _, ids in said]),
        schema=_schema(options.get("response_format")),
        function=function,
        parameters=_parameters(functions, function),
        knows_functions=bool(functions),
        max_tokens=options.get("max_tokens"),
    )


def _parameters(functions: Sequence[dict[str, Any]], name: str | None) -> dict[str, Any]:
    """Return what the function takes, as JSON Schema. Raises RefusalError where nobody told of it."""
    if name is None:
        return {}
    found = next((one for one in functions if one["name"] == name), None)
    if found is None:
        raise RefusalError(400, f"Invalid params: no function {name}")
    parameters: dict[str, Any] = found["parameters"]
    return parameters


def _texts(message: dict[str, Any]) -> Iterator[str]:
    content = message.get("content") or ""
    if isinstance(content, str):
        yield content
        return
    yield from (part["text"] for part in content if "text" in part)


def _files(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    content = message.get("content")
    for part in content if isinstance(content, list) else []:
        yield from part.get("files") or []


def _messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RefusalError(400, "Invalid params: messages is required")
    return messages


def _joined(said: Sequence[tuple[str, str, list[str]]], roles: set[str]) -> str:
    return "\n".join(text for role, text, _ in said if role in roles)


def _model(body: dict[str, Any], kind: str) -> str:
    name = body.get("model")
    if not isinstance(name, str) or MODELS.get(name, ("",))[0] != kind:
        raise RefusalError(404, "No such model")
    return name


def _schema(form: dict[str, Any] | None) -> dict[str, Any] | None:
    if not form:
        return None
    if form.get("type") != "json_schema" or not isinstance(form.get("schema"), dict):
        raise RefusalError(400, "Invalid params: response_format")
    schema: dict[str, Any] = form["schema"]
    return schema


def _pictures(state: State, body: dict[str, Any], attached: Sequence[list[str]]) -> tuple[StoredFile, ...]:
    ids = [id for message in attached for id in message]
    if any(len(message) > 1 for message in attached) or len(ids) > _MOST_PICTURES:
        raise RefusalError(400, "Invalid params: one image per message, at most 10 images per request")
    if ids and not any(name in str(body.get("model")) for name in _SEEING):
        raise RefusalError(400, "Invalid params: the model does not process images")
    if missing := [id for id in ids if id not in state.files]:
        raise RefusalError(404, f"No such file: {missing[0]}")
    if len(str(body.get("messages"))) > _MOST_CHARACTERS:
        raise RefusalError(422, "Request entity is too long: tokens exceed the limit of the model")
    return tuple(state.files[id] for id in ids)
