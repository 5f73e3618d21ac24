"""What a service process is told to suffer, and what it leaves behind: files in its data folder.

They outlive the process, so that one that is started again knows that its death is behind it.
"""

import os
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from runtime.embedded.files import write_whole

#: Where a death may come: before the effect, between the effect and what follows it, after the engine has recorded it.
BEFORE: Final = "before"
BETWEEN: Final = "between"
AFTER: Final = "after"
#: During no activity at all: a call of the relay or the starter.
OUTSIDE: Final = "no activity"


class Death(BaseModel, frozen=True):
    """A kill -9 at the next call of ``where``: an activity's type, or ``store.method``.

    ``of`` is a part of the workflow's id, and ``during`` an activity: only their calls are meant.
    """

    where: str
    moment: str
    of: str | None = None
    during: str | None = None

    def __str__(self) -> str:
        """Say it for people."""
        during = f" in {self.during}" if self.during else ""
        return f"{self.where}{during}: {self.moment}"


class Orders:
    """The folder ``<data>/chaos``, for both sides."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "chaos"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._death, self._died = self._folder / "death.json", self._folder / "died.json"

    def die(self, death: Death) -> None:
        """Have the process die at the next call of that kind."""
        self._died.unlink(missing_ok=True)
        write_whole(self._death, death.model_dump_json().encode())

    def death(self) -> Death | None:
        """Return the death that is still to come."""
        try:
            return Death.model_validate_json(self._death.read_bytes())
        except FileNotFoundError:
            return None

    def survive(self) -> None:
        """Take back a death that did not come."""
        self._death.unlink(missing_ok=True)

    def has_died(self) -> bool:
        """Whether the death that was asked for has come."""
        return self._died.exists()

    def come_to_pass(self) -> bool:
        """Take the order, so that nobody dies of it twice; False when somebody else has."""
        try:
            self._death.rename(self._died)
        except FileNotFoundError:
            return False
        return True

    def take_away(self, store: str) -> None:
        """Have every call of a store fail, as if it did not answer."""
        (self._folder / f"away.{store}").touch()

    def give_back(self, store: str) -> None:
        """Let it answer again."""
        (self._folder / f"away.{store}").unlink(missing_ok=True)

    def is_away(self, store: str) -> bool:
        """Whether its calls fail."""
        return (self._folder / f"away.{store}").exists()

    def note(self, book: str, line: str) -> None:
        """Write a line into a book; one write, so that it is there wholly even if we die next."""
        descriptor = os.open(self._folder / f"{book}.book", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)

    def notes(self, book: str) -> list[str]:
        """Return the lines of a book, oldest first."""
        path = self._folder / f"{book}.book"
        return path.read_text().splitlines() if path.exists() else []
