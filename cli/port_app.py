"""What the local port answers: health, readiness, metrics, search, collections that are being filled."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cli.figures import CONTENT_TYPE, figures
from cli.fills import fills_by_tenant
from cli.patience import answered
from cli.readiness import readiness
from cli.service import Service
from contracts.errors import RejectedError, UnavailableError
from workers.questions import Question
from workers.searching import Searching


def build_app(service: Service, searching: Searching) -> Starlette:
    """Return the application. Only requests that name this machine are served: a web page cannot rebind to it."""
    answers = _Answers(service, searching)
    return Starlette(
        routes=[
            Route("/healthz", answers.healthz),
            Route("/readyz", answers.readyz),
            Route("/metrics", answers.metrics),
            Route("/search", answers.search),
            Route("/fills", answers.fills),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        exception_handlers={RejectedError: _rejected, UnavailableError: _unavailable},
    )


class _Answers:
    def __init__(self, service: Service, searching: Searching) -> None:
        self._service, self._searching = service, searching

    async def healthz(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, _: Request) -> Response:
        checks = await readiness(self._service)
        ready = all(check.ok for check in checks.values())
        body = {name: {"ok": check.ok, "why": check.why} for name, check in checks.items()}
        return JSONResponse({"ready": ready, "checks": body}, status_code=200 if ready else 503)

    async def metrics(self, _: Request) -> Response:
        return Response(await answered("a store", figures(self._service), 10), media_type=CONTENT_TYPE)

    async def search(self, request: Request) -> Response:
        question = asked(request.query_params)
        answer = await self._searching.search(question)
        return JSONResponse(answer.model_dump(mode="json"))

    async def fills(self, _: Request) -> Response:
        return JSONResponse({"fills": await answered("a store", fills_by_tenant(self._service), 10)})


def asked(words: Mapping[str, str]) -> Question:
    """Return what the request asks for.

    Raises:
        RejectedError: something in it cannot be used; the sentence says what.
    """
    return Question.read({name: value for name, value in words.items() if value})


async def _rejected(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


async def _unavailable(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=503)
