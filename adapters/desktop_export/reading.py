"""An export on disk: which file it is, which chats it has, and the messages of one of them."""

from collections.abc import Callable, Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final
from zipfile import is_zipfile

from adapters.desktop_export.bytes import CountingFile
from adapters.desktop_export.chats import ChatHead, walk
from adapters.desktop_export.errors import ImportRefusedError
from adapters.desktop_export.message import read
from adapters.desktop_export.model import ExportedChannelPhoto, ExportedChat, ExportedMessage, Skipped
from adapters.desktop_export.stream import events

_HTML: Final = "{} is an HTML export; export again in Telegram Desktop as machine-readable JSON"
_PAGES: Final = frozenset({".html", ".htm"})
_ARCHIVES: Final = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".xz", ".bz2"})


def located(path: Path) -> Path:
    """Return the result.json that ``path`` is, or that stands in the folder ``path``.

    Raises:
        ImportRefusedError: there is none, it is something else, or it is empty.
    """
    try:
        file = path / "result.json" if path.is_dir() else path
        if other := _absent(path, file) or _foreign(file):
            raise ImportRefusedError(other, 2)
        if not file.stat().st_size:
            raise ImportRefusedError(f"{file} is empty: the export was interrupted, export again", 1)
    except (OSError, ValueError) as error:
        raise ImportRefusedError(f"{path} cannot be read: {error}", 2) from error
    return file


def _absent(path: Path, file: Path) -> str | None:
    if file.is_file():
        return None
    if not path.exists():
        return f"{path} does not exist"
    if file.is_dir():
        return f"{file} is a folder, and not the file of an export"
    if path.is_dir() and (path / "messages.html").exists():
        return _HTML.format(path)
    return f"{path} is no Telegram Desktop export: there is no result.json in it"


def _foreign(file: Path) -> str | None:
    if file.suffix.lower() in _PAGES:
        return _HTML.format(file)
    if file.suffix.lower() in _ARCHIVES or is_zipfile(file):
        return f"{file} is an archive: unpack it first"
    return None


class DesktopExport:
    """One export. Nothing of it is kept in memory; ``position`` of ``size`` bytes have been read."""

    def __init__(self, path: Path, zone: tzinfo) -> None:
        self._file = located(path)
        self._zone = zone
        self._reading: CountingFile | None = None
        self.folder = self._file.parent
        self.size = self._file.stat().st_size

    @property
    def position(self) -> int:
        """How many bytes the current reading has passed."""
        return self._reading.position if self._reading else 0

    def chosen(self, wanted: str | None) -> ExportedChat:
        """Return the chat to import: the only one, or the one whose id or name is ``wanted``.

        Raises:
            ImportRefusedError: there are several to choose from, none is called so, or the file is broken.
        """
        heads = self._heads()
        matching = [head for head in heads if wanted is None or head.is_called(wanted)]
        if len(matching) == 1:
            return matching[0].chat()
        listed = "; ".join(f"{head.id} {head.name or '(no name)'}" for head in (matching or heads)[:50])
        if not matching:
            raise ImportRefusedError(f"no chat {wanted!r} in the export; it has: {listed or 'none'}", 2)
        raise ImportRefusedError(f"the export has several chats, choose one by its id: {listed}", 2)

    def messages(self, chat: ExportedChat) -> Iterator[ExportedMessage | ExportedChannelPhoto | Skipped]:
        """Return what each message of ``chat`` is, in the export's order.

        Raises:
            ImportRefusedError: the file breaks off or is no JSON; what stood before has been returned.
        """
        for item in self._walk(lambda head: (head.id, head.type) == (chat.id, chat.type)):
            if not isinstance(item, ChatHead):
                yield read(item, self._zone)

    def _heads(self) -> list[ChatHead]:
        """The chats that the export has; the rest of a single chat's file is not read for it."""
        heads: list[ChatHead] = []
        for item in self._walk(lambda _: False):
            if isinstance(item, ChatHead):
                heads.append(item)
                if item.alone:
                    break
        return heads

    def _walk(self, wanted: Callable[[ChatHead], bool]) -> Iterator[ChatHead | dict[str, Any] | None]:
        with self._file.open("rb") as file:
            self._reading = CountingFile(file)
            yield from walk(events(self._reading, self._file), self._file, wanted)
