"""Makes .venv from uv.lock with a pinned uv of its own; needs nothing but Python.

A second run with nothing changed finds its stamp and ends at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
PYTHON = ROOT / ".venv" / "bin" / "python"
STAMP = ROOT / ".venv" / ".set-up"
INDEX = "https://pypi.org/simple/uv/"
NEWER = ("python3.13", "python3.12", "python3.11", "python3.14")


def main() -> None:
    """Leave a .venv that fits uv.lock, or one sentence saying why not."""
    if sys.version_info < (3, 11):  # noqa: UP036  # an older Python is told, not shown a traceback
        _use_newer_python()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == _fingerprint():
        return
    begin = time.monotonic()
    uv = _uv(_pinned_uv())
    print(
        "Installing the libraries into .venv: about a minute, a few seconds when uv has them cached.",
        flush=True,
    )
    _sync(uv)
    STAMP.write_text(_fingerprint())
    print(f"Ready after {time.monotonic() - begin:.0f} s.", flush=True)


def _use_newer_python() -> None:
    for name in NEWER:
        if shutil.which(name):
            os.execvp(name, [name, str(Path(__file__).resolve())])  # noqa: S606  # the same script again
    sys.exit(f"postloom needs Python 3.11 or newer, and {sys.executable} is {platform.python_version()}.")


def _fingerprint() -> str:
    """Return what .venv depends on: the lock, the project, and where it lies (scripts name their folder)."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _pinned_uv() -> str:
    import tomllib  # noqa: PLC0415  # not there in the Pythons that are refused above

    return str(tomllib.loads((ROOT / "runtime" / "versions.toml").read_text())["uv"])


def _uv(version: str) -> Path:
    folder = TOOLS / f"uv-{version}"
    uv = folder / "bin" / "uv"
    if uv.exists():
        return uv
    print(f"Fetching uv {version} into .tools: 17 MB, a few seconds.", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    if not _with_pip(folder, version):
        _with_wheel(uv, version)
    return uv


def _with_pip(folder: Path, version: str) -> bool:
    """Return whether venv and pip are there and have done it."""
    steps = (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input", f"uv=={version}"],
    )
    for step in steps:
        if subprocess.run(step, capture_output=True, check=False).returncode:
            shutil.rmtree(folder, ignore_errors=True)
            return False
    return True


def _with_wheel(uv: Path, version: str) -> None:
    """Unpack the program from the wheel, after comparing its checksum with the index."""
    try:
        wheel = _wheel_for_this_machine(version)
        content = _get(wheel["url"])
    except OSError as error:
        sys.exit(f"uv {version} cannot be fetched from PyPI ({error}): check the network, then run it again.")
    if hashlib.sha256(content).hexdigest() != wheel["hashes"]["sha256"]:
        sys.exit(f"{wheel['url']} arrived damaged (its checksum differs): run it again.")
    packed = TOOLS / wheel["filename"]
    packed.parent.mkdir(exist_ok=True)
    packed.write_bytes(content)
    uv.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(packed) as files:
        uv.with_suffix(".new").write_bytes(files.read(f"uv-{version}.data/scripts/uv"))
    packed.unlink()
    uv.with_suffix(".new").chmod(0o755)
    uv.with_suffix(".new").replace(uv)


def _wheel_for_this_machine(version: str) -> dict[str, Any]:
    system = {"linux": "musllinux" if _is_musl() else "manylinux", "darwin": "macosx"}.get(sys.platform, "?")
    machine = platform.machine()
    files: list[dict[str, Any]] = json.loads(_get(INDEX, "application/vnd.pypi.simple.v1+json"))["files"]
    for file in files:
        name = file["filename"]
        if name.startswith(f"uv-{version}-") and system in name and name.endswith(f"{machine}.whl"):
            return file
    sys.exit(
        f"There is no uv {version} for {sys.platform} on {machine}: install uv yourself, then `uv sync`."
    )


def _is_musl() -> bool:
    return sys.platform == "linux" and platform.libc_ver()[0] != "glibc"


def _get(url: str, accept: str = "*/*") -> bytes:
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310  # https, from PyPI
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # https, from PyPI
        return bytes(answer.read())


def _sync(uv: Path) -> None:
    python = PYTHON if PYTHON.exists() else Path(sys.executable)
    command = [str(uv), "sync", "--frozen", "--quiet", "--python", str(python)]
    # The system's certificates are the ones a company's proxy is trusted by.
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ, "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv")}
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        sys.exit("The libraries could not be installed; uv's lines above say why. `make setup` tries again.")


if __name__ == "__main__":
    main()
