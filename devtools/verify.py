"""``./dev verify``: the check that whoever runs a server makes, on a database of this machine."""

import subprocess
from pathlib import Path

from .common import DevError
from .serve import DEMO, prepare
from .workshop import opened


def main(
    database: str | None, anchors: str | None, mail: str | None, files: bool, restored: bool
) -> int:
    """Check the register of the demo school, or of another database.

    :param database: by default the demo school, which is made if there is none
    :param anchors: file with ends of the register, instead of the one of this machine
    :param mail: number and link out of a mail, with a colon
    :param files: open files of signed records as well
    :param restored: enter first that a restored backup is the right one
    :return: 0 when all is well
    :raises DevError: there is no such database
    """
    with opened() as workshop:
        if not database:
            prepare(workshop, DEMO, reset=False)
        elif database not in workshop.databases():
            raise DevError(f"There is no database {database}.")
        command = workshop.own_command(
            "crisis_verify", *arguments(database, anchors, mail, files, restored)
        )
        return subprocess.run(command, env=workshop.environment(), check=False).returncode


def arguments(
    database: str | None, anchors: str | None, mail: str | None, files: bool, restored: bool
) -> list[str]:
    """Return the arguments of Odoo's command."""
    found = ["-d", database or DEMO]
    if anchors:
        found += ["--anchors", str(Path(anchors).resolve())]
    if mail:
        found += ["--mail", mail]
    if files:
        found.append("--files")
    if restored:
        found.append("--accept-restore")
    return found
