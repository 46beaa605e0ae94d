"""ESLint and Prettier, pinned by ``js/package-lock.json`` and installed into the cache folder."""

import re
import shutil
import subprocess
from pathlib import Path

from .common import CACHE, TOOLS, Step, digest, locked, run, warn
from .system_tools import install

_FILES = ("package.json", "package-lock.json", "eslint.config.mjs", "prettier.json")
OLDEST = (18, 18)


def commands(scripts: list[str], styles: list[str]) -> dict[str, list]:
    """Return the command lines that check JavaScript and styles; none when Node.js is missing."""
    if not _node():
        install({"nodejs": _node, "npm": lambda: shutil.which("npm")})
    if not _node() or not shutil.which("npm"):
        version = ".".join(map(str, OLDEST))
        warn(f"JAVASCRIPT AND STYLES ARE NOT CHECKED: Node.js {version} with npm is needed.")
        return {}
    folder = _installed()
    programs = folder / "node_modules/.bin"
    return {
        "ESLint": [programs / "eslint", "--config", folder / "eslint.config.mjs", *scripts],
        "Prettier": [programs / "prettier", "--config", folder / "prettier.json", "--check"]
        + ["--log-level=warn", *scripts, *styles],
    }


def _node() -> bool:
    """Tell whether a Node.js that is new enough is there."""
    if not shutil.which("node"):
        return False
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", told.stdout)
    return bool(found) and (int(found[1]), int(found[2])) >= OLDEST


def _installed() -> Path:
    """Return a folder with the packages and the settings, made anew when one of them changed."""
    sources = [TOOLS / "js" / name for name in _FILES]
    folder = CACHE / f"js-{digest(*(path.read_text(encoding='utf-8') for path in sources))}"
    done = folder / ".installed"
    with locked("js"):
        if not done.exists():
            with Step("ESLint and Prettier"):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                for path in sources:
                    shutil.copy(path, folder)
                options = ["--ignore-scripts", "--no-audit", "--no-fund"]
                run(["npm", "ci", *options], "npm ci", cwd=folder)
                done.touch()
    return folder
