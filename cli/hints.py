"""How the commands that we recommend are written here: the right program, and the right data folder."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

DEFAULT: Final = Path("data")


def command(data_dir: Path) -> str:
    """Return how this command is called for the archive in ``data_dir``."""
    return " ".join([*_variable(data_dir), _program()])


def make(target: str, data_dir: Path) -> str:
    """Return how a target of the Makefile is called for the archive in ``data_dir``."""
    folder = [] if _is_default(data_dir) else [f"DATA={_quoted(data_dir)}"]
    return " ".join(["make", target, *folder])


def _variable(data_dir: Path) -> list[str]:
    return [] if _is_default(data_dir) else [f"POSTLOOM_DATA_DIR={_quoted(data_dir)}"]


def _is_default(data_dir: Path) -> bool:
    return data_dir.absolute() == DEFAULT.absolute()


def _quoted(data_dir: Path) -> str:
    """Return the folder as a shell reads it, from where we stand when it lies below."""
    folder, here = data_dir.absolute(), Path.cwd()
    return shlex.quote(str(folder.relative_to(here) if folder.is_relative_to(here) else folder))


def _program() -> str:
    """Return its name when it is on PATH, else its path from where we stand."""
    if shutil.which("postloom"):
        return "postloom"
    path, here = Path(sys.argv[0]).absolute(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
