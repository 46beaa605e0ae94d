"""Gets Odoo 19: from ODOO_HOME, or Debian's package, unpacked into the cache folder.

The package is pinned; ``./dev --newer-odoo`` takes what the mirror offers instead. Nothing of the
system's package manager is changed: it runs with lists, state and cache of its own, on the mirror
that the system itself uses.
"""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .common import CACHE, DevError, Step, locked, run

PACKAGE = "odoo-19"
# What all tests pass with: to go on to a newer one, change both and run ./dev test.
VERSION = "19.0.0+dfsg-1"
SHA256 = "9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf"
# Set by ./dev --newer-odoo: whatever version the mirror has.
NEWER = "CRISIS_NEWER_ODOO"
# The package links to these instead of carrying them: fonts and small scripts, not pinned.
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
    newer = bool(os.environ.get(NEWER))
    root = CACHE / ("odoo-newer" if newer else "odoo")
    with locked(root.name):
        unpacked = _unpacked(root)
        if not unpacked or (unpacked != VERSION and not newer):
            with Step(f"Odoo from Debian's package, {'the newest' if newer else VERSION}"):
                _fetch(root, newer)
    return _describe(root / "usr/lib/python3/dist-packages", _unpacked(root))


def _unpacked(root: Path) -> str:
    """Return the version of the package that lies complete in ``root``, or nothing."""
    changes = root / "usr/share/doc" / PACKAGE / "changelog.Debian.gz"
    if not (root / _DONE).exists() or not changes.exists():
        return ""
    with gzip.open(changes, "rt", encoding="utf-8") as lines:
        found = re.match(r"\S+ \((.+?)\)", next(lines))
    return found[1] if found else ""


def _describe(path: Path, package: str = "") -> Odoo:
    """Check that ``path`` holds Odoo 19, and find its addons.

    :param package: version of Debian's package
    """
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
    return Odoo(path, addons, package or f"{match[1]}.{match[2]}")


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


def wanted(offered: list[str], newer: bool) -> str:
    """Return what to ask the mirror for.

    :param offered: versions that the mirror has
    :param newer: take any of them
    :raises DevError: the mirror has not the pinned version
    """
    if newer:
        return PACKAGE
    if VERSION not in offered:
        raise DevError(
            f"The mirror has no {PACKAGE} {VERSION}, which the tests pass with, but "
            f"{', '.join(offered) or 'none'}. Ways on:\n"
            f"- ./dev --newer-odoo … (or {NEWER}=1) works with what the mirror has;\n"
            f"- DEBIAN_MIRROR names a mirror that still has {VERSION}, such as a snapshot;\n"
            "- ODOO_HOME names an Odoo 19 of your own."
        )
    return f"{PACKAGE}={VERSION}"


def verify(package: Path) -> None:
    """Compare a downloaded package with what is pinned.

    :raises DevError: it is not the same file
    """
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != SHA256:
        raise DevError(f"{package.name} is not the pinned one: its sha256 is {found}.")


def _fetch(root: Path, newer: bool) -> None:
    """Download and unpack the package and its companions into ``root``."""
    apt = CACHE / "apt"
    options = _private_apt(apt)
    run(["apt-get", *options, "update"], "Reading Debian's package list")
    listed = run(["apt-cache", *options, "madison", PACKAGE], "Reading Debian's package list")
    offered = [line.split("|")[1].strip() for line in listed.stdout.splitlines() if "|" in line]
    for old in apt.glob("*.deb"):
        old.unlink()
    run(
        ["apt-get", *options, "download", wanted(offered, newer), *COMPANIONS],
        "Downloading Odoo's package",
        cwd=apt,
    )
    if not newer:
        verify(next(apt.glob(f"{PACKAGE}_*.deb")))
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for package in sorted(apt.glob("*.deb")):
        run(["dpkg", "-x", package, root], f"Unpacking {package.name}")
        package.unlink()
    stub = root / "usr/lib/python3/dist-packages/odoo/addons" / MISSING_FILE
    if not stub.exists():
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("")
    (root / _DONE).touch()


def _private_apt(apt: Path) -> list[str]:
    """Return options that let apt work in the folder ``apt``, on Debian's unstable suite alone."""
    mirror = _mirror()
    for folder in ("lists/partial", "archives/partial", "empty"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if not keyring.exists():
        raise DevError("The package debian-archive-keyring is missing: apt install it first.")
    (apt / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror} unstable main\n")
    settings = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": apt / "empty",
        "Dir::Etc::preferencesparts": apt / "empty",
        "Dir::State::lists": apt / "lists",
        "Dir::Cache": apt,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    if os.environ.get("DEBIAN_MIRROR"):
        # a snapshot's signed list is past its date
        settings["Acquire::Check-Valid-Until"] = "false"
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
