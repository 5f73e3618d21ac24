"""Reads a result.json of any size as a stream, one message in memory at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import ijson
from ijson.common import JSONError

from adapters.desktop_export.bytes import BUFFER, CountingFile
from adapters.desktop_export.errors import ImportRefusedError

#: Real exports nest eight deep; more is an attack on whoever reads them.
MAX_DEPTH: Final = 64
_OPENING: Final = frozenset({"start_map", "start_array"})
_CLOSING: Final = frozenset({"end_map", "end_array"})

JsonEvent = tuple[str, Any]


def events(file: CountingFile, path: Path) -> Iterator[JsonEvent]:
    """Return the JSON events of an export.

    Raises:
        ImportRefusedError: the file is no JSON, ends too early, or nests too deep.
    """
    depth = 0
    try:
        for event, value in ijson.basic_parse(file, buf_size=BUFFER):
            if event in _OPENING:
                depth += 1
                _check_depth(depth, path)
            elif event in _CLOSING:
                depth -= 1
            yield event, value
    except JSONError as error:
        raise ImportRefusedError(_broken(path, file.position, str(error)), 1) from error
    except (ValueError, ArithmeticError) as error:
        raise ImportRefusedError(_broken(path, file.position, "a number that cannot be read"), 1) from error


def _check_depth(depth: int, path: Path) -> None:
    if depth > MAX_DEPTH:
        raise ImportRefusedError(f"{path} nests deeper than {MAX_DEPTH} levels: this is not an export", 1)


def _broken(path: Path, position: int, why: str) -> str:
    sentence = why.splitlines()[0].strip().rstrip(".")
    return f"{path} is not valid JSON near byte {position}: {sentence}. Was the export interrupted?"


def value_of(first: JsonEvent, stream: Iterator[JsonEvent]) -> Any:
    """Return the JSON value that begins with ``first``, reading the rest of it from ``stream``."""
    if first[0] not in _OPENING:
        return first[1]
    root: Any = {} if first[0] == "start_map" else []
    stack: list[tuple[Any, str | None]] = [(root, None)]
    for event, value in stream:
        holder, key = stack[-1]
        if event == "map_key":
            stack[-1] = (holder, value)
        elif event in _CLOSING:
            stack.pop()
            if not stack:
                break
        else:
            item: Any = {} if event == "start_map" else [] if event == "start_array" else value
            _add(holder, key, item)
            if event in _OPENING:
                stack.append((item, None))
    return root


def _add(holder: Any, key: str | None, item: Any) -> None:
    if isinstance(holder, list):
        holder.append(item)
    else:
        holder[key] = item


def skip(first: JsonEvent, stream: Iterator[JsonEvent]) -> None:
    """Read past the JSON value that begins with ``first``, keeping nothing of it."""
    depth = 1 if first[0] in _OPENING else 0
    while depth:
        event = next(stream)[0]
        depth += (event in _OPENING) - (event in _CLOSING)
