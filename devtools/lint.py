"""``./dev lint``: ruff, pylint-odoo, well-formed XML, JavaScript that parses."""

import shutil
import subprocess
from pathlib import Path

from . import python_env
from .common import ROOT, addons, note

# Big models are split into files by subject with _inherit, so classes are not to be merged.
_SPLIT_MODELS = "--disable=consider-merging-classes-inherited"
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


def main() -> int:
    """Check the whole repository; return 1 when anything is found."""
    python = str(python_env.lint_python())
    checks = {
        "ruff": [python, "-m", "ruff", "check", "--no-cache", "."],
        "ruff format": [python, "-m", "ruff", "format", "--no-cache", "--check", "."],
        "pylint-odoo": [python, "-m", "pylint", "--rcfile=.pylintrc", _SPLIT_MODELS, *addons()],
        "XML": [python, "-c", _XML, *_files(".xml")],
    }
    if shutil.which("node"):
        for path in _files(".js"):
            checks[f"JavaScript {path}"] = ["node", "--check", "--input-type=module"]
    else:
        note("node is not there: JavaScript is not checked.")
    failed = []
    for name, command in checks.items():
        source = None
        if name.startswith("JavaScript "):
            source = Path(ROOT, name.split(" ", 1)[1]).read_text(encoding="utf-8")
        done = subprocess.run(
            command,
            cwd=ROOT,
            text=True,
            input=source if source is not None else "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            failed.append(name)
            note(f"{name}:\n{done.stdout}")
    note("lint: " + (", ".join(failed) + " found something" if failed else "clean"))
    return 1 if failed else 0


def _files(suffix: str) -> list[str]:
    """Return the files of the repository with ``suffix``, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"*{suffix}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).exists()]
