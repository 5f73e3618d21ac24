"""Logs: one line an event, JSON in a file or pipe, colours on a terminal. Never post text, never secrets."""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog
from temporalio import activity


def configure(level: str, file: Path | None = None) -> None:
    """Send every log line, ours and libraries', to ``file`` as JSON, or to stderr for people."""
    logging.captureWarnings(capture=True)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _name_activity,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if file is None and sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    handler = _handler(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("httpx", "httpcore", "temporalio", "uvicorn.access", "alembic", "trafilatura", "htmldate"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("temporalio.activity").setLevel(
        logging.CRITICAL
    )  # the interceptor says it, in one line
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:-1],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
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
