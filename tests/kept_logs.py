"""Every line that is logged, kept for a look at what stands in it."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from structlog.processors import format_exc_info
from structlog.testing import capture_logs


class _Keeping(logging.Handler):
    """What libraries log."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@contextmanager
def kept_logs() -> Iterator[list[str]]:
    """Give the lines while the context is open, ours and libraries', from debug on: more than is ever written."""
    lines: list[str] = []

    def keep(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        lines.append(str(line))
        return line

    root, keeping = logging.getLogger(), _Keeping(lines)
    before = root.level
    root.addHandler(keeping)
    root.setLevel(logging.DEBUG)
    try:
        with capture_logs([format_exc_info, keep]):
            yield lines
    finally:
        root.removeHandler(keeping)
        root.setLevel(before)
