"""Removes a data folder, unless a service holds it. Needs Python alone: the libraries may be gone already."""

import fcntl
import shutil
import sys
from pathlib import Path
from typing import Final

#: What a data folder may hold; anything else means that it is some other folder.
PARTS: Final = frozenset({
    "graph", "logs", "objects", "postgres", "postgres.moved", "redis", "run", "summary.json", "temporal", "vectors",
})  # fmt: skip


def main() -> None:
    """Remove the folder that the first word names; status 1 with a sentence when that may not be."""
    folder = Path(sys.argv[1]).absolute()
    if folder.exists():
        refusal = foreign(folder) or remove(folder)
        sys.exit(refusal)
    print(f"There is no {folder}.")


def foreign(folder: Path) -> str | None:
    """Return a sentence when the folder holds what is not ours, else None."""
    if not folder.is_dir():
        return f"{folder} is no folder."
    other = sorted(place.name for place in folder.iterdir() if place.name not in PARTS)
    return f"{folder} is not only a data folder: it holds {', '.join(other[:5])}." if other else None


def remove(folder: Path) -> str | None:
    """Remove the folder while holding its lock; return a sentence when a service holds it, else None."""
    run = folder / "run"
    run.mkdir(exist_ok=True, mode=0o700)
    with (run / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            return f"A service runs in {folder} (process {pid}): stop it first, with Ctrl-C or `kill {pid}`."
        _remove_moved(folder / "postgres.moved")
        shutil.rmtree(folder)
    print(f"Removed {folder}.")
    return None


def _remove_moved(pointer: Path) -> None:
    """PostgreSQL's files may lie in a folder of ours under /var/tmp."""
    if pointer.exists():
        outside = Path(pointer.read_text().strip())
        if outside.parent == Path("/var/tmp") and outside.name.startswith("postloom-"):  # noqa: S108  # ours
            shutil.rmtree(outside, ignore_errors=True)


if __name__ == "__main__":
    main()
