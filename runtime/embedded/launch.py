"""Turns itself into a server that ends when its parent ends, under another user if asked to.

Run as a script: ``launch.py SIGNAL UID GID PROGRAM [ARGUMENT ...]``; a UID of 0 keeps the user.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the program; never comes back."""
    death_signal, uid, gid = (int(word) for word in sys.argv[1:4])
    if uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606  # a server of ours, no shell wanted


if __name__ == "__main__":
    main()
