"""YAML with its lines: what a file holds, where each value stands, and every mistake of form at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from runtime.settings import SettingsError

#: The way to a value: keys, and numbers in lists.
Place = tuple[str | int, ...]
_TAG: Final = "tag:yaml.org,2002:"
#: Everything else is taken as the words that stand there: a date is a title, too.
_VALUES: Final = frozenset(f"{_TAG}{kind}" for kind in ("null", "bool", "int", "float"))
_PLAIN: Final = _VALUES | frozenset(
    f"{_TAG}{kind}" for kind in ("str", "timestamp", "map", "seq", "merge", "value")
)
_DEEPEST: Final = 20
#: No policy has more values; a few names that stand for each other (``*name``) could say billions.
_MOST: Final = 50_000


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a line."""

    line: int
    place: Place
    sentence: str


@dataclass
class Marked:
    """What a file holds, as JSON could say it; the line of each value, and what is wrong with the form of the file."""

    path: Path
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Return the line of a value, or of the next thing around it that stands in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def refused(self, mistakes: list[Mistake]) -> SettingsError:
        """Return the error that names each mistake with its line, in the order of the file."""
        ordered = sorted(dict.fromkeys([*self.mistakes, *mistakes]), key=lambda one: one.line)
        count = "one mistake" if len(ordered) == 1 else f"{len(ordered)} mistakes"
        lines = (f"{self.path}:{one.line}: {_said(one)}" for one in ordered)
        return SettingsError("\n".join([f"{self.path} cannot be used: {count}", *lines]))


def _said(mistake: Mistake) -> str:
    place = named(mistake.place)
    return f"{place}: {mistake.sentence}" if place else mistake.sentence


def named(place: Place) -> str:
    """Return a place in words: ``vision.rules[2].when``; the numbers in lists begin with 1."""
    words = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
    return words.removeprefix(".")


def read_marked(path: Path) -> Marked:
    """Return what the file holds.

    Raises:
        SettingsError: it cannot be read, or is no YAML; the sentence says the line.
    """
    marked = Marked(path)
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {_why(error)}") from error
    except yaml.MarkedYAMLError as error:
        raise SettingsError(_no_yaml(path, error)) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingsError(f"{path}:1: this is no YAML: {' '.join(str(error).split())}") from error
    if root is None:
        marked.mistakes.append(Mistake(1, (), "nothing stands here"))
    else:
        marked.data = _Reader(marked).value(root, ())
    return marked


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is no text in UTF-8"


def _no_yaml(path: Path, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    problem = " ".join(f"{error.context or ''} {error.problem or ''}".split())
    quotes = "; a word that begins with @ needs quotes around it" if "'@'" in problem else ""
    return f"{path}:{line}: this is no YAML: {problem}{quotes}"


class _Reader:
    """Turns nodes into values, and notes where they stand."""

    def __init__(self, marked: Marked) -> None:
        self._marked, self._loader, self._count = marked, yaml.SafeLoader(""), 0

    def value(self, node: yaml.Node, place: Place) -> Any:
        """Return what a node says."""
        self._count += 1
        if self._count > _MOST:
            raise SettingsError(f"{self._marked.path} holds more than {_MOST} values")
        self._marked.lines.setdefault(place, node.start_mark.line + 1)
        if node.tag not in _PLAIN:
            self._wrong(node, place, f"the mark {node.tag.replace(_TAG, '!!')} means nothing here")
        if len(place) > _DEEPEST:
            self._wrong(node, place[:_DEEPEST], "is nested too deep")
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, place))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(key, place, "a key is a word")
                continue
            name = key.value
            if name in seen:
                self._wrong(key, (*place, name), f"stands here twice, first in line {seen[name]}")
                continue
            seen[name] = line
            self._marked.lines[(*place, name)] = line
            yield name, self.value(value, (*place, name))

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        if node.tag not in _VALUES:
            return node.value
        try:
            return self._loader.construct_object(node)
        except (ValueError, yaml.YAMLError):
            self._wrong(node, place, f"{node.value} is no value")
            return None

    def _wrong(self, node: yaml.Node, place: Place, sentence: str) -> None:
        self._marked.mistakes.append(Mistake(node.start_mark.line + 1, place, sentence))
