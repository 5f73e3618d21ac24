"""Runs pytest with the given words and leaves at once with its status.

The Temporal SDK can crash an interpreter that is shutting down, which would turn a green run red.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Fetch what the service tests need, run the tests, leave."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    # A shell that starts us in the background has Ctrl-C ignored, and so would be the commands that tests send it to.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "not services" not in sys.argv:
        _fetch_temporal()
    status = pytest.main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(status))


def _fetch_temporal() -> None:
    """Have the server at hand before any test's clock runs: the first time it can take minutes."""
    from runtime.embedded.errors import StackError  # noqa: PLC0415  # only now is the root importable
    from runtime.embedded.temporal_binary import temporal_binary  # noqa: PLC0415

    try:
        asyncio.run(temporal_binary(None, lambda line: print(line, flush=True)))
    except StackError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
