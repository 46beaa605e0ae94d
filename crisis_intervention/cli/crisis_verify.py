import argparse
import re
import sys
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.modules.registry import Registry
from odoo.tools import config

_MAIL = re.compile(r"(\d+):([0-9a-fA-F]{64})")


class CrisisVerify(Command):
    """Check the register of disclosures: its chain, archives, signed records, ends kept outside.

    Prints what is proven until when, and every fault with its place. Ends with 1 when something is
    wrong. It needs the keys of the server, which may stand still, and writes nothing: what it finds
    becomes alarms with the nightly check. After a backup was rightly restored, --accept-restore
    enters that into the register, where every principal reads it.
    """

    name = "crisis_verify"

    def run(self, cmdargs):
        """Check one database."""
        parser = argparse.ArgumentParser(prog=self.prog, description=self.__doc__)
        parser.add_argument("-c", "--config", help="Odoo's configuration file")
        parser.add_argument("-d", "--database", required=True)
        parser.add_argument("--anchors", type=Path, metavar="FILE", help="compare with these ends")
        parser.add_argument("--mail", type=mailed, metavar="NUMBER:LINK", help="end out of a mail")
        parser.add_argument("--files", action="store_true", help="open files of signed records")
        parser.add_argument(
            "--texts", action="store_true", help="open the newest text of each sealed column"
        )
        parser.add_argument(
            "--accept-restore", action="store_true", help="a restored backup is the right one"
        )
        options = parser.parse_args(cmdargs)
        if options.anchors and not options.anchors.exists():
            parser.error(f"there is no file {options.anchors}")
        arguments = ["-d", options.database, "--no-http", "--log-level=warn"]
        if options.config:
            arguments += ["-c", options.config]
        config.parse_config(arguments, setup_logging=True)
        with Registry(options.database).cursor() as cr:
            if options.accept_restore:
                accepted(cr, options.anchors)
                cr.commit()
            lines, is_well = verified(cr, options.anchors, options.mail, options.files)
            if options.texts:
                line, do_open = opened(cr)
                lines.append(line)
                is_well &= do_open
            cr.rollback()
        print("\n".join(lines))
        if not is_well:
            sys.exit(1)


def mailed(text):
    """Return (number, link) of what was typed in as NUMBER:LINK.

    :raises ValueError: it is something else
    """
    match = _MAIL.fullmatch(text.strip())
    if not match:
        raise ValueError(text)
    return int(match[1]), match[2].lower()


def accepted(cr, anchors=None):
    """Enter that a backup was rightly restored; see ``register_state.accept_restore``."""
    # not at the top: see below
    from odoo.addons.crisis_intervention.register_state import accept_restore

    accept_restore(api.Environment(cr, SUPERUSER_ID, {}), anchors)


def verified(cr, anchors=None, mail=None, files=False):
    """Return the lines to print, and whether all is well; see ``register_state.verify``."""
    # not at the top: addons can be imported once their folders are configured
    from odoo.addons.crisis_intervention.register_state import verify

    return verify(api.Environment(cr, SUPERUSER_ID, {}), anchors, mail, files)


def opened(cr):
    """Return a line that says how many of the newest texts open, and whether all do."""
    # not at the top: see above
    from odoo.addons.crisis_intervention.sealed_check import open_newest

    env = api.Environment(cr, SUPERUSER_ID, {})
    count, closed = open_newest(env)
    line = env._("Newest text of each sealed column: %(count)s open", count=count)
    if closed:
        line += env._(", do not open: %(places)s", places=", ".join(closed))
    return line, not closed
