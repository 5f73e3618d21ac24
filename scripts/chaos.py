"""Kills processes, stops servers and writes what should not be written; shows that nothing is lost for it.

    make chaos                       every fault, about ten minutes
    make chaos ARGS="F01 F07"        some of them
    make chaos ARGS="--json FILE"    the table for programs too

Exit status: 0 nothing was lost, doubled or stuck, 1 something was, 2 wrong usage.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the faults that were asked for; return the exit status."""
    sys.path.insert(0, str(ROOT))
    from cli.screen import Screen, note, seconds  # noqa: PLC0415  only now is the root importable
    from runtime.logging import configure  # noqa: PLC0415
    from tests.chaos.run import FAULTS, run, tell  # noqa: PLC0415

    wish = _wish(known := [fault.id for fault in FAULTS])
    if unknown := [id for id in wish.faults if id not in known]:
        note(f"there is no fault {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    faults = [fault for fault in FAULTS if fault.id in (wish.faults or known)]
    began, folder = time.monotonic(), Path(wish.folder or tempfile.mkdtemp(prefix="postloom-chaos-"))
    configure("error", folder / "chaos.log")
    outcomes = asyncio.run(run(faults, folder, wish.seed, wish.posts))
    tell(faults, outcomes, Screen())
    if wish.json:
        facts = {id: outcome.facts() for id, outcome in outcomes.items()}
        wish.json.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    clean = all(outcome.is_clean for outcome in outcomes.values())
    note(
        f"{seconds(time.monotonic() - began)}."
        + ("" if clean else f" What is left of the faults lies in {folder}.")
    )
    return 0 if clean else 1


def _wish(known: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description="Nothing is lost, doubled or stuck.")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"all, or some of {' '.join(known)}")
    parser.add_argument("--seed", type=int, default=1, help="what is random begins with it")
    parser.add_argument("--posts", type=int, default=40, help="about how many posts a fault has")
    parser.add_argument("--json", type=Path, help="write the table there")
    parser.add_argument(
        "--folder", type=Path, help="where the data folders are made, instead of a temporary one"
    )
    return parser.parse_args()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # the engine's library may crash an interpreter that is shutting down
