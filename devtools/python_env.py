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
    return _environment("odoo", "odoo", "addons", "tools")


def lint_python() -> Path:
    """Return the Python of the environment with the linters."""
    return _environment("lint", "lint")


def _environment(name: str, *kinds: str) -> Path:
    """Return the Python of an environment, made anew when its requirements changed.

    :param kinds: ends of the names of requirement files
    """
    files = [TOOLS / f"requirements-{kind}.txt" for kind in kinds]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    key = digest(*(path.read_text(encoding="utf-8") for path in files), version)
    folder = CACHE / f"venv-{name}-{key}"
    result = folder / "bin/python"
    done = folder / ".installed"
    with locked(f"venv-{name}"):
        if not done.exists():
            with Step(f"Python packages ({', '.join(kinds)})"):
                run([sys.executable, "-m", "venv", "--clear", folder], "Making the environment")
                install = [result, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
                chosen = [part for path in files for part in ("-r", path)]
                run([*install, *chosen], "Installing Python packages")
                done.touch()
    return result
