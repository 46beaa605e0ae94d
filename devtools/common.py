"""Paths, progress lines and clear failures, shared by all of ``./dev``."""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(__file__).resolve().parent
CACHE = Path(
    os.environ.get("CRISIS_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "crisis_intervention"
).resolve()


class DevError(Exception):
    """Something a developer has to know or do; shown without a traceback."""


class Step:
    """Context manager that prints a line for a step, and how long it took."""

    def __init__(self, text: str):
        self.text = text

    def __enter__(self):
        self.start = time.monotonic()
        print(f"… {self.text}", flush=True)
        return self

    def __exit__(self, kind, _value, _trace):
        seconds = time.monotonic() - self.start
        print(f"{'✗' if kind else '✓'} {self.text} ({seconds:.0f} s)", flush=True)


def addons(folder: Path = ROOT) -> list[str]:
    """Return the names of the addons of this repository."""
    return sorted(path.parent.name for path in folder.glob("*/__manifest__.py"))


def manifest(name: str, folder: Path = ROOT) -> dict:
    """Return the manifest of an addon."""
    import ast

    return ast.literal_eval((folder / name / "__manifest__.py").read_text(encoding="utf-8"))


def digest(*parts: str) -> str:
    """Return a short name for a combination of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@contextmanager
def locked(name: str):
    """Let only one ``./dev`` at a time make the thing called ``name``; others wait for it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command: list, what: str, **options) -> subprocess.CompletedProcess:
    """Run a command quietly; on failure show what it said.

    :raises DevError: the command failed
    """
    done = subprocess.run(
        [str(part) for part in command],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
        **options,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise DevError(f"{what} failed:\n{tail}")
    return done


def note(text: str) -> None:
    """Print a line for the developer."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print a warning for the developer."""
    print(f"! {text}", file=sys.stderr, flush=True)
