"""Writes changes of posts in many random orders, and compares what is left with the same changes in order.

    make disorder                              500 posts, ten seeds: about ten minutes on two cores
    make disorder ARGS="--posts 60 --seeds 3"  something smaller
    make disorder ARGS="--live"                posts are built while changes come; then keys on the way may differ

Exit status: 0 every order ended the same, 1 one did not.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the seeds that were asked for; return the exit status."""
    sys.path.insert(0, str(ROOT))
    from runtime.logging import configure  # noqa: PLC0415  only now is the root importable

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posts", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=10, help="how many orders")
    parser.add_argument("--seed", type=int, default=1, help="of the changes; each order has the next one")
    parser.add_argument("--live", action="store_true", help="build posts while changes come")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="postloom-disorder-") as folder:
        configure("error", Path(folder) / "disorder.log")
        return asyncio.run(_compare(wish, Path(folder)))


async def _compare(wish: argparse.Namespace, folder: Path) -> int:
    from contracts.identity import tenant_id  # noqa: PLC0415
    from tests.acceptance.changes import Change, in_order, shuffled  # noqa: PLC0415
    from tests.acceptance.disorder import End, differences, run_through, told_twice  # noqa: PLC0415
    from tests.acceptance.disorder_site import a_site, room_for  # noqa: PLC0415

    tenant, bad = tenant_id("disorder"), 0
    changes = in_order(wish.seed, wish.posts, tenant)
    async with a_site(folder, tenant) as site:

        async def end_of(number: int, wanted: Sequence[Change], *, live: bool) -> End:
            async with room_for(site, folder, number) as (settings, addresses):
                return await run_through(site.site, settings, addresses, wanted, live=live)

        ordered = await end_of(0, changes, live=False)
        _say(f"in order: {len(changes)} changes of {wish.posts} posts, {_left(ordered)}")
        for number in range(1, wish.seeds + 1):
            began = time.monotonic()
            disorder = shuffled(changes, wish.seed + number)
            end = await end_of(number, disorder, live=wish.live)
            found = [*differences(ordered, end, keys=not wish.live), *told_twice(end)]
            bad += bool(found)
            took = f"{time.monotonic() - began:.0f} s"
            _say(f"order {number}: {len(disorder)} entries, {len(found)} differences, {took}")
            for sentence in found[:5]:
                _say(f"  {sentence[:300]}")
    return 1 if bad else 0


def _left(end: object) -> str:
    rows = getattr(end, "rows", {})
    keys = sum(len(found) for found in getattr(end, "keys", {}).values())
    return f"{len(rows['posts'])} posts and {len(rows['tombstones'])} tombstones left, {keys} events told"


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
