"""A service is asked to stop, also when nobody reads what it says any more."""

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WAITS = """
import asyncio, os
from cli.signals import until_signalled
async def wait():
    print("ready", flush=True)
    await asyncio.Event().wait()
os._exit(until_signalled(wait(), stopped=7))  # as the command leaves
"""


def test_the_first_signal_asks_even_when_the_terminal_is_gone() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITS], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as waiting:
        assert waiting.stdout and waiting.stderr
        assert waiting.stdout.readline() == "ready\n"
        waiting.stderr.close()

        waiting.send_signal(signal.SIGTERM)

        try:
            assert waiting.wait(timeout=20) == 7
        finally:
            waiting.kill()
