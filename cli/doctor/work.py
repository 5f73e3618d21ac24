"""Examining the machine, and showing what was found."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict

from cli.doctor import checks
from cli.doctor.checks import Finding
from cli.doctor.crawler import crawler
from cli.doctor.models import model_findings
from cli.doctor.servers import server_findings
from cli.doctor.service import PART, service_findings
from cli.doctor.stores import store_findings
from cli.screen import Screen, show_json
from runtime.settings import Settings, load_settings

#: In the order that a start needs them.
CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    checks.python,
    checks.environment,
    checks.data_folder,
    checks.disk,
    checks.temporal,
    checks.go,
    checks.postgres,
    checks.redis,
    checks.ports,
    checks.setting_names,
    checks.policy_file,
    checks.ocr,
    crawler,
)


async def examine_and_show(*, as_json: bool) -> int:
    """Show all findings; return 1 when something needed is missing, else 0."""
    settings = load_settings()
    servers = await server_findings(settings)
    found = [await asyncio.to_thread(check, settings) for check in CHECKS]
    found = [servers.get(finding.name, finding) for finding in found]
    found += await store_findings(settings)
    found += await model_findings(settings)
    found += await service_findings(settings)
    if as_json:
        show_json({"well": _is_well(found), "findings": [asdict(finding) for finding in found]})
    else:
        _show(found, Screen())
    return 0 if _is_well(found) else 1


def _is_well(findings: list[Finding]) -> bool:
    return all(finding.ok or not finding.needed for finding in findings)


def _show(findings: list[Finding], screen: Screen) -> None:
    """Show all findings; of the service's parts those that are not well."""
    shown = [finding for finding in findings if not (finding.ok and finding.name.startswith(PART))]
    width = max(len(finding.name) for finding in shown)
    for finding in shown:
        mark, style = _mark(finding)
        screen.beside(f"{mark:<9} {finding.name:<{width}}  ", finding.found, style)
        if not finding.ok and finding.do:
            screen.beside(f"{'':<9} {'':<{width}}  ", f"→ {finding.do}", style)
    screen.line()
    screen.line(
        "Everything needed is here." if _is_well(findings) else "Something needed is missing: see the arrows."
    )


def _mark(finding: Finding) -> tuple[str, str]:
    """Return the word for how it is, and its style."""
    if finding.ok:
        return "ok", ""
    return ("missing", "red") if finding.needed else ("optional", "yellow")
