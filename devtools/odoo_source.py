"""Gets Odoo 19: from ODOO_HOME, or Debian's package, unpacked into the cache folder.

Nothing of the system's package manager is changed: it runs with lists, state and cache of its own,
on the mirror that the system itself uses.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .common import CACHE, DevError, Step, locked, run

PACKAGE = "odoo-19"
# The package links to these instead of carrying them.
COMPANIONS = [
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
]
# Browser tests fail on the console error that this file's absence causes.
MISSING_FILE = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
_DONE = ".unpacked"


@dataclass(frozen=True)
class Odoo:
    """An Odoo to run: folder to import ``odoo`` from, folders of its addons, its version text."""

    path: Path
    addons: tuple[Path, ...]
    version: str


def get() -> Odoo:
    """Return Odoo 19, fetching it on the first call.

    :raises DevError: it cannot be had; says why and what to do
    """
    home = os.environ.get("ODOO_HOME")
    if home:
        return _describe(Path(home).resolve())
    root = CACHE / "odoo"
    with locked("odoo"):
        if not (root / _DONE).exists():
            with Step("Odoo 19 from Debian's package"):
                _fetch(root)
    return _describe(root / "usr/lib/python3/dist-packages")


def _describe(path: Path) -> Odoo:
    """Check that ``path`` holds Odoo 19, and find its addons."""
    release = path / "odoo/release.py"
    if not release.exists():
        raise DevError(f"No Odoo in {path}: there is no odoo/release.py.")
    match = re.search(r"version_info = \((\d+), (\d+)", release.read_text(encoding="utf-8"))
    if not match or match[1] != "19":
        raise DevError(f"{path} is not Odoo 19.")
    addons = tuple(
        folder
        for folder in (path / "addons", path / "odoo/addons")
        if (folder / "web").is_dir() or (folder / "base").is_dir()
    )
    return Odoo(path, addons, f"{match[1]}.{match[2]}")


def _mirror() -> str:
    """Return the address of the Debian mirror that this system uses.

    :raises DevError: there is none, so that another way to Odoo must be named
    """
    given = os.environ.get("DEBIAN_MIRROR")
    if given:
        return given
    try:
        listed = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE) $(ORIGIN)"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        listed = ""
    sites = [line.split() for line in listed.splitlines()]
    for words in sites:
        # security mirrors do not carry the unstable suite
        if words and "security" not in words[0] and words[-1] in ("Debian", words[0]):
            return words[0]
    raise DevError(
        "This system names no Debian mirror. Either set ODOO_HOME to an Odoo 19 of your own, or "
        "DEBIAN_MIRROR to the address of a Debian mirror. (On Debian, as root: apt-get update.)"
    )


def _fetch(root: Path) -> None:
    """Download and unpack the package and its companions into ``root``."""
    mirror = _mirror()
    apt = CACHE / "apt"
    for folder in ("lists/partial", "archives/partial", "empty"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if not keyring.exists():
        raise DevError("The package debian-archive-keyring is missing: apt install it first.")
    (apt / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror} unstable main\n")
    options = []
    for name, value in {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": apt / "empty",
        "Dir::Etc::preferencesparts": apt / "empty",
        "Dir::State::lists": apt / "lists",
        "Dir::Cache": apt,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }.items():
        options += ["-o", f"{name}={value}"]
    run(["apt-get", *options, "update"], "Reading Debian's package list")
    for old in apt.glob("*.deb"):
        old.unlink()
    run(
        ["apt-get", *options, "download", PACKAGE, *COMPANIONS],
        "Downloading Odoo's package",
        cwd=apt,
    )
    root.mkdir(parents=True, exist_ok=True)
    for package in sorted(apt.glob("*.deb")):
        run(["dpkg", "-x", package, root], f"Unpacking {package.name}")
        package.unlink()
    stub = root / "usr/lib/python3/dist-packages/odoo/addons" / MISSING_FILE
    if not stub.exists():
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("")
    (root / _DONE).touch()
