"""What the doctor finds of the running service and of configured servers."""

from typing import Any, Final

from cli.asking import ask
from cli.doctor.checks import Finding
from cli.errors import CommandError
from cli.running import running
from contracts.errors import PipelineError
from runtime.settings import Settings

#: How the names of findings of the service's parts begin.
PART: Final = "service: "


async def service_findings(settings: Settings) -> list[Finding]:
    """Return a finding for the running service and for each of its parts and stores."""
    record = running(settings)
    if record is None:
        return [Finding("service", ok=False, found="not running", do="`postloom up` starts it", needed=False)]
    try:
        said: Any = ask(settings, "/readyz", {})
    except (PipelineError, CommandError) as error:
        return [
            Finding(
                "service",
                ok=False,
                found=str(error),
                do=f"stop process {record.process.pid} and start it again",
            )
        ]
    log = settings.data_dir / "logs" / "service.log"
    parts = [
        Finding(f"{PART}{name}", check["ok"], check["why"] or "well", f"see {log}")
        for name, check in said["checks"].items()
    ]
    return [
        Finding(
            "service", ok=True, found=f"process {record.process.pid}, {record.reach.http}, {_how(parts)}"
        ),
        *parts,
    ]


def _how(parts: list[Finding]) -> str:
    well = sum(part.ok for part in parts)
    return f"all {well} parts well" if well == len(parts) else f"{well} of {len(parts)} parts well"
