"""Programs of the system: browser, PDF tools, Chinese fonts. Installed as root, else named."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .common import CACHE, DevError, Step, run, warn

NEEDED = {
    "chromium": lambda: any(map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))),
    "wkhtmltopdf": lambda: shutil.which("wkhtmltopdf"),
    "poppler-utils": lambda: shutil.which("pdftotext"),
    "fonts-noto-cjk": lambda: _has_chinese_font(),
}

_BROWSER_FLAGS = (
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-quic --no-first-run --disable-dev-shm-usage"
)


def _has_chinese_font() -> bool:
    """Tell whether some font shows Chinese."""
    if not shutil.which("fc-list"):
        return any(Path("/usr/share/fonts").glob("**/NotoSansCJK*"))
    done = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip())


def ensure() -> None:
    """See to it that what Odoo and its tests call is there."""
    install(NEEDED)


def install(needed: dict[str, Callable[[], object]]) -> None:
    """Install what is missing when running as root; otherwise say how to install it.

    :param needed: package to a way to tell whether it is there
    """
    missing = [package for package, there in needed.items() if not there()]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        warn("Missing: " + ", ".join(missing) + ". As root: " + " ".join(command))
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        with Step("System packages: " + ", ".join(missing)):
            run(["apt-get", "update"], "apt-get update", env=environment)
            run(command, "apt-get install", env=environment)
    except DevError as error:
        # most of the work goes without them; tests that need them say so
        warn(f"{error}\nMissing: {', '.join(missing)}. As root: {' '.join(command)}")


def browser_path() -> str:
    """Return a PATH on which the browser is found with flags that keep it off the network."""
    folder = CACHE / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    real = next(
        filter(None, map(shutil.which, ("google-chrome", "chromium", "chromium-browser"))), None
    )
    if real:
        wrapper = folder / "google-chrome"
        wrapper.write_text(f'#!/bin/sh\nexec "{real}" {_BROWSER_FLAGS} "$@"\n')
        wrapper.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
