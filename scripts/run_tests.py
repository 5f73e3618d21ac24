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
        _fetch_stores()
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


def _fetch_stores() -> None:
    """Have an S3 server and Neo4j at hand too; tests that ask for what cannot be fetched are skipped."""
    from runtime.embedded.errors import StackError  # noqa: PLC0415
    from runtime.embedded.neo4j_server import neo4j_libraries  # noqa: PLC0415
    from runtime.embedded.s3_server import s3_program  # noqa: PLC0415

    for name, fetch in (("S3", s3_program), ("Neo4j", neo4j_libraries)):
        try:
            asyncio.run(fetch(lambda line: print(line, flush=True)))
        except StackError as error:
            print(f"NOT TESTED: {name}: {error}", flush=True)


if __name__ == "__main__":
    main()
