"""What calls to providers cost: the meter of this process, and the look at what was lost."""

import asyncio
from typing import Final

import asyncpg
import structlog

from activities.metering import Meter
from adapters.postgres.brakes import Brakes
from adapters.postgres.spending import Spending
from contracts.errors import UnavailableError
from domain.spending import SpendingPolicy
from runtime import metrics

log = structlog.get_logger(__name__)

#: Seconds between two looks at calls whose time is over, and at the brakes.
LOOK_EVERY: Final = 15.0


def meter(pool: asyncpg.Pool, policy: SpendingPolicy) -> Meter:
    """Return the meter for every provider that wants to be paid; local ones need none."""
    return Meter(Spending(pool, policy), policy, metrics.count_call)


async def lose_forever(pool: asyncpg.Pool, policy: SpendingPolicy) -> None:
    """Give up calls whose process died, and show which brakes are on; any number of processes may do it."""
    till, brakes = Spending(pool, policy), Brakes(pool, policy.brake)
    while True:
        try:
            await look(till, brakes)
        except UnavailableError as error:
            log.warning("calls not looked at", reason=str(error))
        await asyncio.sleep(LOOK_EVERY)


async def look(till: Spending, brakes: Brakes) -> None:
    """Look once.

    Raises:
        UnavailableError: the archive does not answer.
    """
    for (provider, stage), count in (await till.lose()).items():
        metrics.LOST.labels(provider, stage).inc(count)
        log.warning(
            "calls lost: they stay counted with their estimate", provider=provider, stage=stage, calls=count
        )
    for provider, is_on in (await brakes.known()).items():
        metrics.BRAKE.labels(provider).set(is_on)
