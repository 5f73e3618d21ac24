"""Whom PostgreSQL runs as, and where its files lie: it refuses to run as root."""

import asyncio
import hashlib
import os
import pwd
import shutil
import stat
from pathlib import Path

from pydantic import BaseModel

from runtime.embedded.errors import StackError
from runtime.embedded.files import write_whole

_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


class Account(BaseModel, frozen=True):
    """Words to put before a command, and the user (0: as we are) to run it as."""

    prefix: tuple[str, ...] = ()
    uid: int = 0
    gid: int = 0


async def choose_account() -> Account:
    """Return ours; for root a user namespace of its own, else the user nobody.

    A namespace leaves the files with root, so folders that only root may enter are no obstacle.

    Raises:
        StackError: root has neither.
    """
    if os.geteuid() != 0:
        return Account()
    unshare = shutil.which("unshare")
    if unshare and await _succeeds((unshare, *_NAMESPACE[1:], "true")):
        return Account(prefix=(unshare, *_NAMESPACE[1:]))
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise StackError("PostgreSQL cannot run as root: start postloom as an ordinary user.") from error
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


async def _succeeds(command: tuple[str, ...]) -> bool:
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=quiet, stdout=quiet, stderr=quiet)
    return await process.wait() == 0


def home_for(data_dir: Path, account: Account) -> Path:
    """Return the folder of PostgreSQL's files, owned by the account.

    It is ``<data>/postgres``; when the account cannot get there, a folder under /var/tmp that the file
    ``<data>/postgres.moved`` names.

    Raises:
        StackError: somebody else holds that folder.
    """
    home, pointer = data_dir / "postgres", data_dir / "postgres.moved"
    if pointer.exists():
        home = Path(pointer.read_text().strip())
    elif account.uid and not reachable(data_dir):
        home = _move_out(home, pointer)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _give(home, account)
    return home


def reachable(folder: Path) -> bool:
    """Return whether any user may pass through the folder and its parents."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents))


def _move_out(home: Path, pointer: Path) -> Path:
    name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    outside = Path("/var/tmp") / f"postloom-{name}"  # noqa: S108  # checked below: 0700 and ours
    if outside.is_symlink() or (outside.exists() and outside.stat().st_mode & 0o077):
        raise StackError(f"{outside} is not ours: remove it, or choose another data folder.")
    if home.exists() and not outside.exists():
        shutil.move(home, outside)
    write_whole(pointer, f"{outside}\n".encode())
    return outside


def _give(home: Path, account: Account) -> None:
    owner = account.uid or os.geteuid()
    if home.stat().st_uid == owner:
        return
    for place in (home, *home.rglob("*")):
        os.lchown(place, owner, account.gid or os.getegid())
