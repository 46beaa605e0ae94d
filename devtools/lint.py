"""``./dev lint``: linters of Python, JavaScript, styles and XML, and the rules of this house."""

import subprocess
from collections.abc import Callable

from . import house, javascript, python_env
from .common import ROOT, addons, note

_XML = (
    "import sys; from lxml import etree\n"
    "bad = 0\n"
    "for path in sys.argv[1:]:\n"
    "    try:\n"
    "        etree.parse(path)\n"
    "    except etree.XMLSyntaxError as error:\n"
    "        bad = 1\n"
    "        print(f'{path}: {error}')\n"
    "sys.exit(bad)\n"
)
_HOUSE: dict[str, Callable[[], list[str]]] = {
    "long model files": house.long_files,
    "models in several files": house.scattered_models,
    "imports between addons": house.imports_against_the_arrows,
}


def main() -> int:
    """Check the whole repository; return 1 when anything is found."""
    found = {name: _output(command) for name, command in _commands().items()}
    found |= {name: "\n".join(check()) for name, check in _HOUSE.items()}
    found = {name: text for name, text in found.items() if text}
    for name, text in found.items():
        note(f"{name}:\n{text}\n")
    note("lint: " + (", ".join(found) + " found something" if found else "clean"))
    return 1 if found else 0


def _commands() -> dict[str, list]:
    """Return the command line of each linter."""
    python = str(python_env.lint_python())
    ruff = [python, "-m", "ruff"]
    pylint = [python, "-m", "pylint", "--rcfile=.pylintrc"]
    tests = [f"{name}/tests" for name in addons()]
    pure = [path.relative_to(ROOT) for name in addons() for path in ROOT.glob(f"{name}/lib")]
    # the program of import-linter does nothing else than this, but lies beside another Python
    circles = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return {
        "ruff": [*ruff, "check", "--no-cache", "."],
        "ruff format": [*ruff, "format", "--no-cache", "--check", "."],
        "pylint-odoo": [*pylint, "--ignore-paths=.*/tests/.*", *addons()],
        "pylint-odoo on tests": [*pylint, "--disable=translation-required", *tests],
        "import circles": [python, "-c", circles],
        "mypy": [python, "-m", "mypy", "--cache-dir=/dev/null", *pure],
        "XML": [python, "-c", _XML, *_files(".xml")],
        **javascript.commands(_files(".js", ".mjs"), _files(".scss")),
    }


def _output(command: list) -> str:
    """Return what a linter says when it found something."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if not done.returncode:
        return ""
    return done.stdout.strip() or f"exit code {done.returncode}"


def _files(*suffixes: str) -> list[str]:
    """Return the files of the repository with one of the suffixes, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        + [f"*{suffix}" for suffix in suffixes],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).exists()]
