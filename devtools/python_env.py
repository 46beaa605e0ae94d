"""The virtual environments: one with what Odoo needs, one with the linters; both pinned."""

import os
import sys
from pathlib import Path

from .common import CACHE, TOOLS, Step, digest, locked, run


def odoo_python() -> Path:
    """Return the Python that runs Odoo: ODOO_PYTHON, or our own environment."""
    given = os.environ.get("ODOO_PYTHON")
    return Path(given) if given else tools_python()


def tools_python() -> Path:
    """Return the Python of our own environment, which has the tools besides what Odoo needs."""
    return _environment("odoo", TOOLS / "requirements.txt")


def lint_python() -> Path:
    """Return the Python of the environment with the linters."""
    return _environment("lint", TOOLS / "requirements-lint.txt")


def _environment(name: str, requirements: Path) -> Path:
    """Return the Python of an environment, made anew when its requirements changed."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    key = digest(requirements.read_text(encoding="utf-8"), version)
    folder = CACHE / f"venv-{name}-{key}"
    result = folder / "bin/python"
    done = folder / ".installed"
    with locked(f"venv-{name}"):
        if not done.exists():
            with Step(f"Python packages ({requirements.name})"):
                run([sys.executable, "-m", "venv", "--clear", folder], "Making the environment")
                run(
                    [result, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
                    + ["-r", requirements],
                    "Installing Python packages",
                )
                done.touch()
    return result
