"""Logs: one line an event, JSON in a file or pipe, colours on a terminal. Never post text, never secrets."""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

import structlog
from temporalio import activity

_QUIET: Final = ("httpx", "httpcore", "temporalio", "uvicorn.access", "alembic", "trafilatura", "htmldate")


def configure(level: str, file: Path | None = None) -> None:
    """Send every log line, ours and libraries', to ``file`` as JSON, or to stderr for people."""
    logging.captureWarnings(capture=True)
    steps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _name_activity,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = _handler(file)
    handler.setFormatter(_formatter([*steps, structlog.stdlib.ExtraAdder()], for_people=file is None))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("temporalio.activity").setLevel(
        logging.CRITICAL
    )  # the interceptor says it, in one line
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level, *steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )  # fmt: skip


def _formatter(steps: list[Any], *, for_people: bool) -> logging.Formatter:
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if for_people and sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=steps,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )


def _name_activity(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say which activity of which workflow a line comes from; asked only when a line is written."""
    if activity.in_activity():
        info = activity.info()
        line.update(workflow_id=info.workflow_id, activity=info.activity_type, attempt=info.attempt)
    return line


def _handler(file: Path | None) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    file.parent.mkdir(parents=True, exist_ok=True)
    return logging.FileHandler(file, encoding="utf-8")
