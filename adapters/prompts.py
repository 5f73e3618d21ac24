"""The prompts: files with a version, and what stands between marks so that it is read as data."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.identity import digest

_FOLDER: Final = Path(__file__).parents[1] / "prompts"
BEGIN: Final = "<<<ДАННЫЕ {mark}>>>"
END: Final = "<<<КОНЕЦ {mark}>>>"


@dataclass(frozen=True)
class Prompt:
    """What a model is told to do. ``version`` changes with every letter of it."""

    name: str
    text: str

    @property
    def version(self) -> str:
        """Return name and digest: ``tags.v1-1a2b3c4d``."""
        return f"{self.name}-{digest(self.text)[:8]}"


def load_prompt(name: str) -> Prompt:
    """Return the prompt ``name`` (``tags.v1``) as it ships."""
    return Prompt(name, (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip())


def as_data(text: str, hashed: Callable[..., str] = digest) -> str:
    """Return ``text`` between two lines with a mark that it does not contain, the same for the same text.

    Whoever writes the text cannot know its hash, and where that does stand in it, another mark is taken.
    """
    mark = hashed(text)[:16]
    while mark in text:
        mark = hashed(mark, text)[:16]
    return "\n".join((BEGIN.format(mark=mark), text, END.format(mark=mark)))
