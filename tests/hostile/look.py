"""Looks at the files that a list names, one after the other, in a process of its own: ``python -m tests.hostile.look``.

A line of JSON for each says what became of it, the processor's seconds, and the most memory of the process (bytes).
"""

import asyncio
import json
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

from adapters.local_vision import LocalVision
from contracts.errors import RefusedError
from domain.vision_policy import VisionPolicy
from tests.build import an_asker


async def _outcome(vision: LocalVision, body: bytes, mime: str) -> str:
    try:
        facts = await vision.look(body, mime, an_asker())
    except RefusedError as refused:
        return f"refused: {refused.reason}"
    return f"seen: {facts.labels[2]}"


def _main(listed: Path) -> None:
    vision = LocalVision(VisionPolicy().max_pixels)
    for name, file, mime in json.loads(listed.read_text(encoding="utf-8")):
        _forget_peak()
        begin = time.process_time()
        outcome = asyncio.run(_outcome(vision, Path(file).read_bytes(), mime))
        seconds = time.process_time() - begin
        print(json.dumps({"name": name, "outcome": outcome, "seconds": seconds, "peak": _peak()}), flush=True)


def _forget_peak() -> None:
    """Count from here on, where the system lets us."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int:
    """The most resident memory since then, in bytes; elsewhere than on Linux that of all time."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
