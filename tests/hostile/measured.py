"""The memory of this process, as the system counts it."""

import resource
from contextlib import suppress
from pathlib import Path


def forget_peak() -> None:
    """Count from here on, where the system lets us."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> int:
    """Return the most resident memory since then, in bytes; elsewhere than on Linux that of all time."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
