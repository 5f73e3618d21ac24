"""The fake GigaChat as an application: what it serves where, and who may ask."""

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.servers.gigachat import chat, files
from tests.servers.gigachat.around import Around
from tests.servers.gigachat.faults import read_fault
from tests.servers.gigachat.openai import completion
from tests.servers.gigachat.questions import RefusalError, question_v1, question_v2
from tests.servers.gigachat.state import State, StoredFile


def application(state: State) -> Around:
    """Return the service of one account, with ``/_fake/…`` for looking at what it did and telling it to fail."""
    service = Service(state)
    routes = [
        Route("/api/v2/oauth", service.authorize, methods=["POST"]),
        Route("/api/v1/models", service.models),
        Route("/api/v1/models/{id}", service.model),
        Route("/api/v1/chat/completions", service.chat_v1, methods=["POST"]),
        Route("/api/v2/chat/completions", service.chat_v2, methods=["POST"]),
        Route("/api/v1/embeddings", service.embeddings, methods=["POST"]),
        Route("/api/v1/tokens/count", service.token_counts, methods=["POST"]),
        Route("/api/v1/files", service.files, methods=["GET", "POST"]),
        Route("/api/v1/files/{id}", service.file),
        Route("/api/v1/files/{id}/content", service.content),
        Route("/api/v1/files/{id}/delete", service.delete, methods=["POST"]),
        Route("/openai/v1/chat/completions", service.openai, methods=["POST"]),
        Route("/_fake/ledger", service.ledger),
        Route("/_fake/faults", service.faults, methods=["POST", "DELETE"]),
    ]
    refusals: dict[Any, Any] = {RefusalError: _refused, 404: _not_found}
    return Around(Starlette(routes=routes, exception_handlers=refusals), state)


async def _refused(request: Request, error: RefusalError) -> Response:
    return JSONResponse({"status": error.status, "message": error.message}, error.status)


async def _not_found(request: Request, error: Exception) -> Response:
    return JSONResponse({"status": 404, "message": "Not found"}, 404)


class Service:
    """The handlers; who asks has been looked at before."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def authorize(self, request: Request) -> Response:
        token, end = self._state.new_token()
        if self._state.form == "tok":
            return JSONResponse({"tok": token, "exp": int(end)})
        return JSONResponse({"access_token": token, "expires_at": int(end * 1000)})

    async def models(self, request: Request) -> Response:
        return JSONResponse(files.models())

    async def model(self, request: Request) -> Response:
        found = [model for model in files.models()["data"] if model["id"] == request.path_params["id"]]
        if not found:
            raise RefusalError(404, "No such model")
        return JSONResponse(found[0])

    async def chat_v1(self, request: Request) -> Response:
        body = await request.json()
        question = question_v1(self._state, body)
        answered = chat.answer(self._state, question, _session(request), request.state.fault)
        if body.get("stream"):
            return StreamingResponse(chat.streamed_v1(answered), media_type="text/event-stream")
        return JSONResponse(chat.written_v1(answered))

    async def chat_v2(self, request: Request) -> Response:
        question = question_v2(self._state, await request.json())
        answered = chat.answer(self._state, question, _session(request), request.state.fault)
        return JSONResponse(chat.written_v2(answered))

    async def openai(self, request: Request) -> Response:
        return JSONResponse(completion(self._state, await request.json(), request.state.fault))

    async def embeddings(self, request: Request) -> Response:
        return JSONResponse(files.embeddings(self._state, await request.json()))

    async def token_counts(self, request: Request) -> Response:
        return JSONResponse(files.token_counts(await request.json()))

    async def files(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({"data": [files.told(file) for file in self._state.files.values()]})
        async with request.form(max_part_size=64 * 1024 * 1024) as form:
            upload = form["file"]
            if isinstance(upload, str):
                raise RefusalError(400, "Invalid params: file is required")
            body = await upload.read()
            return JSONResponse(
                files.stored(self._state, upload.filename or "", body, str(form.get("purpose", "general")))
            )

    async def file(self, request: Request) -> Response:
        return JSONResponse(files.told(self._file(request)))

    async def content(self, request: Request) -> Response:
        return Response(self._file(request).body, media_type="image/jpeg")

    async def delete(self, request: Request) -> Response:
        return JSONResponse(files.deleted(self._state, request.path_params["id"]))

    def _file(self, request: Request) -> StoredFile:
        if (file := self._state.files.get(request.path_params["id"])) is None:
            raise RefusalError(404, "No such file")
        return file

    async def ledger(self, request: Request) -> Response:
        return JSONResponse(self._state.ledger())

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._state.faults.clear()
            return JSONResponse({"faults": 0})
        try:
            self._state.faults.append(read_fault(json.loads(await request.body())))
        except ValueError as error:
            raise RefusalError(400, str(error)) from error
        return JSONResponse({"faults": len(self._state.faults)})


def _session(request: Request) -> str | None:
    return request.headers.get("x-session-id")
