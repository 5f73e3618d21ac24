"""What the fake service remembers: tokens, files, what was asked and paid for, how it is told to fail."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from tests.servers.gigachat.faults import Fault

#: Model by model: its type, and the full name by which it answers.
MODELS: Final = {
    "GigaChat": ("chat", "GigaChat:2.0.28.2"),
    "GigaChat-2": ("chat", "GigaChat-2:2.0.28.2"),
    "GigaChat-2-Pro": ("chat", "GigaChat-2-Pro:2.0.28.2"),
    "GigaChat-2-Max": ("chat", "GigaChat-2-Max:2.0.28.2"),
    "GigaChat-3-Ultra": ("chat", "GigaChat-3-Ultra:32.3.18.5"),
    "GigaFilter": ("filter", "GigaFilter"),
    "GigaCheckDetection": ("aicheck", "GigaCheckDetection"),
    "Embeddings": ("embedder", "Embeddings"),
    "Embeddings-2": ("embedder", "Embeddings-2"),
    "EmbeddingsGigaR": ("embedder", "EmbeddingsGigaR"),
}


@dataclass
class StoredFile:
    """A file that was uploaded and not deleted."""

    name: str
    body: bytes
    created_at: int
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass
class State:
    """One account at the service: how long a token lives, how many ask at a time, how many files are kept."""

    key: str
    token_seconds: float = 1800.0
    streams: int = 10
    form: str = "access_token"
    most_files: int = 1000
    shuffled: bool = False
    tokens: dict[str, float] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)
    file_counts: Counter[str] = field(default_factory=Counter)
    #: How often each picture was answered about, by the sha256 of its bytes.
    looks: Counter[str] = field(default_factory=Counter)
    sessions: set[str] = field(default_factory=set)
    bodies: list[tuple[str, Any]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def new_token(self) -> tuple[str, float]:
        """Return another token, and when it ends (seconds since 1970)."""
        token, end = uuid4().hex, time.time() + self.token_seconds
        self.tokens[token] = end
        return token, end

    def knows(self, token: str) -> bool:
        """Whether it is a token that has not ended."""
        return self.tokens.get(token, 0.0) > time.time()

    def bill(self, asked: int, answered: int, cached: int = 0) -> None:
        """Count what an answer took."""
        self.spent.update(input_tokens=asked, output_tokens=answered, cached_tokens=cached)

    def ledger(self) -> dict[str, Any]:
        """Return everything that was counted, as JSON."""
        return {
            "calls": dict(self.calls),
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "tokens": dict(self.spent),
            "looks": dict(self.looks),
            "files": {**self.file_counts, "present": len(self.files)},
            "most_at_once": self.most_at_once,
            "sessions": sorted(self.sessions),
        }
