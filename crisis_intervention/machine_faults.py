"""What the machine lacks, said plainly: room on the disk, the program that makes PDFs."""

import errno
from contextlib import contextmanager

from odoo.exceptions import UserError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def full_disk_said(env):
    """Say in a sentence that the disk is full, where a file is written inside.

    :raises UserError: it is
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise UserError(
            env._(
                "The disk of the server is full, so nothing was saved. Keep this page open, tell "
                "whoever runs the server at once, and save again afterwards."
            )
        ) from error


def check_pdf_program(reports):
    """Check that PDFs can be made.

    :param reports: ``ir.actions.report``
    :raises UserError: the program is missing
    """
    if reports.get_wkhtmltopdf_state() == "install":
        raise UserError(
            reports.env._(
                "The program that makes PDFs (wkhtmltopdf) is missing on the server. Ask whoever "
                "runs it to install it. Nothing is lost: print again afterwards."
            )
        )
