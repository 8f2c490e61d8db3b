"""Make `.venv` on a machine that has python3 and an index of packages and nothing else. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
WINDOWS = os.name == "nt"


def main(arguments: list[str]) -> int:
    """Install the locked packages; with `dev`, those of the tests too. Returns an exit code."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return _say(
            f"Python 3.11, 3.12 or 3.13 is needed; {sys.executable} is {sys.version.split()[0]}. Run make PYTHON=python3.12."
        )
    uv = find_uv()
    if uv is None:
        return _say("Neither pip nor venv works with this python3. Install the system package python3-venv (or python3-pip).")
    groups = ["--group", "dev", "--extra", "cluster"] if "dev" in arguments else ["--no-dev"]
    print("Installing the locked packages into .venv ...", file=sys.stderr, flush=True)
    command = [uv, "sync", "--frozen", "--inexact", "--quiet", "--python", sys.executable, *groups]
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=False)
    if done.returncode:
        return _say("The packages could not be installed; the lines above say why. Is the package index within reach?")
    return 0


def find_uv() -> str | None:
    """Uv from PATH, else by pip into .tools, else by pip of a fresh venv; None where neither works."""
    if found := shutil.which("uv"):
        return found
    name = "uv.exe" if WINDOWS else "uv"
    places = [TOOLS / "uv" / "bin" / name, TOOLS / "venv" / ("Scripts" if WINDOWS else "bin") / name]
    for place in places:
        if place.is_file():
            return str(place)
    print("Getting uv, the installer ...", file=sys.stderr, flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(TOOLS / "uv"), "uv"]
    if _works(pip) and places[0].is_file():
        return str(places[0])
    inside = places[1].with_name("python.exe" if WINDOWS else "python")
    if _works([sys.executable, "-m", "venv", str(TOOLS / "venv")]) and _works([str(inside), "-m", "pip", "install", "-q", "uv"]):
        return str(places[1])
    return None


def environment() -> dict[str, str]:
    """The environment for uv: an index given to pip counts for uv too, certificates are the machine's, no home is needed."""
    given = dict(os.environ)
    if "PIP_INDEX_URL" in given:
        given.setdefault("UV_DEFAULT_INDEX", given["PIP_INDEX_URL"])
    if not given.get("HOME") and not given.get("USERPROFILE"):
        given.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    for trust_the_machine in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS"):
        given.setdefault(trust_the_machine, "1")
    given.pop("VIRTUAL_ENV", None)
    return given


def _works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _say(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
