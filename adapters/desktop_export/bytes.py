"""The bytes of an export, made fit for the parser, which stops at or does not survive some of them."""

import codecs
import re
from typing import BinaryIO, Final

BUFFER: Final = 1 << 16
#: Longer than a message of Telegram may be, shorter than what Python makes a number of (4300).
_LONG_NUMBER: Final = re.compile(r"([0-9]{4200})[0-9]+")
#: An escape: a pair of surrogate halves, a half alone, or anything else.
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
#: What an escape or a number may consist of: at the end of a chunk it waits for what follows.
_UNFINISHED: Final = '0123456789abcdefABCDEFnrtu\\"/'
_MAX_WAITING: Final = 1 << 20


class CountingFile:
    """Bytes of an export as valid UTF-8 without a byte order mark; ``position`` says how far reading is.

    Lone surrogate halves become U+FFFD, and rows of more digits than a number may have are cut.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._waiting = ""
        self.position = 0

    def read(self, size: int = BUFFER) -> bytes:
        """Return the next bytes; empty at the end, and only there (a zero ``size`` gives nothing)."""
        if size == 0:
            return b""
        while chunk := self._file.read(size):
            self.position += len(chunk)
            if text := self._finished(self._decoder.decode(chunk)):
                return _safe(text).encode()
        rest, self._waiting = self._waiting + self._decoder.decode(b"", final=True), ""
        return _safe(rest).encode()

    def _finished(self, text: str) -> str:
        text = _LONG_NUMBER.sub(r"\1", self._waiting + text)
        body = text.rstrip(_UNFINISHED)
        if len(text) - len(body) > _MAX_WAITING:
            body = text
        self._waiting = text[len(body) :]
        return body


def _safe(text: str) -> str:
    return _ESCAPE.sub(_whole, text) if _HALF.search(text) else text


def _whole(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape.group(1) else escape.group()
