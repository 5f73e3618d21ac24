"""The command as a user meets it: a service in one terminal, everything else in another."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Terminal:
    """Runs the command in a data folder of its own, as a user does; ``settings`` are variables of the environment."""

    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command_line(*words),
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def done(self, *words: str) -> str:
        """What the command says when it succeeds."""
        done = self.run(*words)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.done(*words, "--json"))

    @property
    def reach(self) -> Any:
        """Where the running service answers."""
        return json.loads((self.data / "run" / "service.json").read_text())["reach"]

    @property
    def env(self) -> dict[str, str]:
        return {
            "POSTLOOM_DATA_DIR": str(self.data),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(Path.home()),
            **self.settings,
        }


@contextmanager
def a_service(terminal: Terminal) -> Iterator["subprocess.Popen[str]"]:
    """Run the service in the terminal's folder while the context is open."""
    with subprocess.Popen(
        command_line("up"),
        env=terminal.env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as service:
        try:
            _wait_for(terminal.data / "run" / "service.json", service)
            yield service
        finally:
            if service.poll() is None:
                service.send_signal(signal.SIGTERM)
                service.communicate(timeout=60)


def command_line(*words: str) -> list[str]:
    """What a shell would run."""
    return [sys.executable, "-c", "from cli.main import main; main()", *words]


def _wait_for(path: Path, service: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + 120
    while not path.exists():
        assert service.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)
