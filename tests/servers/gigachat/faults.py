"""How the fake service can be told to fail."""

import re
import time
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

How = Literal[
    "status", "close", "hang", "hang_after_billing", "html", "says", "fenced", "prose", "truncated", "empty",
    "contradicting", "wrong_types", "huge", "blacklist", "uncounted", "filtered",
]  # fmt: skip


@dataclass
class Fault:
    """One wish: of which calls, how, how often, for how long.

    ``path`` is in the call's method and path, ``word`` in its body.
    """

    how: How = "status"
    path: str = "/chat/completions"
    word: str = ""
    status: int = 503
    message: str = "the fake was told to"
    retry_after: str | None = None
    content: str = ""
    times: int | None = 1
    seconds: float | None = None
    latency: float = 0.0
    made_at: float = field(default_factory=time.monotonic)

    def takes(self, path: str, body: str) -> bool:
        """Whether this call is to fail; it counts."""
        if self.path not in path or self.word not in body or self.is_over:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    @property
    def is_over(self) -> bool:
        """Whether it has failed often enough, or long enough."""
        late = self.seconds is not None and time.monotonic() > self.made_at + self.seconds
        return late or self.times == 0


def read_fault(wish: dict[str, Any]) -> Fault:
    """Return the fault that is wished for.

    Raises:
        ValueError: there is no such fault.
    """
    try:
        fault = Fault(**wish)
    except TypeError as error:
        raise ValueError(str(error)) from error
    if fault.how not in get_args(How):
        raise ValueError(f"how: one of {', '.join(get_args(How))}")
    if fault.seconds is not None and "times" not in wish:
        fault.times = None
    return fault


def spoiled(how: How, answer: str, content: str) -> tuple[str, str]:
    """Return an answer as a model spoils it, and why it ended."""
    spoiling: dict[str, tuple[str, str]] = {
        "says": (content, "stop"),
        "fenced": (f"```json\n{answer}\n```", "stop"),
        "prose": (f"Конечно! Вот что получилось:\n{answer}\nНадеюсь, это поможет.", "stop"),
        "truncated": (answer[: len(answer) * 2 // 3], "length"),
        "empty": ("", "stop"),
        "contradicting": (_contradicting(answer), "stop"),
        "wrong_types": ('{"tags": {"first": 1}, "pictures": "две картинки", "extra": [[[]]]}', "stop"),
        "huge": ('{"tags": ["' + "я" * 10_000_000 * (how == "huge") + '"]}', "stop"),
        "blacklist": ("Не люблю менять тему разговора, но вот сейчас тот самый случай.", "blacklist"),
    }
    return spoiling.get(how, (answer, "stop"))


def _contradicting(answer: str) -> str:
    """Every object claims to be about the first picture, and is nothing that it may be."""
    renumbered = re.sub(r'"picture": \d+', '"picture": 1', answer)
    return renumbered.replace('"photo"', '"painting"').replace("false", '"maybe"')
