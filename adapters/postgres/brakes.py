"""Brakes: a provider that failed several times in a row is left in peace, then tried by one caller alone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from adapters.postgres.errors import our_errors
from contracts.errors import BrakedError
from contracts.spending import RequestEnded, Verdict
from domain.spending import BrakePolicy

log = structlog.get_logger(__name__)

ON: Final = """
SELECT provider, failures, opened_at, probe_at, probe_by, last_error, needs_human, now() AS now FROM provider_brakes
WHERE opened_at IS NOT NULL AND ($1::text IS NULL OR provider = $1) ORDER BY provider
"""

#: Only what the probe says makes the wait longer: others that fail were on their way before.
FAILED: Final = """
INSERT INTO provider_brakes AS b (provider, failures, opened_at, probe_at, last_error, needs_human, changed_at)
SELECT $1, 1, CASE WHEN $4 <= 1 THEN now() END, CASE WHEN $4 <= 1 THEN now() + $5 END, $3, $7, now()
ON CONFLICT (provider) DO UPDATE SET
    failures = b.failures + 1, last_error = EXCLUDED.last_error, needs_human = EXCLUDED.needs_human,
    changed_at = now(),
    opened_at = CASE WHEN b.failures + 1 >= $4 THEN COALESCE(b.opened_at, now()) ELSE b.opened_at END,
    probe_at = CASE
        WHEN b.opened_at IS NULL AND b.failures + 1 >= $4 THEN now() + $5
        WHEN b.probe_by = $2 THEN now() + LEAST($5 * 2 ^ LEAST(b.failed_probes + 1, 30), $6)
        ELSE b.probe_at END,
    failed_probes = b.failed_probes + CASE WHEN b.probe_by = $2 THEN 1 ELSE 0 END,
    probe_by = CASE WHEN b.probe_by = $2 THEN NULL ELSE b.probe_by END
RETURNING failures, probe_at, opened_at = now() AS just_opened
"""

ANSWERED: Final = """
UPDATE provider_brakes SET failures = 0, opened_at = NULL, probe_at = NULL, probe_by = NULL, failed_probes = 0,
    last_error = NULL, needs_human = false, changed_at = now()
WHERE provider = $1 AND (failures > 0 OR opened_at IS NOT NULL)
"""

#: A probe that says nothing of the provider: the next caller is one.
GIVE_BACK: Final = """
UPDATE provider_brakes SET probe_by = NULL, probe_at = now() + $3, changed_at = now()
WHERE provider = $1 AND probe_by = $2
"""

#: Whoever comes first after the wait is the probe; it is given up when it says nothing for so long.
PROBE: Final = """
UPDATE provider_brakes SET probe_by = $2, probe_at = now() + $3, changed_at = now()
WHERE provider = $1 AND opened_at IS NOT NULL AND probe_at <= now()
RETURNING provider
"""

#: Nobody comes back sooner than this, whatever the clock says.
SHORTEST: Final = timedelta(seconds=1)


class Brakes:
    """One brake for each provider, for all processes and all that is asked of it."""

    def __init__(self, pool: asyncpg.Pool, policy: BrakePolicy) -> None:
        self._pool, self._policy = pool, policy

    async def on(self) -> list[dict[str, Any]]:
        """Return the brakes that are on."""
        with our_errors():
            return [dict(row) for row in await self._pool.fetch(ON, None)]

    async def known(self) -> dict[str, bool]:
        """Return the providers that ever failed, and whether the brake of each is on."""
        with our_errors():
            rows = await self._pool.fetch(
                "SELECT provider, opened_at IS NOT NULL AS is_on FROM provider_brakes"
            )
        return {row["provider"]: row["is_on"] for row in rows}

    async def check(self, provider: str) -> None:
        """Do nothing where the provider may be asked.

        Raises:
            BrakedError: nobody asks it now.
        """
        with our_errors():
            row = await self._pool.fetchrow(ON, provider)
        if row:
            raise braked(provider, dict(row), self._policy)

    async def ask(self, provider: str, caller: UUID) -> bool:
        """Return whether ``caller`` asks as the probe, who alone is let through; what is paid for asks the till.

        Raises:
            BrakedError: nobody asks the provider now.
        """
        lasting = timedelta(seconds=self._policy.probe_s)
        with our_errors():
            is_probe = await self._pool.fetchval(PROBE, provider, caller, lasting) is not None
        if not is_probe:
            await self.check(provider)
        return is_probe

    async def hear(self, ended: RequestEnded, *, is_troubled: bool) -> None:
        """Take what a request says of its provider; ``is_troubled`` when it had failed before."""
        if ended.verdict is Verdict.FAILED:
            await self._failed(ended)
        elif ended.verdict is Verdict.ANSWERED and is_troubled:
            with our_errors():
                await self._pool.execute(ANSWERED, ended.provider)
            log.info("provider answers again", provider=ended.provider)
        elif ended.verdict is Verdict.NEITHER and ended.probe:
            with our_errors():
                await self._pool.execute(GIVE_BACK, ended.provider, ended.probe, ended.wait)

    async def _failed(self, ended: RequestEnded) -> None:
        first, longest = self._policy.first_wait_s, self._policy.longest_wait_s
        with our_errors():
            row = await self._pool.fetchrow(
                FAILED, ended.provider, ended.probe, ended.error, self._policy.failures,
                timedelta(seconds=first), timedelta(seconds=longest), ended.needs_human,
            )  # fmt: skip
        if row and row["just_opened"]:
            log.warning(
                "provider is left in peace",
                provider=ended.provider,
                failures=row["failures"],
                error=ended.error,
            )


def braked(provider: str, brake: Mapping[str, Any], policy: BrakePolicy) -> BrakedError:
    """Return the error of somebody who may not ask now: when to come back, and why.

    Who comes while another is the probe comes back soon: by then it is known how that went. What waits does not go on
    by itself where only a human mends what the provider failed at.
    """
    now: datetime = brake["now"]
    wait = max(brake["probe_at"] - now, SHORTEST)
    if brake["probe_by"]:
        wait = min(wait, timedelta(seconds=policy.first_wait_s))
    again = now + wait
    return BrakedError(
        f"{provider} failed {brake['failures']} times in a row and is left in peace; tried again at "
        f"{again.astimezone(UTC):%H:%M:%S} UTC (last error: {brake['last_error']})",
        wait,
        None if brake["needs_human"] else again,
    )
